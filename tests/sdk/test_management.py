"""The management SDKs, as they come from PyPI, against the simulated Azure under Azure's own names."""

import os
import unittest
from unittest import mock

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient
from azure.mgmt.media import AzureMediaServices
from azure.mgmt.storage import StorageManagementClient

from simulated_azure import SimulatedAzure
from worlds import GROUP, MEDIA, STORAGE, SUBSCRIPTION, WORKSPACE, production


class Management(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.azure = SimulatedAzure(production())
        cls.addClassCleanup(cls.azure.close)
        cls.environment = cls.azure.environment("public")
        cls.enterClassContext(mock.patch.dict(os.environ, cls.environment, clear=True))
        cls.credential = cls.principal(cls.environment["AZURE_CLIENT_SECRET"])

    @classmethod
    def principal(cls, secret):
        return ClientSecretCredential(cls.environment["AZURE_TENANT_ID"], cls.environment["AZURE_CLIENT_ID"], secret)

    def storage(self, credential=None):
        return StorageManagementClient(credential or self.credential, SUBSCRIPTION)

    def test_storage_accounts_and_keys(self):
        with self.storage() as client:
            self.assertEqual(len(list(client.storage_accounts.list())), 3, "over two pages")
            account = client.storage_accounts.get_properties(GROUP, "stprod")
            self.assertEqual((account.id, account.key_creation_time.key1 is None), (STORAGE, False))
            before = self.keys(client)
            answer = client.storage_accounts.regenerate_key(GROUP, "stprod", {"keyName": "key2"})
            self.assertEqual(len(list(answer.keys_property)), 2)
            after = self.keys(client)
        self.assertEqual(before["key1"], after["key1"])
        self.assertNotEqual(before["key2"], after["key2"])
        self.assertEqual(self.azure.audit()["regenerates"][-1]["slots"], ["key2"])

    @staticmethod
    def keys(client):
        return {key.key_name: key.value for key in client.storage_accounts.list_keys(GROUP, "stprod").keys_property}

    def test_the_sdk_follows_its_own_retries(self):
        self.azure.add_fault("storage.listKeys", "throttle", retryAfter=1)
        self.azure.add_fault("storage.get", "status", code=503)
        with self.storage() as client:
            self.assertEqual(set(self.keys(client)), {"key1", "key2"})
            self.assertEqual(client.storage_accounts.get_properties(GROUP, "stprod").name, "stprod")

    def test_a_resource_that_is_not_there_and_a_secret_that_is_wrong(self):
        with self.storage() as client, self.assertRaises(ResourceNotFoundError) as failed:
            client.storage_accounts.get_properties(GROUP, "stnowhere")
        self.assertEqual(failed.exception.error.code, "ResourceNotFound")
        with self.storage(self.principal("wrong")) as client, self.assertRaises(ClientAuthenticationError) as failed:
            list(client.storage_accounts.list())
        self.assertIn("AADSTS7000215", str(failed.exception))

    def test_a_token_for_another_service_opens_no_door(self):
        client = StorageManagementClient(self.credential, SUBSCRIPTION, credential_scopes=["https://vault.azure.net/.default"])
        with client, self.assertRaises(ClientAuthenticationError) as failed:
            list(client.storage_accounts.list())
        self.assertIn("wrong audience", str(failed.exception))

    def test_the_identity_of_an_app_signs_in(self):
        with mock.patch.dict(os.environ, self.azure.environment("custom")):
            with self.storage(ManagedIdentityCredential()) as client:
                self.assertEqual(len(list(client.storage_accounts.list())), 3)

    def test_media_accounts_sync_and_locators(self):
        with AzureMediaServices(self.credential, SUBSCRIPTION) as client:
            self.assertEqual([account.name for account in client.mediaservices.list_by_subscription()], ["ams1"])
            tells = len(self.azure.audit()["tells"])
            client.mediaservices.sync_storage_keys(GROUP, "ams1", {"id": STORAGE})
            self.assertEqual(self.azure.audit()["tells"][tells:], [MEDIA])
            with self.assertRaises(HttpResponseError):
                client.mediaservices.sync_storage_keys(GROUP, "ams1", {"id": "stprod"})
            names = {locator.name for locator in client.streaming_locators.list(GROUP, "ams1")}
            self.assertEqual(names, {"clear", "guarded", "key"}, "over two pages of @odata.nextLink")
            keys = client.streaming_locators.list_content_keys(GROUP, "ams1", "key").content_keys
            self.assertEqual(keys[0].label_reference_in_streaming_policy, "clearKeyDefault")
            self.assertEqual(client.assets.get(GROUP, "ams1", "film").storage_account_name, "stprod")
            sas = client.assets.list_container_sas(GROUP, "ams1", "film", {"permissions": "Read"})
            self.assertEqual(len(sas.asset_container_sas_urls), 2)

    def test_workspaces_and_their_keys_in_the_first_version(self):
        with MachineLearningServicesMgmtClient(self.credential, SUBSCRIPTION) as client:
            self.assertEqual(client.workspaces.get(GROUP, "ws1").id, WORKSPACE)
            tells = len(self.azure.audit()["tells"])
            # Version 2020-08-01: over when it is answered, and any other status than 200 would be an error.
            client.workspaces.resync_keys(GROUP, "ws1")
            self.assertEqual(self.azure.audit()["tells"][tells:], [WORKSPACE])
