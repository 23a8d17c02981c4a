"""az signs in by itself: as a service principal, and as the identity of its machine."""

import json
import unittest
from pathlib import Path

from az import AzFailed, az
from simulated_azure import SimulatedAzure
from worlds import GROUP, SUBSCRIPTION, production


class SignIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.azure = SimulatedAzure(production())
        cls.addClassCleanup(cls.azure.close)

    def fresh(self, recipe):
        """The recipe's environment with a configuration in which nobody ever signed in."""
        environment = self.azure.environment(recipe)
        folder = Path(environment["AZURE_CONFIG_DIR"])
        fresh = folder.with_name(f"{folder.name}-{self._testMethodName}")
        fresh.mkdir()
        (fresh / "config").write_text("[core]\ncollect_telemetry = no\n[extension]\nuse_dynamic_install = no\n")
        (fresh / "versionCheck.json").write_text((folder / "versionCheck.json").read_text())
        environment["AZURE_CONFIG_DIR"] = str(fresh)
        return environment

    def assert_works(self, environment):
        keys = az(environment, f"storage account keys list -n stprod -g {GROUP}")
        self.assertEqual([key["keyName"] for key in keys], ["key1", "key2"])

    def principal(self, secret):
        seeded = self.azure.environment("public")
        who = ["-u", seeded["AZURE_CLIENT_ID"], "-p", secret, "--tenant", seeded["AZURE_TENANT_ID"]]
        return ["login --service-principal", *who]

    def test_a_service_principal_signs_in_to_the_untouched_cloud(self):
        environment = self.fresh("public")
        accounts = az(environment, *self.principal(environment["AZURE_CLIENT_SECRET"]))
        self.assertEqual([account["id"] for account in accounts], [SUBSCRIPTION])
        self.assertEqual(accounts[0]["cloudName"], "AzureCloud")
        self.assert_works(environment)

    def test_a_wrong_secret_is_refused_by_its_number(self):
        environment = self.fresh("public")
        with self.assertRaises(AzFailed) as failed:
            az(environment, *self.principal("wrong"))
        self.assertIn("AADSTS7000215", failed.exception.text)

    def test_a_person_signs_in_with_a_password_and_renews_the_token(self):
        environment = self.fresh("public")
        caller = self.azure.caller
        accounts = az(environment, "login", "-u", caller["userName"], "-p", caller["password"])
        self.assertEqual(accounts[0]["user"], {"name": caller["userName"], "type": "user"})
        self.assert_works(environment)
        # A token for another resource comes from the refresh token.
        token = az(environment, "account get-access-token --resource https://vault.azure.net")
        self.assertEqual(token["subscription"], SUBSCRIPTION)

    def test_the_older_endpoints_of_identities_work_too(self):
        environment = self.azure.environment("custom")
        endpoint, secret = environment.pop("IDENTITY_ENDPOINT"), environment.pop("IDENTITY_HEADER")
        self.assert_works({**environment, "MSI_ENDPOINT": endpoint, "MSI_SECRET": secret})
        metadata_service = endpoint.removesuffix("/msi/token")
        self.assert_works({**environment, "AZURE_POD_IDENTITY_AUTHORITY_HOST": metadata_service})

    def test_a_managed_identity_signs_in_to_a_registered_cloud(self):
        environment = self.fresh("custom")
        az(environment, f"cloud register -n Own --endpoint-resource-manager https://127.0.0.1:{self.azure.port}")
        az(environment, "cloud set -n Own")
        accounts = az(environment, "login --identity")
        self.assertEqual(accounts[0]["user"]["assignedIdentityInfo"], "MSI")
        self.assert_works(environment)

    def test_a_token_is_for_the_tenant_and_expires(self):
        token = az(self.azure.environment("custom"), "account get-access-token")
        self.assertEqual(token["tenant"], json.loads((self.azure.folder / "az/custom/azureProfile.json").read_text())["subscriptions"][0]["tenantId"])
        audit = self.azure.audit()
        self.assertIn(token["accessToken"], audit["secrets"])


