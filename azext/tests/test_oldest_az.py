"""The oldest az that is promised: Debian's 2.45, unpacked into a folder that KEYROLL_AZ_245 names."""

import os
import unittest

from real_az import ROOT, build, folder
from served_azure import STORAGE, Azure, world

UNPACKED = os.environ.get('KEYROLL_AZ_245', os.path.join(ROOT, 'target', 'az245', 'root'))
LIBRARY = os.path.join(UNPACKED, 'usr', 'lib', 'python3', 'dist-packages')


def venv():
    """az 2.45 as if it were in a venv."""
    path = folder('az245')
    os.makedirs(os.path.join(path, 'bin'))
    with open(os.path.join(path, 'bin', 'az'), 'w', encoding='utf-8') as file:
        file.write(f'#!/bin/sh\nPYTHONPATH={LIBRARY} exec /usr/bin/python3 -m azure.cli "$@"\n')
    os.chmod(os.path.join(path, 'bin', 'az'), 0o755)
    return path


@unittest.skipUnless(
    os.path.isdir(os.path.join(LIBRARY, 'azure', 'cli')), f"SKIPPED: Debian's azure-cli 2.45 is not in {UNPACKED}"
)
class OldestAz(unittest.TestCase):
    """It installs, and does its work."""

    def test_it_installs_examines_and_syncs(self):
        wheels, done = build('--no-binary')
        self.assertEqual(len(wheels), 1, done)
        azure = Azure(world(), time_scale=600)
        self.addCleanup(azure.stop)
        az = azure.az('public', wheels[0], venv=venv())
        self.assertEqual(az.run('version', '--query', '"azure-cli"', '-o', 'tsv').stdout, '2.45.0\n')
        listed = az.run('extension', 'list', '--query', '[].version', '-o', 'tsv')
        self.assertEqual(listed.stdout.strip(), os.path.basename(wheels[0]).split('-')[1], listed)
        doctor = az.run('keyroll', 'doctor', '-o', 'table')
        self.assertEqual(doctor.code, 0, doctor)
        before = azure.requests('media.syncStorageKeys')
        synced = az.run(
            'keyroll',
            'sync-keys',
            'media',
            '-g',
            'prod',
            '-a',
            'ams-live',
            '--storage-account',
            STORAGE,
            '--always',
            '--change-reference',
            'CHG1',
        )
        self.assertEqual((synced.code, [row['outcome'] for row in synced.json['rows']]), (0, ['synced']), synced)
        self.assertEqual(azure.requests('media.syncStorageKeys'), before + 1)
        missing = az.run('keyroll', 'list-keys', '--storage-account', 'stnobody')
        self.assertEqual(missing.code, 3, missing)


if __name__ == '__main__':
    unittest.main()
