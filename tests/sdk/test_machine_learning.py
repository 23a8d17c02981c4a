"""azure-ai-ml, whose workspace and datastore calls are those of `az ml`."""

import os
import unittest
from unittest import mock

from azure.ai.ml import MLClient
from azure.ai.ml.entities import AccountKeyConfiguration
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.storage import StorageManagementClient

from simulated_azure import SimulatedAzure
from worlds import GROUP, STORAGE, SUBSCRIPTION, WORKSPACE, production


class MachineLearning(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.azure = SimulatedAzure(production())
        cls.addClassCleanup(cls.azure.close)
        environment = cls.azure.environment("public")
        cls.enterClassContext(mock.patch.dict(os.environ, environment, clear=True))
        cls.credential = ClientSecretCredential(*[environment[f"AZURE_{name}"] for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")])
        cls.client = MLClient(cls.credential, SUBSCRIPTION, GROUP, "ws1", enable_telemetry=False)

    def held(self):
        return {holder["dependent"]: holder["generations"] for holder in self.azure.audit()["holders"]}

    def test_a_workspace_tells_its_storage_account(self):
        self.assertEqual(self.client.workspaces.get("ws1").storage_account, STORAGE)

    def test_a_sync_is_followed_to_its_end(self):
        poller = self.client.workspaces.begin_sync_keys("ws1")
        poller.result()
        self.assertEqual(poller.status(), "Succeeded")
        audit = self.azure.audit()
        self.assertIn(WORKSPACE, audit["tells"])
        self.assertGreaterEqual(audit["calls"]["workspace.operation"], 1)

    def test_datastores_are_listed_over_pages_and_carry_no_secret_unless_asked(self):
        names = {store.name for store in self.client.datastores.list()}
        self.assertEqual(names, {"workspaceblobstore", "workspacefilestore", "raw"})
        store = self.client.datastores.get("raw")
        self.assertEqual((store.account_name, store.container_name, store.tags), ("stprod", "raw", {"team": "vision"}))
        self.assertEqual(self.client.datastores.get_default().name, "workspaceblobstore")
        self.assertFalse(getattr(store.credentials, "account_key", None), "only listSecrets tells it")
        told = self.client.datastores.get("raw", include_secrets=True)
        self.assertEqual(len(told.credentials.account_key), 88)

    def test_a_datastore_takes_a_fresh_key_and_keeps_the_rest(self):
        store = self.client.datastores.get("raw")
        key = self.key("key2")
        store.credentials = AccountKeyConfiguration(account_key=key)
        written = self.client.datastores.create_or_update(store)
        self.assertEqual((written.name, written.tags), ("raw", {"team": "vision"}))
        self.assertEqual(self.held()[f"{WORKSPACE}/datastores/raw"], ["stprod key2#0"])
        self.assertEqual(self.azure.audit()["losses"], [])

    def key(self, slot):
        with StorageManagementClient(self.credential, SUBSCRIPTION) as client:
            keys = client.storage_accounts.list_keys(GROUP, "stprod").keys_property
            return next(key.value for key in keys if key.key_name == slot)

    def test_what_is_not_there_is_told(self):
        with self.assertRaises(HttpResponseError):
            self.client.workspaces.begin_sync_keys("nowhere").result()
