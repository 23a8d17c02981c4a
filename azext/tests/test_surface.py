"""The commands as az shows them."""

import unittest

from real_az import TABLES, Az, build

AZ = None
# What az itself adds to commands.
BY_AZ = {
    '--debug',
    '--help',
    '-h',
    '--only-show-errors',
    '--output',
    '-o',
    '--query',
    '--subscription',
    '--verbose',
    '--acquire-policy-token',
    '--change-reference',
}


def setUpModule():
    global AZ  # pylint: disable=global-statement
    wheels, done = build('--no-binary')
    assert wheels, done
    AZ = Az(wheel=wheels[0])


class Surface(unittest.TestCase):
    """Help and options."""

    def test_every_command_has_help_and_lists_its_options(self):
        for command in TABLES['COMMANDS']:
            done = AZ.run('keyroll', *command['path'].split(), '-h')
            self.assertEqual(done.code, 0, done)
            told = ' '.join(done.stdout.split())
            self.assertIn(command['summary'], told)
            for option in command['options']:
                self.assertIn(option['options'][0], told)
            self.assertEqual('--yes -y' in told, command['asks'], command['path'])
            self.assertEqual('--ids' in told, bool(command['ids']), command['path'])

    def test_every_group_lists_its_commands(self):
        for group in TABLES['GROUPS']:
            done = AZ.run('keyroll', *group['path'].split(), '-h')
            self.assertEqual(done.code, 0, done)
            self.assertIn(group['summary'], ' '.join(done.stdout.split()))

    def test_no_option_is_there_twice_or_too_long_or_one_of_az(self):
        for command in TABLES['COMMANDS']:
            spellings = [name for option in command['options'] for name in option['options']]
            self.assertEqual(len(spellings), len(set(spellings)), command['path'])
            self.assertFalse(BY_AZ & set(spellings), command['path'])
            for option in command['options']:
                self.assertLessEqual(
                    min(len(name) for name in option['options'] if name.startswith('--')), 22, option
                )

    def test_every_example_is_one_of_its_command(self):
        for command in TABLES['COMMANDS']:
            spellings = (
                {name for option in command['options'] for name in option['options']}
                | BY_AZ
                | {'--yes', '-y', '--ids'}
            )
            for line in command['examples']:
                self.assertTrue(line.startswith(f"az keyroll {command['path']}"), line)
                used = {word.split('=')[0] for word in line.split() if word.startswith('-')}
                self.assertLessEqual(used, spellings, line)


if __name__ == '__main__':
    unittest.main()
