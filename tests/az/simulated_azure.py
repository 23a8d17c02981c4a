"""A simulated Azure in a process of its own, and what its clients need to believe in it."""

import http.client
import json
import os
import subprocess
import tempfile
from pathlib import Path

BINARY = Path(os.environ.get("KEYROLL_BINARY", Path(__file__).resolve().parents[2] / "target" / "debug" / "keyroll"))

# Nothing of this machine's sign-ins, proxies or settings reaches a client.
PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}


class SimulatedAzure:
    """Serves a world until it is closed. `environment(recipe)` is what an operator would export."""

    def __init__(self, world, time_scale=1):
        self._folder = tempfile.TemporaryDirectory(prefix="keyroll-")
        self.folder = Path(self._folder.name)
        self.caller = {"userName": "ann@simulated.example", "password": "correct horse battery staple"}
        (self.folder / "world.json").write_text(json.dumps({**world, "caller": self.caller}))
        line = ["simulate", "serve", "-o", "json", "--world", "world.json", "--directory", "sim", "--ca-dir", "ca"]
        line += ["--az-config", "az", "--time-scale", str(time_scale)]
        self._server = subprocess.Popen([BINARY, *line], cwd=self.folder, env=PLAIN, stdout=subprocess.PIPE, text=True)
        self.announced = json.loads(self._server.stdout.readline())
        self.port = self.announced["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the server. One that does not end is a failure, and so is a call that it did not understand: nobody would
        know what Azure had answered."""
        unknown = [line for line in self.audit()["trace"] if " unknown " in line]
        self._control("POST", "/stop")
        code = self._server.wait(timeout=20)
        self._server.stdout.close()
        self._folder.cleanup()
        assert code == 0, f"the simulator ended with {code}"
        assert not unknown, f"calls that are not simulated: {unknown}"

    def environment(self, recipe):
        """The variables of one recipe, `custom` or `public`, and nothing of this machine's."""
        return {**PLAIN, "HOME": str(self.folder), **self.announced["environments"][recipe]}

    def keyroll(self, *line):
        """Runs keyroll against this world, behind its proxy and with its clock."""
        options = ["--ca-bundle", self.announced["authorityFile"], "--auth", f"token-file={self.announced['tokenFile']}"]
        options += ["--clock", self.announced["clockFile"], "--state", str(self.folder / "state"), "-o", "json"]
        environment = {**PLAIN, "HTTPS_PROXY": self.announced["proxy"]}
        return subprocess.run([BINARY, *line, *options], cwd=self.folder, env=environment, capture_output=True, text=True)

    def audit(self):
        """What really happened."""
        return json.loads(self._control("GET", "/audit"))

    def add_fault(self, route, what, **details):
        """Lets the next call of a route go wrong."""
        self._control("POST", "/faults", json.dumps({"route": route, "nth": 1, "kind": {"what": what, **details}}))

    def _control(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.announced["httpPort"], timeout=20)
        connection.request(method, path, body, {"Host": "control.localhost"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status in (200, 204), text
        return text
