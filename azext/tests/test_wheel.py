"""The wheels: what is in them, how they install offline, and what `az keyroll doctor` says of an installation."""

import json
import os
import shutil
import subprocess
import sys
import unittest
import zipfile

from real_az import PROGRAM, ROOT, TABLES, Az, build, folder

sys.path.insert(0, os.path.join(ROOT, 'azext', 'wheel'))
import binary_format  # noqa: E402

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fake_keyroll.py')
# Whoever wants the net gets nothing.
OFFLINE = {
    'HTTPS_PROXY': 'http://127.0.0.1:9',
    'HTTP_PROXY': 'http://127.0.0.1:9',
    'PIP_INDEX_URL': 'http://127.0.0.1:9/simple',
}
WITHOUT = WITH = None


def setUpModule():
    global WITHOUT, WITH  # pylint: disable=global-statement
    wheels, done = build('--binary', f"linux_x86_64={PROGRAM}")
    assert len(wheels) == 2, done
    WITHOUT, WITH = wheels


class Contents(unittest.TestCase):
    """What a wheel is made of."""

    def test_all_versions_are_one(self):
        with open(os.path.join(ROOT, 'azext', 'azext_keyroll', 'azext_metadata.json'), encoding='utf-8') as file:
            metadata = json.load(file)
        with open(os.path.join(ROOT, 'azext', 'HISTORY.rst'), encoding='utf-8') as file:
            self.assertIn(f"\n{TABLES['VERSION']}\n++", file.read())
        self.assertEqual((metadata['name'], metadata['version']), ('keyroll', TABLES['VERSION']))
        self.assertEqual(os.path.basename(WITHOUT), f"keyroll-{TABLES['VERSION']}-py3-none-any.whl")

    def test_the_binary_keeps_its_executable_bit_and_the_record_is_complete(self):
        with zipfile.ZipFile(WITH) as wheel:
            modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in wheel.infolist()}
            record = wheel.read(next(name for name in modes if name.endswith('/RECORD'))).decode()
            metadata = wheel.read(next(name for name in modes if name.endswith('/METADATA'))).decode()
        self.assertEqual(modes['azext_keyroll/bin/keyroll'], 0o755)
        self.assertEqual(sorted(line.split(',')[0] for line in record.splitlines()), sorted(modes))
        self.assertNotIn('Requires-Dist', metadata)

    def test_the_tag_is_the_glibc_that_the_binary_needs(self):
        needed = subprocess.run(
            ['objdump', '-T', PROGRAM], stdout=subprocess.PIPE, universal_newlines=True, check=True
        ).stdout
        newest = max(tuple(map(int, part.split(')')[0].split('.')[:2])) for part in needed.split('(GLIBC_')[1:])
        self.assertIn('-manylinux_{}_{}_x86_64.whl'.format(*max(newest, (2, 17))), WITH)

    def test_the_same_input_makes_the_same_bytes(self):
        again, _ = build('--no-binary')
        with open(WITHOUT, 'rb') as one, open(again[0], 'rb') as other:
            self.assertEqual(one.read(), other.read())

    def test_what_is_no_binary_or_for_another_platform_is_refused(self):
        for given, part in (
            (f"linux_x86_64={FAKE}", 'is not a binary'),
            (f"macos_arm64={PROGRAM}", 'for linux_x86_64, not for macos_arm64'),
            ('linux_x86_64', 'takes PLATFORM=PATH'),
            ('linux_x86_64=/nowhere', 'No such file'),
        ):
            wheels, done = build('--binary', given)
            self.assertEqual((wheels, done.returncode), ([], 1), given)
            self.assertIn(part, done.stderr)

    def test_other_platforms_are_read_from_their_headers(self):
        pe = b'MZ' + b'\0' * 58 + (64).to_bytes(4, 'little') + b'PE\0\0' + (0x8664).to_bytes(2, 'little')
        mach = (
            b'\xcf\xfa\xed\xfe'
            + (0x0100000C).to_bytes(4, 'little')
            + b'\0' * 8
            + (1).to_bytes(4, 'little')
            + b'\0' * 12
            + (0x32).to_bytes(4, 'little')
            + (24).to_bytes(4, 'little')
            + b'\0' * 4
            + (11 << 16).to_bytes(4, 'little')
            + b'\0' * 8
        )
        static = (
            b'\x7fELF\x02\x01\x01'
            + b'\0' * 9
            + (2).to_bytes(2, 'little')
            + (183).to_bytes(2, 'little')
            + b'\0' * 12
            + (64).to_bytes(8, 'little')
            + b'\0' * 14
            + (56).to_bytes(2, 'little')
            + (1).to_bytes(2, 'little')
            + b'\0' * 6
            + (1).to_bytes(4, 'little')
            + b'\0' * 52
        )
        for content, expected in (
            (pe, ('windows_x86_64', 'win_amd64')),
            (mach, ('macos_arm64', 'macosx_11_0_arm64')),
            (static, ('linux_aarch64', 'manylinux_2_17_aarch64.musllinux_1_1_aarch64')),
        ):
            path = os.path.join(folder('binary'), 'keyroll')
            with open(path, 'wb') as file:
                file.write(content)
            self.assertEqual(tuple(binary_format.inspect_binary(path)), expected)


class Installation(unittest.TestCase):
    """`az extension add --source` without a net, and the doctor."""

    def checks(self, done):
        return {check['name']: check for check in done.json['checks']}

    def test_the_wheel_with_the_program_installs_offline_and_runs(self):
        az = Az()
        added = az.run('extension', 'add', '--source', WITH, '-y', **OFFLINE)
        self.assertEqual(added.code, 0, added)
        listed = az.run('extension', 'list', '--query', '[].[name,version]', '-o', 'tsv').stdout.split()
        self.assertEqual(listed, ['keyroll', TABLES['VERSION']])
        done = az.run('keyroll', 'status', **OFFLINE)
        self.assertEqual((done.code, done.json), (0, {'schema': 'keyroll.runs/1', 'runs': []}), done)
        self.assertEqual(az.run('extension', 'remove', '-n', 'keyroll').code, 0)
        self.assertEqual(az.run('keyroll', 'status').code, 2)

    def test_the_wheel_without_a_program_finds_it_on_the_path(self):
        az = Az(wheel=WITHOUT)
        place = folder('path')
        os.symlink(FAKE, os.path.join(place, 'keyroll'))
        done = az.run(
            'keyroll',
            'doctor',
            PATH=f"{place}:{os.environ['PATH']}",
            KEYROLL_FAKE='checkup',
            KEYROLL_FAKE_SURFACE=TABLES['SURFACE'],
        )
        self.assertEqual(done.code, 0, done)
        checks = self.checks(done)
        self.assertIn('(by PATH) · version 9.9.9 · sha256 ', checks['program']['found'])
        self.assertEqual(checks['state']['found'], '/state')
        self.assertIn(az.extensions, checks['extension']['found'])

    def test_the_doctor_says_what_is_missing_and_what_is_there_twice(self):
        az = Az(wheel=WITHOUT)
        system = folder('system')
        shutil.copytree(os.path.join(az.extensions, 'keyroll'), os.path.join(system, 'keyroll'))
        done = az.run('keyroll', 'doctor', AZURE_EXTENSION_SYS_DIR=system, PATH='/usr/bin:/bin')
        self.assertEqual(done.code, 1, done)
        checks = self.checks(done)
        self.assertIn('was not found', checks['program']['problem']['message'])
        self.assertIn('installed twice', checks['extension']['problem']['message'])
        table = az.run('keyroll', 'doctor', '-o', 'table', PATH='/usr/bin:/bin')
        self.assertIn('az ml workspace sync-keys', table.stdout)
        self.assertEqual(table.code, 1, table)


if __name__ == '__main__':
    unittest.main()
