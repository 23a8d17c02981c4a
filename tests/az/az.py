"""The unmodified az as a child process."""

import json
import subprocess
import sys
from pathlib import Path

# The interpreter is that of the virtual environment in which az is installed.
AZ = Path(sys.executable).parent / "az"


class AzFailed(Exception):
    """az ended with another code than 0."""

    def __init__(self, line, ended):
        super().__init__(f"az {line} ended with {ended.returncode}:\n{ended.stderr}")
        self.code = ended.returncode
        self.text = ended.stderr


def az(environment, line, *more):
    """Runs az and gives what it printed as JSON, or None when it printed nothing."""
    ended = subprocess.run([AZ, *line.split(), *more], env=environment, capture_output=True, text=True, timeout=120)
    if ended.returncode != 0:
        raise AzFailed(line, ended)
    return json.loads(ended.stdout) if ended.stdout.strip() else None
