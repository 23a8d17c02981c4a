"""The worlds of these tests: small, and so quick that nobody waits for what they do not ask about."""

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = "prod"
LOCATOR = "88888888-0000-4000-8000-000000000001"


def resource(kind, name):
    """The id of a resource in the group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{kind}/{name}"


STORAGE = resource("Microsoft.Storage/storageAccounts", "stprod")
MEDIA = resource("Microsoft.Media/mediaservices", "ams1")
BATCH = resource("Microsoft.Batch/batchAccounts", "batch1")
WORKSPACE = resource("Microsoft.MachineLearningServices/workspaces", "ws1")


def _datastore(name, kind, **members):
    properties = {"datastoreType": kind, "accountName": "stprod", "endpoint": "core.windows.net", "protocol": "https", **members}
    credentials = {"type": "AccountKey", "secret": f"{{key1 of {STORAGE}}}"}
    return {"name": name, "credentials": credentials, "properties": properties}


def quick():
    """Keys that work at once, operations of a second, two rows a page."""
    at_once = {"min": 0, "max": 0}
    return {
        "acceptSeconds": at_once,
        "refuseSeconds": at_once,
        "latencyMilliseconds": at_once,
        "resyncSeconds": 1,
        "pageSize": 2,
    }


def production():
    """Three storage accounts, and one of everything that depends on the first."""
    others = [resource("Microsoft.Storage/storageAccounts", name) for name in ("starchive", "stlogs")]
    locators = [
        {
            "name": name,
            "assetName": "film",
            "streamingPolicyName": policy,
            "streamingLocatorId": LOCATOR[:-1] + str(number),
        }
        for number, (name, policy) in enumerate(
            [("clear", "Predefined_ClearStreamingOnly"), ("guarded", "Predefined_MultiDrmStreaming"), ("key", "Predefined_ClearKey")],
            start=1,
        )
    ]
    asset = {"name": "film", "storageAccountName": "stprod", "container": "asset-1"}
    media = {"id": MEDIA, "storageAccounts": [{"id": STORAGE}], "assets": [asset], "streamingLocators": locators}
    stores = [
        _datastore("workspaceblobstore", "AzureBlob", containerName="azureml-blobstore-1", isDefault=True),
        _datastore("workspacefilestore", "AzureFile", fileShareName="azureml-filestore-1"),
        _datastore("raw", "AzureBlob", containerName="raw", tags={"team": "vision"}),
    ]
    vault = resource("Microsoft.KeyVault/vaults", "kv1")
    secret = {"name": "st-key", "value": f"{{key1 of {STORAGE}}}", "tags": {"CredentialId": "key1", "ProviderAddress": STORAGE}}
    return {
        "schema": "keyroll.world/1",
        "seed": 7,
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Production"}],
        "storageAccounts": [{"id": account} for account in (STORAGE, *others)],
        "mediaAccounts": [media],
        "workspaces": [{"id": WORKSPACE, "storageAccount": STORAGE, "datastores": stores}],
        "batchAccounts": [{"id": BATCH, "autoStorage": {"storageAccountId": STORAGE}}],
        "vaults": [{"id": vault, "secrets": [secret]}],
        "unknowns": quick(),
    }
