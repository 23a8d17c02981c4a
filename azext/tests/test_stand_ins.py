"""`az ml workspace sync-keys` and `az ams account storage sync-storage-keys`: there where az lacks them, and only there."""

import os
import sys
import unittest
import zipfile

from real_az import VENV, build, folder
from served_azure import STORAGE, Azure, world

WHEEL = AZURE = None


def setUpModule():
    global WHEEL, AZURE  # pylint: disable=global-statement
    wheels, done = build('--no-binary')
    assert wheels, done
    WHEEL = wheels[0]
    media = world()['mediaAccounts']
    keyless = dict(media[0], id=media[0]['id'].replace('ams-live', 'ams-keyless'), storageAuthentication='ManagedIdentity')
    AZURE = Azure(world(mediaAccounts=media + [keyless]), time_scale=600)


def tearDownModule():
    AZURE.stop()


def other_ml():
    """A stand-in for the extension `ml`, whose `sync-keys` says that it is that one."""
    path = os.path.join(folder('ml'), 'ml-2.0.0-py3-none-any.whl')
    code = '''
from azure.cli.core import AzCommandsLoader
def sync(cmd, resource_group_name, name):
    return {'by': 'ml'}
class Loader(AzCommandsLoader):
    def __init__(self, cli_ctx=None):
        from azure.cli.core.commands import CliCommandType
        super().__init__(cli_ctx=cli_ctx, custom_command_type=CliCommandType(operations_tmpl='azext_mlv2#{}'))
    def load_command_table(self, args):
        with self.command_group('ml workspace') as g:
            g.custom_command('sync-keys', 'sync')
        return self.command_table
    def load_arguments(self, command):
        with self.argument_context('ml workspace') as c:
            c.argument('name', options_list=['--name', '-n'])
COMMAND_LOADER_CLS = Loader
'''
    with zipfile.ZipFile(path, 'w') as wheel:
        wheel.writestr('azext_mlv2/__init__.py', code)
        wheel.writestr(
            'azext_mlv2/azext_metadata.json',
            '{"azext.minCliCoreVersion": "2.15.0", "name": "ml", "version": "2.0.0"}',
        )
        wheel.writestr('ml-2.0.0.dist-info/METADATA', 'Metadata-Version: 2.1\nName: ml\nVersion: 2.0.0\n')
        wheel.writestr(
            'ml-2.0.0.dist-info/WHEEL',
            'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
        )
        wheel.writestr('ml-2.0.0.dist-info/RECORD', '')
    return path


def without_ams():
    """A copy of az without its module `ams`: a venv of links to everything else."""
    copy = folder('without-ams')
    library = os.path.join(
        'lib',
        next(name for name in os.listdir(os.path.join(VENV, 'lib')) if name.startswith('python')),
        'site-packages',
    )
    os.makedirs(os.path.join(copy, 'bin'))
    os.symlink(os.path.realpath(os.path.join(VENV, 'bin', 'python')), os.path.join(copy, 'bin', 'python'))
    with open(os.path.join(VENV, 'pyvenv.cfg'), encoding='utf-8') as source, open(
        os.path.join(copy, 'pyvenv.cfg'), 'w', encoding='utf-8'
    ) as file:
        file.write(source.read())

    def link(inside, deeper):
        os.makedirs(os.path.join(copy, inside))
        for name in os.listdir(os.path.join(VENV, inside)):
            if name not in (deeper, 'ams', '__pycache__'):
                os.symlink(os.path.join(VENV, inside, name), os.path.join(copy, inside, name))

    for inside, deeper in (
        ('', 'azure'),
        ('azure', 'cli'),
        ('azure/cli', 'command_modules'),
        ('azure/cli/command_modules', None),
    ):
        link(os.path.join(library, inside), deeper)
    with open(os.path.join(copy, 'bin', 'az'), 'w', encoding='utf-8') as file:
        file.write(f'#!/bin/sh\nexec {copy}/bin/python -m azure.cli "$@"\n')
    os.chmod(os.path.join(copy, 'bin', 'az'), 0o755)
    return copy


class MachineLearning(unittest.TestCase):
    """`az ml workspace sync-keys`."""

    @classmethod
    def setUpClass(cls):
        cls.az = AZURE.az('public', WHEEL)

    def syncs(self):
        return AZURE.requests('workspace.resyncKeys')

    def test_it_does_what_the_original_does_and_says_nothing(self):
        for line in (['-n', 'ml-a'], ['--workspace-name', 'ml-a', '--no-wait'], ['-w', 'ml-a', '--datastores']):
            before = self.syncs()
            done = self.az.run('ml', 'workspace', 'sync-keys', '-g', 'prod', *line)
            self.assertEqual((done.code, done.stdout), (0, ''), done)
            self.assertEqual(self.syncs(), before + 1, line)
        missing = self.az.run('ml', 'workspace', 'sync-keys', '-g', 'prod', '-n', 'nobody')
        self.assertEqual(missing.code, 3, missing)
        self.assertEqual(self.az.run('ml', 'workspace', 'sync-keys', '-n', 'ml-a').code, 2)
        default = self.az.run(
            'ml', 'workspace', 'sync-keys', AZURE_DEFAULTS_GROUP='prod', AZURE_DEFAULTS_WORKSPACE='ml-a'
        )
        self.assertEqual(default.code, 0, default)

    def test_a_setting_switches_it_off_and_on(self):
        line = ['ml', 'workspace', 'sync-keys', '-g', 'prod', '-n', 'ml-a']
        for setting, code, state in (
            ('off', 2, 'switched off'),
            ('auto', 0, 'by keyroll: az itself has no such command'),
        ):
            self.assertEqual(self.az.run('config', 'set', f"keyroll.ml_alias={setting}").code, 0)
            done = self.az.run(*line)
            self.assertEqual(done.code, code, done)
            doctor = self.az.run(
                'keyroll', 'doctor', '--query', "checks[?name=='az ml workspace sync-keys'].found", '-o', 'tsv'
            )
            self.assertIn(state, doctor.stdout)

    def test_the_real_extension_keeps_its_command(self):
        az = AZURE.az('custom', WHEEL)
        added = az.run('extension', 'add', '--source', other_ml(), '-y')
        self.assertEqual(added.code, 0, added)
        done = az.run('ml', 'workspace', 'sync-keys', '-g', 'prod', '-n', 'ml-a')
        self.assertEqual((done.code, done.json), (0, {'by': 'ml'}), done)
        doctor = az.run(
            'keyroll', 'doctor', '--query', "checks[?name=='az ml workspace sync-keys'].found", '-o', 'tsv'
        )
        self.assertIn('the extension ml has its own', doctor.stdout)
        own = az.run('keyroll', 'sync-keys', 'ml', '-g', 'prod', '-n', 'ml-a', '--always', '--no-datastores')
        self.assertEqual((own.code, own.json['schema']), (0, 'keyroll.sync/1'), own)
        self.assertEqual(az.run('extension', 'remove', '-n', 'ml').code, 0)
        again = az.run('ml', 'workspace', 'sync-keys', '-g', 'prod', '-n', 'ml-a')
        self.assertEqual((again.code, again.stdout), (0, ''), again)


class Media(unittest.TestCase):
    """`az ams account storage sync-storage-keys`."""

    def test_az_has_its_own_and_keeps_it(self):
        az = AZURE.az('custom', WHEEL)
        before = AZURE.requests('media.syncStorageKeys')
        done = az.run(
            'ams',
            'account',
            'storage',
            'sync-storage-keys',
            '-g',
            'prod',
            '-a',
            'ams-live',
            '--storage-account-id',
            STORAGE,
        )
        self.assertEqual((done.code, done.stdout), (0, ''), done)
        self.assertEqual(AZURE.requests('media.syncStorageKeys'), before + 1)
        doctor = az.run(
            'keyroll',
            'doctor',
            '--query',
            "checks[?name=='az ams account storage sync-storage-keys'].found",
            '-o',
            'tsv',
        )
        self.assertIn('az has its own', doctor.stdout)

    def test_an_az_without_it_gets_it(self):
        az = AZURE.az('public', WHEEL, venv=without_ams())
        for option in ('--id', '--storage-account-id'):
            before = AZURE.requests('media.syncStorageKeys')
            done = az.run(
                'ams', 'account', 'storage', 'sync-storage-keys', '-g', 'prod', '-a', 'ams-live', option, STORAGE
            )
            self.assertEqual((done.code, done.stdout), (0, ''), done)
            self.assertEqual(AZURE.requests('media.syncStorageKeys'), before + 1)
            self.assertNotIn('skipped', done.stderr)
        keyless = az.run(
            'ams', 'account', 'storage', 'sync-storage-keys', '-g', 'prod', '-a', 'ams-keyless', '--id', STORAGE
        )
        self.assertEqual((keyless.code, keyless.stdout), (0, ''), keyless)
        self.assertIn('WARNING: ams-keyless was skipped: ', keyless.stderr)
        self.assertIn('managed identity', keyless.stderr)
        doctor = az.run(
            'keyroll',
            'doctor',
            '--query',
            "checks[?name=='az ams account storage sync-storage-keys'].found",
            '-o',
            'tsv',
        )
        self.assertIn('by keyroll', doctor.stdout)


if __name__ == '__main__':
    sys.exit(unittest.main())
