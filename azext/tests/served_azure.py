"""The simulated Azure over HTTPS, and a real az that is led to it."""

import atexit
import json
import os
import subprocess
import time
import urllib.request

from real_az import PROGRAM, Az, folder

SUBSCRIPTION = '11111111-1111-4111-8111-111111111111'


def resource(kind, name, group='prod'):
    """A resource id of the simulated subscription."""
    return f'/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{kind}/{name}'


STORAGE = resource('Microsoft.Storage/storageAccounts', 'stprod')


def world(**more):
    """Two accounts; on one of them depend a workspace, a media account and a vault secret."""
    fields = {
        'schema': 'keyroll.world/1',
        'seed': 7,
        'subscriptions': [{'id': SUBSCRIPTION, 'name': 'prod'}],
        'storageAccounts': [
            {'id': STORAGE, 'keyExpirationDays': 90},
            {'id': resource('Microsoft.Storage/storageAccounts', 'stlonely')},
        ],
        'workspaces': [
            {'id': resource('Microsoft.MachineLearningServices/workspaces', 'ml-a'), 'storageAccount': STORAGE}
        ],
        'mediaAccounts': [
            {
                'id': resource('Microsoft.Media/mediaServices', 'ams-live'),
                'storageAccounts': [{'id': STORAGE, 'primary': True}],
                'assets': [{'name': 'film', 'storageAccountName': 'stprod', 'container': 'asset-film'}],
            }
        ],
        'vaults': [
            {
                'id': resource('Microsoft.KeyVault/vaults', 'kv-prod'),
                'secrets': [
                    {
                        'name': 'st-key',
                        'value': '{key1 of %s}' % STORAGE,
                        'tags': {'CredentialId': 'key1', 'ProviderAddress': STORAGE, 'ValidityPeriodDays': '90'},
                        'createdHoursAgo': 2000,
                    }
                ],
            }
        ],
    }
    fields.update(more)
    return fields


class Azure:
    """A served world, for as long as the tests run."""

    def __init__(self, of_world, time_scale=1):
        place = folder('azure')
        with open(os.path.join(place, 'world.json'), 'w', encoding='utf-8') as file:
            json.dump(of_world, file)
        self.process = subprocess.Popen(
            [
                PROGRAM,
                'simulate',
                'serve',
                '--world',
                os.path.join(place, 'world.json'),
                '--directory',
                os.path.join(place, 'files'),
                '--ca-dir',
                os.path.join(place, 'ca'),
                '--az-config',
                os.path.join(place, 'az'),
                '--time-scale',
                str(time_scale),
                '-o',
                'json',
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
        atexit.register(self.stop)
        first = self.process.stdout.readline()
        # What is wrong with a world takes more than one line.
        assert first.endswith('}\n'), first + self.process.stdout.read()
        self.served = json.loads(first)
        # The program shares the world's time by an option that only a build for tests has: az knows nothing of it.
        self.program = os.path.join(place, 'keyroll')
        with open(self.program, 'w', encoding='utf-8') as file:
            file.write(f"#!/bin/sh\nexec {PROGRAM} --clock {self.served['clockFile']} \"$@\"\n")
        os.chmod(self.program, 0o755)

    def stop(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def az(self, recipe, wheel, **more):
        """A real az in one of the two ways that lead it here: `custom` (a cloud of its own, a managed identity) or `public` (Azure's own
        names through a proxy, a service principal)."""
        known = self.served['environments'][recipe]
        az = Az(wheel=wheel, environment=dict(known, KEYROLL_BIN=self.program), **more)
        if recipe == 'public':
            signed_in = az.run(
                'login',
                '--service-principal',
                '-u',
                known['AZURE_CLIENT_ID'],
                '-p',
                known['AZURE_CLIENT_SECRET'],
                '--tenant',
                known['AZURE_TENANT_ID'],
            )
            assert signed_in.code == 0, signed_in
        return az

    def audit(self):
        """What really happened."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.served['httpPort']}/audit", headers={'Host': 'control.localhost'}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def requests(self, route):
        """How many requests of a route arrived."""
        return self.audit()['calls'].get(route, 0)

    def until(self, said, process, seconds=60):
        """Reads a running az's stderr until it says something; what it said so far."""
        text, ends = '', time.monotonic() + seconds
        while said not in text:
            line = process.stderr.readline()
            assert line and time.monotonic() < ends, text
            text += line
        return text
