"""What az's own commands do against the simulated Azure, in both recipes."""

import unittest

from az import AzFailed, az
from simulated_azure import SimulatedAzure
from worlds import BATCH, GROUP, LOCATOR, MEDIA, STORAGE, SUBSCRIPTION, production

AMS = f"-a ams1 -g {GROUP}"


class Commands:
    """The same stories for each recipe."""

    recipe = ""

    @classmethod
    def setUpClass(cls):
        cls.azure = SimulatedAzure(production())
        cls.addClassCleanup(cls.azure.close)
        cls.environment = cls.azure.environment(cls.recipe)

    def az(self, line, *more):
        return az(self.environment, line, *more)

    def keys(self):
        keys = self.az(f"storage account keys list -n stprod -g {GROUP}")
        return {key["keyName"]: (key["value"], key["creationTime"]) for key in keys}

    def test_storage_accounts_are_listed_over_pages_and_shown(self):
        listed = self.az("storage account list")
        self.assertEqual({account["name"] for account in listed}, {"stprod", "starchive", "stlogs"})
        shown = self.az(f"storage account show -n stprod -g {GROUP}")
        self.assertEqual((shown["id"], shown["resourceGroup"]), (STORAGE, GROUP))
        self.assertEqual(shown["primaryEndpoints"]["blob"], "https://stprod.blob.core.windows.net/")
        self.assertTrue(shown["keyCreationTime"]["key1"])

    def test_a_renewed_key_is_the_only_one_that_changes(self):
        before = self.keys()
        renewed = self.az(f"storage account keys renew -n stprod -g {GROUP} --key key2")
        after = self.keys()
        self.assertEqual({key["keyName"]: (key["value"], key["creationTime"]) for key in renewed}, after)
        self.assertEqual(before["key1"], after["key1"])
        self.assertNotEqual(before["key2"][0], after["key2"][0])
        self.assertLess(before["key2"][1], after["key2"][1])
        self.assertEqual(self.azure.audit()["regenerates"][-1]["slots"], ["key2"])

    def test_az_waits_and_asks_again_when_it_is_throttled(self):
        self.azure.add_fault("storage.listKeys", "throttle", retryAfter=1)
        self.assertEqual(set(self.keys()), {"key1", "key2"})
        self.assertEqual(self.azure.audit()["faults"]["throttle × storage.listKeys"], 1)

    def test_what_is_not_there_is_told_as_azure_tells_it(self):
        with self.assertRaises(AzFailed) as failed:
            self.az(f"storage account show -n stnowhere -g {GROUP}")
        self.assertEqual(failed.exception.code, 3)
        self.assertIn("ResourceNotFound", failed.exception.text)
        with self.assertRaises(AzFailed) as failed:
            self.az("storage account show -n stprod -g nowhere")
        self.assertIn("ResourceGroupNotFound", failed.exception.text)

    def test_media_accounts_are_listed_shown_and_told_to_sync(self):
        self.assertEqual([account["name"] for account in self.az(f"ams account list -g {GROUP}")], ["ams1"])
        shown = self.az(f"ams account show -n ams1 -g {GROUP}")
        self.assertEqual(shown["storageAccounts"][0]["id"], STORAGE)
        before = len(self.azure.audit()["tells"])
        self.az(f"ams account storage sync-storage-keys {AMS} --storage-account-id {STORAGE}")
        self.assertEqual(self.azure.audit()["tells"][before:], [MEDIA])

    def test_batch_accounts_are_shown_and_told_to_sync(self):
        before = self.az(f"batch account show -n batch1 -g {GROUP}")["autoStorage"]
        self.assertEqual(before["storageAccountId"], STORAGE)
        self.az(f"batch account autostorage-keys sync -n batch1 -g {GROUP}")
        after = self.az(f"batch account show -n batch1 -g {GROUP}")["autoStorage"]
        self.assertLess(before["lastKeySync"], after["lastKeySync"])
        self.assertIn(BATCH, self.azure.audit()["tells"])

    def test_streaming_locators_are_listed_and_shown_without_the_values_of_their_keys(self):
        listed = self.az(f"ams streaming-locator list {AMS}")
        self.assertEqual({locator["name"] for locator in listed} & {"clear", "guarded", "key"}, {"clear", "guarded", "key"})
        self.assertTrue(all(locator["contentKeys"] == [] for locator in listed))
        shown = self.az(f"ams streaming-locator show {AMS} -n guarded")
        self.assertEqual([key["value"] for key in shown["contentKeys"]], [None, None])
        keys = self.az(f"ams streaming-locator list-content-keys {AMS} -n guarded")
        self.assertEqual([key["type"] for key in keys], ["CommonEncryptionCenc", "CommonEncryptionCbcs"])
        self.assertTrue(all(key["value"] for key in keys))
        paths = self.az(f"ams streaming-locator get-paths {AMS} -n clear")
        self.assertEqual({path["streamingProtocol"] for path in paths["streamingPaths"]}, {"Hls", "Dash", "SmoothStreaming"})
        self.assertIn(LOCATOR, paths["streamingPaths"][0]["paths"][0])

    def test_a_streaming_locator_is_created_with_its_own_id_and_deleted(self):
        line = f"ams streaming-locator create {AMS} -n fresh --asset-name film --streaming-policy-name Predefined_ClearKey"
        guid = "77777777-0000-4000-8000-000000000001"
        made = self.az(line, "--streaming-locator-id", guid)
        self.assertEqual((made["streamingLocatorId"], len(made["contentKeys"])), (guid, 1))
        with self.assertRaises(AzFailed) as failed:
            self.az(line, "--streaming-locator-id", guid)
        self.assertIn("Conflict", failed.exception.text)
        self.az(f"ams streaming-locator delete {AMS} -n fresh")
        with self.assertRaises(AzFailed) as failed:
            self.az(f"ams streaming-locator show {AMS} -n fresh")
        self.assertEqual(failed.exception.code, 3)

    def test_rest_calls_reach_resource_manager_with_a_token(self):
        url = f"{STORAGE}/listKeys?api-version=2015-06-15"
        self.assertEqual(set(self.az("rest --method post --url", url)), {"key1", "key2"}, "the oldest version's form")
        with self.assertRaises(AzFailed) as failed:
            self.az("rest --method get --url", STORAGE)
        self.assertIn("MissingApiVersionParameter", failed.exception.text)

    def test_groups_and_resources_are_listed(self):
        self.assertEqual([group["name"] for group in self.az("group list")], [GROUP])
        vaults = self.az("resource list --resource-type Microsoft.KeyVault/vaults")
        self.assertEqual([vault["name"] for vault in vaults], ["kv1"])
        self.assertEqual([account["id"] for account in self.az("account list")], [SUBSCRIPTION])


class CustomCloud(Commands, unittest.TestCase):
    """A cloud of its own at this machine's address, as a managed identity."""

    recipe = "custom"


class PublicCloud(Commands, unittest.TestCase):
    """The untouched AzureCloud behind the proxy, as a service principal."""

    recipe = "public"

    def test_secrets_are_set_shown_and_listed_by_version(self):
        first = self.az("keyvault secret set --vault-name kv1 -n fresh --value one --tags team=vision")
        second = self.az("keyvault secret set --vault-name kv1 -n fresh --value two")
        self.assertNotEqual(first["id"], second["id"])
        # az adds a tag of its own, which whoever reads the secret has to keep.
        self.assertEqual((first["value"], first["tags"]), ("one", {"team": "vision", "file-encoding": "utf-8"}))
        self.assertEqual(self.az("keyvault secret show --vault-name kv1 -n fresh")["value"], "two")
        self.assertEqual(self.az("keyvault secret show --vault-name kv1 -n fresh --version", first["id"].split("/")[-1])["value"], "one")
        versions = self.az("keyvault secret list-versions --vault-name kv1 -n fresh")
        self.assertEqual({version["id"] for version in versions}, {first["id"], second["id"]})
        with self.assertRaises(AzFailed) as failed:
            self.az("keyvault secret show --vault-name kv1 -n nowhere")
        self.assertIn("SecretNotFound", failed.exception.text)

    def test_keys_are_created_again_and_again_as_new_versions(self):
        first = self.az("keyvault key create --vault-name kv1 -n media --kty RSA --size 2048")["key"]
        second = self.az("keyvault key create --vault-name kv1 -n media --kty RSA --size 2048")["key"]
        self.assertNotEqual(first["kid"], second["kid"])
        self.assertEqual((first["kty"], first["e"]), ("RSA", "AQAB"))
        self.assertEqual(self.az("keyvault key show --vault-name kv1 -n media")["key"]["kid"], second["kid"])

    def test_vaults_are_found_by_their_name_alone(self):
        shown = self.az("keyvault show -n kv1")
        self.assertEqual(shown["properties"]["vaultUri"], "https://kv1.vault.azure.net/")
