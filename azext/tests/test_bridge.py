"""The bridge with a child that misbehaves on demand, called by the real az."""

import json
import os
import signal
import subprocess
import time
import unittest

from real_az import ROOT, SUBSCRIPTION, TABLES, VENV, Az, build, folder

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fake_keyroll.py')
AZ = None


def setUpModule():
    global AZ  # pylint: disable=global-statement
    wheels, done = build('--no-binary')
    assert wheels, done
    AZ = Az(wheel=wheels[0])


def keyroll(how, *line, **environment):
    return AZ.run(
        'keyroll',
        *line,
        KEYROLL_BIN=FAKE,
        KEYROLL_FAKE=how,
        KEYROLL_FAKE_SURFACE=environment.pop('surface', TABLES['SURFACE']),
        **environment,
    )


class Arguments(unittest.TestCase):
    """What the program is asked."""

    def asked(self, *line, **environment):
        done = keyroll('echo', *line, **environment)
        self.assertEqual(done.code, 0, done)
        return done.json

    def test_options_become_members_and_lists_take_spaces_and_commas(self):
        asked = self.asked(
            'rotate',
            '-g',
            'prod',
            '--storage-account',
            'stprod',
            '--accept',
            'a,b',
            'c',
            '--no-wait',
            '--vault',
            'kv1',
            '--yes',
        )
        self.assertEqual(asked['command'], 'rotate')
        self.assertEqual(
            asked['arguments'],
            {
                'resourceGroup': 'prod',
                'storageAccount': 'stprod',
                'accept': ['a', 'b', 'c'],
                'noWait': True,
                'vault': ['kv1'],
            },
        )
        self.assertTrue(asked['confirmed'])
        self.assertEqual(asked['context']['auth'], 'host')

    def test_the_cloud_of_az_goes_along(self):
        cloud = self.asked('list-keys', '--storage-account', 'st')['context']['cloud']
        self.assertEqual(
            cloud,
            {
                'schema': 1,
                'name': 'AzureCloud',
                'resourceManager': 'https://management.azure.com/',
                'login': 'https://login.microsoftonline.com',
                'resourceManagerAudience': 'https://management.core.windows.net/',
                'keyVaultAudience': 'https://vault.azure.net',
                'keyVaultSuffix': 'vault.azure.net',
                'storageSuffix': 'core.windows.net',
            },
        )

    def test_dependents_are_looked_for_everywhere_unless_a_subscription_is_named(self):
        asked = self.asked('dependents', '--storage-account', 'st')
        self.assertNotIn('subscription', asked['arguments'])
        self.assertNotIn('subscription', asked['context'])
        asked = self.asked('dependents', '--storage-account', 'st', '--subscription', 'Sim')
        self.assertEqual(asked['arguments']['subscription'], [SUBSCRIPTION])

    def test_the_default_group_of_az_is_taken(self):
        self.assertEqual(
            self.asked('plan', '--storage-account', 'st', AZURE_DEFAULTS_GROUP='rg9')['arguments']['resourceGroup'],
            'rg9',
        )

    def test_the_change_reference_of_az_is_taken(self):
        asked = self.asked('rotate', '--storage-account', 'st', '--yes', '--change-reference', 'CHG1')
        self.assertEqual(asked['arguments']['changeReference'], 'CHG1')

    def test_ids_are_worked_on_once_each_and_in_order(self):
        heard = os.path.join(folder('heard'), 'lines')
        ids = [
            f'/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{name}'
            for name in ('st1', 'ST2', 'st1', 'st2')
        ]
        done = keyroll('report', 'rotate', '--yes', '--no-wait', '--ids', *ids, KEYROLL_FAKE_HEARD=heard)
        self.assertEqual(
            (done.code, done.json),
            (0, [{'runId': 'r1', 'state': 'waiting', 'nextDue': '2026-11-22T05:00:00Z'}] * 2),
            done,
        )
        with open(heard, encoding='utf-8') as file:
            requests = [json.loads(line) for line in file if line != 'END\n']
        self.assertEqual(
            [request['arguments']['storageAccount'].rpartition('/')[2] for request in requests], ['st1', 'st2']
        )
        table = keyroll('report', 'rotate', '--yes', '--ids', *ids, '-o', 'table')
        self.assertEqual(table.stdout.count('only key2 changed'), 2, table)

    def test_what_was_done_before_an_id_that_failed_is_returned(self):
        ids = [
            f'/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{name}'
            for name in ('st1', 'st2', 'st3')
        ]
        for how, code, said in (('second_fails', 9, 'ERROR: st2 is locked'), ('second_dies', 1, 'by signal 9')):
            done = keyroll(how, 'rotate', '--yes', '--ids', *ids)
            self.assertEqual((done.code, [report['runId'] for report in done.json]), (code, ['r1']), done)
            self.assertIn(said, done.stderr)
            self.assertIn('1 of 3 were worked on before the one that failed', done.stderr)
            self.assertNotIn('Traceback', done.stderr)
        failed = json.dumps({'kind': 'locked', 'exitCode': 9})
        first = keyroll('refuse', 'rotate', '--yes', '--ids', *ids, KEYROLL_FAKE_PROBLEM=failed)
        self.assertEqual((first.code, first.stdout), (9, ''), first)

    def test_ids_of_something_else_are_refused(self):
        other = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/ams1'
        for line in (
            ['--ids', other],
            ['--ids', 'nonsense'],
            ['--ids', other.replace('Media/mediaServices', 'Storage/storageAccounts'), '--storage-account', 'x'],
        ):
            done = keyroll('echo', 'plan', *line)
            self.assertEqual((done.code, done.stdout), (1, ''), done)
            self.assertIn('ERROR: ', done.stderr)

    def test_no_option_begins_without_dashes(self):
        done = keyroll('echo', 'plan', 'stprod')
        self.assertEqual(done.code, 2, done)


class Answers(unittest.TestCase):
    """What az makes of an answer."""

    def test_a_report_in_every_format(self):
        self.assertEqual(keyroll('report', 'resume').json['runId'], 'r1')
        table = keyroll('report', 'resume', '-o', 'table')
        self.assertEqual(
            table.stdout.split('\n')[0].split(),
            ['Account', 'State', 'Step', 'Act', 'Key', 'Done', 'Finished', 'How'],
            table,
        )
        self.assertEqual(
            keyroll('report', 'resume', '--query', 'steps[0].how', '-o', 'tsv').stdout, 'only key2 changed\n'
        )
        self.assertEqual(
            keyroll('report', 'resume', '--query', 'steps[].{act:act}', '-o', 'table').stdout.split(),
            ['Act', '------', 'stage', 'settle'],
        )

    def test_events_are_told_as_loudly_as_asked(self):
        silent = keyroll('report', 'resume', '--only-show-errors')
        self.assertEqual(silent.stderr, '')
        usual = keyroll('report', 'resume')
        self.assertIn('Run r1 of st', usual.stderr)
        self.assertNotIn('settle waits', usual.stderr)
        self.assertIn('settle waits', keyroll('report', 'resume', '--verbose').stderr)

    def test_every_kind_of_problem_has_its_exit_code_and_its_hints(self):
        for kind, code, expected in (
            ('usage', 2, 2),
            ('notFound', 3, 3),
            ('permission', 4, 1),
            ('failed', 1, 1),
            ('outcomeUnknown', 1, 1),
            ('locked', 9, 9),
            ('drift', 11, 11),
            ('blocked', 12, 12),
            ('person', 42, 42),
        ):
            problem = {
                'kind': kind,
                'exitCode': code,
                'message': 'st1 is in trouble',
                'causes': ['the moon'],
                'hints': ['run `keyroll status`'],
                'accept': ['window-ml-a'],
                'correlationId': '9c1e',
            }
            done = keyroll('refuse', 'status', KEYROLL_FAKE_PROBLEM=json.dumps(problem))
            self.assertEqual((done.code, done.stdout), (expected, ''), done)
            for part in (
                'ERROR: st1 is in trouble',
                'because: the moon',
                'run `az keyroll status`',
                'Names still open, each of which --accept accepts: window-ml-a',
                '9c1e',
            ):
                self.assertIn(part, done.stderr)
            self.assertNotIn('Traceback', done.stderr)

    def test_a_run_that_stopped_is_written_told_and_ends_with_its_code(self):
        done = keyroll('stopped', 'resume')
        self.assertEqual((done.code, done.json['state']), (42, 'stopped'), done)
        self.assertIn('a person must act', done.stderr)
        self.assertIn('run az keyroll resume --run-id r1', done.stderr)

    def test_detailed_exit_codes_come_through(self):
        done = keyroll('report', 'resume', '--detailed-exitcode')
        self.assertEqual((done.code, done.json['state']), (8, 'waiting'), done)

    def test_without_a_terminal_nothing_is_confirmed(self):
        done = keyroll('confirm', 'rotate', '--storage-account', 'st')
        self.assertEqual((done.code, done.stdout), (12, ''), done)
        self.assertIn('nobody confirmed it', done.stderr.lower())
        self.assertEqual(keyroll('confirm', 'rotate', '--storage-account', 'st', '--yes').code, 0)
        self.assertEqual(
            keyroll('confirm', 'rotate', '--storage-account', 'st', AZURE_CORE_DISABLE_CONFIRM_PROMPT='yes').code, 0
        )


class Children(unittest.TestCase):
    """Programs that are not there, not ours, or not well."""

    def refused(self, *parts, code=1, **environment):
        done = AZ.run('keyroll', 'status', **environment)
        self.assertEqual((done.code, done.stdout), (code, ''), done)
        self.assertNotIn('Traceback', done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_no_program_at_all(self):
        self.refused('was not found', 'KEYROLL_BIN', PATH='/usr/bin:/bin')

    def test_a_name_that_is_no_file(self):
        self.refused('/nowhere/keyroll, which is not a file', KEYROLL_BIN='/nowhere/keyroll')

    def test_a_program_for_another_platform(self):
        path = os.path.join(folder('other'), 'keyroll')
        with open(path, 'wb') as file:
            file.write(b'\x7fELF\x02\x01\x01\x00' + b'\x00' * 8 + b'\x02\x00\xb7\x00' + b'\x00' * 44)
        os.chmod(path, 0o755)
        self.refused('another platform', 'wheel for this platform', KEYROLL_BIN=path)

    def test_what_cannot_be_made_executable(self):
        self.refused('cannot be executed', 'chmod +x', KEYROLL_BIN='/proc/version')

    def test_the_executable_bit_is_set_where_it_was_lost(self):
        path = os.path.join(folder('bit'), 'keyroll')
        with open(FAKE, 'rb') as source, open(path, 'wb') as file:
            file.write(source.read())
        os.chmod(path, 0o644)
        done = AZ.run(
            'keyroll', 'status', KEYROLL_BIN=path, KEYROLL_FAKE='report', KEYROLL_FAKE_SURFACE=TABLES['SURFACE']
        )
        self.assertEqual(done.code, 0, done)
        self.assertTrue(os.access(path, os.X_OK))

    def test_one_that_dies_says_something_else_or_is_another_version(self):
        for how, parts in (
            ('die', ['by signal 9', 'something broke in here', 'az keyroll resume']),
            ('garbage', ['exit code 3', 'not JSON']),
            ('stranger', ['does not speak as keyroll does']),
            ('newer', ['speaks version 2', 'same version']),
        ):
            self.refused(*parts, KEYROLL_BIN=FAKE, KEYROLL_FAKE=how, KEYROLL_FAKE_SURFACE=TABLES['SURFACE'])

    def test_another_surface_is_one_warning(self):
        done = keyroll('report', 'resume', surface='0' * 64)
        self.assertEqual((done.code, done.stderr.count('made at different times')), (0, 1), done)


class Interruption(unittest.TestCase):
    """Ctrl-C and its relatives. az alone gets the signal: its child is in a process group of its own."""

    def interrupted(self, how, signals, wait=0.0):
        heard = os.path.join(folder('heard'), 'lines')
        process = AZ.start(
            'keyroll',
            'resume',
            KEYROLL_BIN=FAKE,
            KEYROLL_FAKE=how,
            KEYROLL_FAKE_SURFACE=TABLES['SURFACE'],
            KEYROLL_FAKE_HEARD=heard,
        )
        while not os.path.exists(heard):
            time.sleep(0.05)
        time.sleep(0.5)
        for number in signals:
            os.killpg(process.pid, number)
            time.sleep(wait)
        stdout, stderr = process.communicate(timeout=60)
        return process.returncode, stdout, stderr, heard

    def assert_heard(self, path, *parts):
        """The child may have something to finish after az is gone."""
        until = time.monotonic() + 20
        while True:
            with open(path, encoding='utf-8') as file:
                heard = file.read()
            if all(part in heard for part in parts):
                return
            self.assertLess(time.monotonic(), until, heard)
            time.sleep(0.1)

    def test_the_act_in_flight_comes_to_a_safe_end(self):
        code, stdout, stderr, heard = self.interrupted('slow', [signal.SIGINT])
        self.assertEqual((code, stdout), (130, ''), stderr)
        self.assert_heard(heard, '"cancel": true', 'SAFE END')
        self.assertIn('az keyroll resume --run-id r1', stderr)
        self.assertNotIn('Traceback', stderr)

    def test_a_terminated_az_lets_it_end_safely_too(self):
        code, _, stderr, heard = self.interrupted('slow', [signal.SIGTERM])
        self.assertEqual(code, 143, stderr)
        self.assert_heard(heard, 'SAFE END')

    def test_a_killed_az_closes_the_pipe_and_the_child_ends_by_itself(self):
        code, _, _, heard = self.interrupted('slow', [signal.SIGKILL])
        self.assertEqual(code, -9)
        self.assert_heard(heard, 'SAFE END')

    def assert_nothing_is_left(self, path):
        with open(path, encoding='utf-8') as file:
            pid = next(int(line.split()[1]) for line in file if line.startswith('PID '))
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_a_second_ctrl_c_ends_at_once(self):
        begun = time.monotonic()
        code, _, stderr, heard = self.interrupted('unhurried', [signal.SIGINT, signal.SIGINT], wait=0.7)
        self.assertEqual(code, 130, stderr)
        self.assertIn('journal is intact', stderr)
        self.assertLess(time.monotonic() - begun, 30)
        self.assert_nothing_is_left(heard)
        with open(heard, encoding='utf-8') as file:
            said = file.read()
        self.assertIn('AT ONCE', said)
        self.assertEqual((said.count('"cancel": true'), 'SIGTERM' in said), (2, False), said)

    def test_one_that_does_not_listen_is_killed_before_it_is_said_that_it_ended(self):
        for signals in ([signal.SIGINT] * 2, [signal.SIGINT] * 3, [signal.SIGTERM] * 2):
            code, _, stderr, heard = self.interrupted('deaf', signals, wait=0.7)
            self.assertEqual(code, 128 + signals[0], stderr)
            self.assertIn('journal is intact', stderr)
            self.assertNotIn('Traceback', stderr)
            self.assert_nothing_is_left(heard)

    def test_the_act_in_flight_comes_to_a_safe_end_when_the_bridge_fails(self):
        code, stdout, stderr, heard = self.interrupted('misshapen', [])
        self.assertEqual((code, stdout), (1, ''), stderr)
        with open(heard, encoding='utf-8') as file:
            said = file.read()
        self.assertIn('SAFE END', said)
        self.assertNotIn('SIGTERM', said)


class Tokens(unittest.TestCase):
    """What az's profile answers."""

    def test_a_token_without_its_end_is_a_refusal_and_not_a_crash(self):
        script = (
            'import json; from unittest import mock; from azext_keyroll._bridge import token_frame\n'
            'with mock.patch("azure.cli.core._profile.Profile") as profile:\n'
            '    profile.return_value.get_subscription.return_value = {"id": "s", "tenantId": "t"}\n'
            '    profile.return_value.get_raw_token.return_value = (("Bearer", "secret", {}), "s", "t")\n'
            '    print(json.dumps(token_frame(mock.MagicMock(data={}), {"scope": "x"})))\n'
        )
        done = subprocess.run(
            [os.path.join(VENV, 'bin', 'python'), '-c', script],
            env=dict(AZ.environment, PYTHONPATH=os.path.join(ROOT, 'azext')),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertIsNone(answer['token'])
        self.assertIn('expires_on', answer['message'])


if __name__ == '__main__':
    unittest.main()
