"""A roll that az begins and keyroll finishes ends where a roll by keyroll alone ends."""

import json
import unittest

from az import az
from simulated_azure import SimulatedAzure
from worlds import GROUP, MEDIA, STORAGE, production

# An hour of settling passes in less than a second, a vault's day in 15.
TIME_SCALE = 6000


class DogFood(unittest.TestCase):
    def roll(self, azure, *line):
        """Rolls with keyroll, accepting what its own plan names."""
        planned = azure.keyroll("plan", "--storage-account", "stprod", *line)
        self.assertEqual(planned.returncode, 0, planned.stderr)
        names = [acceptance["name"] for acceptance in json.loads(planned.stdout)["acceptances"]]
        accept = ["--accept", ",".join(names)] if names else []
        rolled = azure.keyroll("rotate", "--storage-account", "stprod", "--yes", *line, *accept)
        self.assertEqual(rolled.returncode, 0, rolled.stderr)
        return json.loads(rolled.stdout)

    @staticmethod
    def end(azure):
        """Who holds which generation of which slot, and what was regenerated how often."""
        audit = azure.audit()
        held = {holder["dependent"]: (holder["kind"], sorted(holder["generations"])) for holder in audit["holders"]}
        return held, sorted(slot for record in audit["regenerates"] for slot in record["slots"]), audit["losses"]

    def test_half_by_az_and_half_by_keyroll_is_the_same_as_all_by_keyroll(self):
        with SimulatedAzure(production(), TIME_SCALE) as azure:
            self.assertEqual(self.roll(azure)["regenerated"], ["key2", "key1"])
            alone = self.end(azure)
        with SimulatedAzure(production(), TIME_SCALE) as azure:
            environment = azure.environment("public")
            az(environment, f"storage account keys renew -n stprod -g {GROUP} --key key2")
            az(environment, f"ams account storage sync-storage-keys -a ams1 -g {GROUP} --storage-account-id {STORAGE}")
            report = self.roll(azure, "--key", "key1")
            self.assertEqual(report["regenerated"], ["key1"])
            together = self.end(azure)
            self.assertIn(MEDIA, azure.audit()["tells"])
        self.maxDiff = None
        self.assertEqual(alone, together)
        self.assertEqual(together[1:], (["key1", "key2"], []))
        self.assertGreaterEqual(len(alone[0]), 5, "datastores, a workspace, a media account and its origins, a secret")
