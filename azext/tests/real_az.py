"""The real Azure CLI with the extension installed from its wheel, in folders of its own."""

import atexit
import glob
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VENV = os.environ.get('KEYROLL_AZ_VENV', os.path.join(ROOT, 'target', 'az-venv'))
PROGRAM = os.environ.get('KEYROLL_PROGRAM', os.path.join(ROOT, 'target', 'debug', 'keyroll'))
SUBSCRIPTION = '00000000-0000-0000-0000-000000000001'
TENANT = '00000000-0000-0000-0000-00000000000a'
# What the extension knows of the program's commands, without az around it.
TABLES = runpy.run_path(os.path.join(ROOT, 'azext', 'azext_keyroll', 'generated', 'tables.py'))


def folder(name):
    """A new folder that goes when the tests end."""
    path = tempfile.mkdtemp(prefix=f'keyroll-{name}-')
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def build(*arguments):
    """Builds wheels into a new folder: the paths that were printed, and the completed process."""
    out = folder('wheels')
    done = subprocess.run(
        [sys.executable, os.path.join(ROOT, 'azext', 'build'), '--out', out] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    )
    return sorted(glob.glob(os.path.join(out, '*.whl'))), done


class Done:  # pylint: disable=too-few-public-methods
    """What one call of az came to."""

    def __init__(self, line, code, stdout, stderr):
        self.line, self.code, self.stdout, self.stderr = line, code, stdout, stderr

    @property
    def json(self):
        """stdout as JSON."""
        return json.loads(self.stdout)

    def __repr__(self):
        return (
            f"az {' '.join(self.line)} ended with {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


class Az:
    """One installation: a configuration folder and an extension folder around the az of a venv."""

    def __init__(self, venv=VENV, wheel=None, environment=None):
        self.executable = [os.path.join(venv, 'bin', 'az')]
        self.config = (environment or {}).get('AZURE_CONFIG_DIR') or folder('config')
        self.extensions = folder('extensions')
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(('AZURE_', 'KEYROLL_', 'HTTP_PROXY', 'HTTPS_PROXY', 'IDENTITY_', 'MSI_'))
        }
        self.environment.update(
            AZURE_CONFIG_DIR=self.config,
            AZURE_EXTENSION_DIR=self.extensions,
            AZURE_CORE_COLLECT_TELEMETRY='no',
            AZURE_EXTENSION_USE_DYNAMIC_INSTALL='no',
            AZURE_CORE_NO_COLOR='true',
            KEYROLL_STATE=folder('state'),
        )
        if environment:
            self.environment.update(environment)
        else:
            self._seed()
        if wheel:
            added = self.run('extension', 'add', '--source', wheel, '-y', '--only-show-errors')
            assert added.code == 0, added

    def _seed(self):
        """A first look at the net for new versions is not wanted, and a managed identity is signed in."""
        self.write(
            'versionCheck.json',
            {
                'versions': {
                    'azure-cli': {'local': '2.91.0'},
                    'core': {'local': '2.91.0'},
                    'telemetry': {'local': '1.1.0'},
                },
                'update_time': '2099-01-01 00:00:00.000000',
            },
        )
        account = {
            'id': SUBSCRIPTION,
            'name': 'Sim',
            'state': 'Enabled',
            'isDefault': True,
            'tenantId': TENANT,
            'homeTenantId': TENANT,
            'managedByTenants': [],
            'environmentName': 'AzureCloud',
            'user': {'name': 'systemAssignedIdentity', 'type': 'servicePrincipal', 'assignedIdentityInfo': 'MSI'},
        }
        self.write(
            'azureProfile.json',
            {'installationId': '00000000-0000-0000-0000-0000000000ff', 'subscriptions': [account]},
        )

    def write(self, name, document):
        """Writes a file of the configuration."""
        with open(os.path.join(self.config, name), 'w', encoding='utf-8') as file:
            json.dump(document, file)

    def start(self, *line, **environment):
        """Starts az in a process group of its own, as a terminal would."""
        known = dict(self.environment, **environment)
        return subprocess.Popen(
            self.executable + list(line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            start_new_session=True,
            env={name: value for name, value in known.items() if value is not None},
        )

    def run(self, *line, **environment):
        """Runs az to its end."""
        process = self.start(*line, **environment)
        try:
            stdout, stderr = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"az {' '.join(line)} took too long\n{stdout}\n{stderr}")
        return Done(line, process.returncode, stdout, stderr)
