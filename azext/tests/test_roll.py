"""Whole rolls by the real az with the real program, against the simulated Azure."""

import json
import os
import re
import signal
import unittest

from real_az import Az, build, folder
from served_azure import STORAGE, SUBSCRIPTION, Azure, resource, world

ACCEPT = ['--accept', 'unknown-usage-key1,unknown-usage-key2', 'window-ml-a', 'window-ams-live', '--yes']
NAMED = ['-g', 'prod', '--storage-account', 'stprod']
WHEEL = None


def setUpModule():
    global WHEEL  # pylint: disable=global-statement
    wheels, done = build('--no-binary')
    assert wheels, done
    WHEEL = wheels[0]


class Fast(unittest.TestCase):
    """A world whose day takes seconds."""

    def setUp(self):
        self.azure = Azure(world(), time_scale=7200)
        self.addCleanup(self.azure.stop)
        self.az = self.azure.az('public', WHEEL)

    def keys(self):
        done = self.az.run('storage', 'account', 'keys', 'list', '-n', 'stprod', '-g', 'prod')
        return [key['value'] for key in done.json]

    def test_plan_rotate_and_resume(self):
        before = self.keys()
        plan = os.path.join(folder('plan'), 'plan.json')
        table = self.az.run('keyroll', 'plan', *NAMED, '--out', plan, '-o', 'table')
        self.assertEqual(table.code, 0, table)
        self.assertIn('stage !', table.stdout)
        self.assertIn('To accept by name: window-ml-a', table.stderr)
        open_names = self.az.run('keyroll', 'rotate', '--plan', plan, '--yes')
        self.assertEqual((open_names.code, open_names.stdout), (12, ''), open_names)
        self.assertIn('window-ml-a', open_names.stderr)
        begun = self.az.run('keyroll', 'rotate', '--plan', plan, *ACCEPT, '--no-wait', '--run-id', 'r1', '--debug')
        self.assertEqual(begun.code, 0, begun)
        self.assertEqual(
            (sorted(begun.json), begun.json['runId'], begun.json['state']),
            (['nextDue', 'runId', 'state'], 'r1', 'waiting'),
        )
        self.assertIsNotNone(begun.json['nextDue'])
        waiting = self.az.run('keyroll', 'status', '--detailed-exitcode', '--query', 'runs[].state', '-o', 'tsv')
        self.assertEqual((waiting.code, waiting.stdout), (8, 'waiting\n'), waiting)
        ended = self.az.run('keyroll', 'resume', '-o', 'table', '--verbose')
        self.assertEqual(ended.code, 0, ended)
        self.assertEqual(len([line for line in ended.stdout.splitlines() if ' done ' in line]), 12, ended)
        report = self.az.run('keyroll', 'report', '--run-id', 'r1')
        self.assertEqual((report.json['state'], report.json['regenerated']), ('done', ['key2', 'key1']))
        verified = self.az.run('keyroll', 'report', '--run-id', 'r1', '--verify')
        self.assertEqual(verified.code, 0, verified)
        again = self.az.run(
            'keyroll', 'rotate', '--plan', plan, *ACCEPT, '--run-id', 'r1', '--query', 'state', '-o', 'tsv'
        )
        self.assertEqual((again.code, again.stdout), (0, 'done\n'), again)
        after = self.keys()
        self.assertFalse(set(before) & set(after))
        # No key and no token was ever said, not even with --debug.
        said = ''.join(
            done.stdout + done.stderr for done in (table, open_names, begun, waiting, ended, report, verified, again)
        )
        secrets = self.azure.audit()['secrets']
        self.assertLessEqual(set(before + after), set(secrets))
        for secret in secrets + ['simulated-client-secret']:
            self.assertNotIn(secret, said)
        self.assertIsNone(re.search(r'eyJ[\w-]{20,}\.', said), 'a token was said')
        self.assertNotIn('sig=', said)

    def test_two_accounts_side_by_side(self):
        both = [*NAMED, '--with-account', 'stlonely']
        table = self.az.run('keyroll', 'plan', *both, '-o', 'table')
        self.assertEqual(table.code, 0, table)
        self.assertIn('stlonely', table.stdout)
        self.assertIn('To accept by name: window-ml-a', table.stderr)
        begun = self.az.run('keyroll', 'rotate', *both, *ACCEPT, '--no-wait', '--run-id', 'two')
        self.assertEqual(begun.code, 0, begun)
        self.assertEqual([run['runId'] for run in begun.json], ['two.stprod', 'two.stlonely'])
        ended = self.az.run('keyroll', 'resume', '--run-id', 'two', '--query', 'runs[].state', '-o', 'tsv')
        self.assertEqual((ended.code, ended.stdout), (0, 'done\ndone\n'), ended)

    def test_ctrl_c_in_the_middle_and_resume(self):
        process = self.az.start('keyroll', 'rotate', *NAMED, *ACCEPT, '--run-id', 'r2', '--verbose')
        said = self.azure.until('key2 was regenerated', process)
        os.killpg(process.pid, signal.SIGINT)
        stdout, rest = process.communicate(timeout=120)
        self.assertEqual((process.returncode, stdout), (130, ''), said + rest)
        self.assertIn('az keyroll resume --run-id r2', rest)
        self.assertNotIn('Traceback', rest)
        ended = self.az.run(
            'keyroll', 'resume', '--run-id', 'r2', '--query', '[state, regenerated[0], regenerated[1]]', '-o', 'tsv'
        )
        self.assertEqual((ended.code, ended.stdout.split()), (0, ['done', 'key2', 'key1']), ended)

    def test_another_request_with_the_same_run_id_and_one_that_is_at_work(self):
        process = self.az.start('keyroll', 'rotate', *NAMED, *ACCEPT, '--run-id', 'r3', '--verbose')
        self.azure.until('Run r3 of stprod', process)
        for line, code in (
            (['rotate', *NAMED, *ACCEPT, '--standby-only', '--run-id', 'r3'], 11),
            (['regenerate-key', *NAMED, '--key', 'key2', *ACCEPT[:2], '--yes'], 9),
        ):
            done = self.az.run('keyroll', *line)
            self.assertEqual((done.code, done.stdout), (code, ''), done)
        process.terminate()
        process.communicate(timeout=60)


class Policy(unittest.TestCase):
    """`--acquire-policy-token` where Azure Policy refuses every change without a token."""

    def setUp(self):
        datastore = {
            'name': 'raw',
            'credentials': {'type': 'AccountKey', 'secret': '{key1 of %s}' % STORAGE},
            'properties': {'datastoreType': 'AzureBlob', 'accountName': 'stprod', 'containerName': 'raw'},
        }
        with_datastore = dict(world()['workspaces'][0], datastores=[datastore])
        self.azure = Azure(world(caller={'policyTokensRequired': True}, workspaces=[with_datastore]), time_scale=7200)
        self.addCleanup(self.azure.stop)
        self.az = self.azure.az('public', WHEEL)

    def test_changes_bring_the_token_that_they_need(self):
        refused = self.az.run(
            'keyroll',
            'regenerate-key',
            '-g',
            'prod',
            '--storage-account',
            'stlonely',
            '--key',
            'key2',
            '--yes',
            '--accept',
            'unknown-usage-key2',
            '--change-reference',
            'CHG1',
        )
        self.assertEqual((refused.code, refused.stdout), (1, ''), refused)
        self.assertIn('disallowed by policy', refused.stderr)
        done = self.az.run('keyroll', 'resume', '--acquire-policy-token')
        self.assertEqual(
            (done.code, done.json['changeReference'], done.json['regenerated']), (0, 'CHG1', ['key2']), done
        )

    def test_a_key_is_not_shown_to_azure_policy(self):
        refused = self.az.run('keyroll', 'rotate', *NAMED, *ACCEPT, '--acquire-policy-token')
        self.assertEqual((refused.code, refused.stdout), (2, ''), refused)
        self.assertIn('raw cannot be changed with a policy token', refused.stderr)
        self.assertEqual(self.az.run('keyroll', 'status').json['runs'], [])


class Slow(unittest.TestCase):
    """A world in the time of this machine."""

    @classmethod
    def setUpClass(cls):
        cls.azure = Azure(world(caller={'tokenLifetimeSeconds': 5}, unknowns={'resyncSeconds': 12}))
        cls.az = cls.azure.az('custom', WHEEL)
        cls.through_proxy = cls.azure.az('public', WHEEL)

    @classmethod
    def tearDownClass(cls):
        cls.azure.stop()

    def test_a_token_that_expires_during_a_wait_is_renewed(self):
        # The operation takes longer than a token lives.
        before = self.azure.requests('signIn.token')
        done = self.through_proxy.run('keyroll', 'sync-keys', 'ml', '-g', 'prod', '-n', 'ml-a', '--always')
        self.assertEqual((done.code, done.json['rows'][0]['outcome']), (0, 'synced'), done)
        self.assertGreaterEqual(done.json['rows'][0]['seconds'], 12)
        self.assertGreaterEqual(self.azure.requests('signIn.token') - before, 2, done)

    def test_several_ids_are_looked_at_one_after_the_other(self):
        ids = [STORAGE, resource('Microsoft.Storage/storageAccounts', 'stlonely'), STORAGE.upper()]
        done = self.az.run('keyroll', 'list-keys', '--ids', *ids, '--query', '[].keys[].slot', '-o', 'tsv')
        self.assertEqual((done.code, done.stdout.split()), (0, ['key1', 'key2'] * 2), done)
        table = self.az.run('keyroll', 'list-keys', '--ids', *ids, '-o', 'table')
        self.assertEqual(table.stdout.count('stlonely'), 2, table)

    def test_what_az_says_of_what_went_wrong(self):
        for line, code, part in (
            (['list-keys', '--storage-account', 'stnobody'], 3, 'stnobody'),
            (['list-keys'], 2, 'no storage account was named'),
            (['rotate', *NAMED, '--key', 'key3', '--yes'], 2, 'key3'),
            (['rotate', *NAMED, '--settle', 'soon', '--yes'], 2, 'soon'),
            (['resume', '--run-id', 'nobody'], 3, 'nobody'),
            (['rotate', *NAMED], 12, 'window-ml-a'),
            (['plan', *NAMED, '--subscription', 'nope'], 1, 'nope'),
            (['list-keys', '--storage-account', STORAGE.replace(SUBSCRIPTION, '2' * 8 + SUBSCRIPTION[8:])], 3, 'not'),
        ):
            done = self.through_proxy.run('keyroll', *line)
            self.assertEqual((done.code, done.stdout), (code, ''), done)
            self.assertIn(part.lower(), done.stderr.lower(), done)
            self.assertNotIn('Traceback', done.stderr)

    def test_the_doctor_and_the_roles(self):
        done = self.az.run('keyroll', 'doctor')
        self.assertEqual(done.code, 0, done)
        checks = {check['name']: check.get('found') for check in done.json['checks']}
        self.assertIn('Simulated', checks['cloud'])
        self.assertIn('host', checks['sign-in'])
        role = self.az.run('keyroll', 'doctor', '--role', 'rolling', '--query', 'Name', '-o', 'tsv')
        self.assertEqual(role.code, 0, role)

    def test_nobody_is_signed_in(self):
        az = Az(wheel=WHEEL)
        az.write('azureProfile.json', {'subscriptions': []})
        done = az.run('keyroll', 'list-keys', '--storage-account', 'st', KEYROLL_BIN=self.azure.program)
        self.assertEqual((done.code, done.stdout), (1, ''), done)
        self.assertIn('az login', done.stderr)
        # What needs nobody to be signed in works.
        status = az.run('keyroll', 'status', KEYROLL_BIN=self.azure.program)
        self.assertEqual((status.code, status.json['runs']), (0, []), status)


if __name__ == '__main__':
    unittest.main()
