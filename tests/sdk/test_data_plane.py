"""Vaults and blobs, whose clients sign in and sign for themselves: the challenge of a vault, and Shared Key."""

import os
import unittest
from datetime import datetime, timedelta, timezone
from unittest import mock

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from simulated_azure import SimulatedAzure
from worlds import GROUP, STORAGE, SUBSCRIPTION, production

BLOB = "https://stprod.blob.core.windows.net"


class DataPlane(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.azure = SimulatedAzure(production())
        cls.addClassCleanup(cls.azure.close)
        environment = cls.azure.environment("public")
        cls.enterClassContext(mock.patch.dict(os.environ, environment, clear=True))
        cls.credential = ClientSecretCredential(*[environment[f"AZURE_{name}"] for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")])
        cls.storage = StorageManagementClient(cls.credential, SUBSCRIPTION)

    def keys(self):
        return {key.key_name: key.value for key in self.storage.storage_accounts.list_keys(GROUP, "stprod").keys_property}

    def test_a_vault_challenges_and_then_keeps_every_version(self):
        with SecretClient("https://kv1.vault.azure.net", self.credential) as vault:
            current = vault.get_secret("st-key")
            self.assertEqual((current.value, current.properties.tags["ProviderAddress"]), (self.keys()["key1"], STORAGE))
            first = vault.set_secret("fresh", "one", tags={"CredentialId": "key1"})
            second = vault.set_secret("fresh", "two", content_type="text/plain")
            self.assertEqual(vault.get_secret("fresh").value, "two")
            self.assertEqual(vault.get_secret("fresh", first.properties.version).value, "one")
            versions = {version.version for version in vault.list_properties_of_secret_versions("fresh")}
            self.assertEqual(versions, {first.properties.version, second.properties.version})
            self.assertGreaterEqual({secret.name for secret in vault.list_properties_of_secrets()}, {"fresh", "st-key"})
            with self.assertRaises(ResourceNotFoundError):
                vault.get_secret("nowhere")

    def test_a_blob_is_written_listed_read_and_deleted_with_a_key(self):
        with BlobServiceClient(BLOB, credential={"account_name": "stprod", "account_key": self.keys()["key1"]}) as service:
            container = service.create_container("films")
            container.upload_blob("reel/one.bin", b"0123456789", overwrite=True)
            self.assertEqual([blob.name for blob in container.list_blobs()], ["reel/one.bin"])
            self.assertEqual(container.download_blob("reel/one.bin").readall(), b"0123456789")
            self.assertEqual(container.download_blob("reel/one.bin", offset=2, length=3).readall(), b"234")
            self.assertIn("films", [found.name for found in service.list_containers()])
            self.assertEqual(service.get_account_information()["account_kind"], "StorageV2")
            container.delete_blob("reel/one.bin")
            with self.assertRaises(ResourceNotFoundError):
                container.download_blob("reel/one.bin")
            service.delete_container("films")

    def test_a_roll_ends_the_old_key_and_its_signatures_and_the_new_one_opens(self):
        old = self.keys()["key2"]
        soon = datetime.now(timezone.utc) + timedelta(hours=1)
        rights = ContainerSasPermissions(read=True, list=True)
        sas = generate_container_sas("stprod", "raw", account_key=old, permission=rights, expiry=soon)
        self.opens(old)
        with BlobServiceClient(f"{BLOB}?{sas}") as service:
            list(service.get_container_client("raw").list_blobs())
            self.storage.storage_accounts.regenerate_key(GROUP, "stprod", {"keyName": "key2"})
            with self.assertRaises(ClientAuthenticationError) as failed:
                list(service.get_container_client("raw").list_blobs())
            self.assertEqual(failed.exception.error_code, "AuthenticationFailed")
        with self.assertRaises(ClientAuthenticationError) as failed:
            self.opens(old)
        self.assertEqual((failed.exception.status_code, failed.exception.error_code), (403, "AuthenticationFailed"))
        self.opens(self.keys()["key2"])
        self.opens(self.keys()["key1"])

    @staticmethod
    def opens(key):
        with BlobServiceClient(BLOB, credential={"account_name": "stprod", "account_key": key}, retry_total=0) as service:
            list(service.list_containers())

    def test_a_read_only_signature_writes_nothing(self):
        soon = datetime.now(timezone.utc) + timedelta(hours=1)
        rights = ContainerSasPermissions(read=True, list=True)
        sas = generate_container_sas("stprod", "raw", account_key=self.keys()["key1"], permission=rights, expiry=soon)
        with BlobServiceClient(f"{BLOB}?{sas}") as service, self.assertRaises(HttpResponseError) as failed:
            service.get_container_client("raw").upload_blob("new", b"x")
        self.assertEqual(failed.exception.error_code, "AuthorizationPermissionMismatch")
