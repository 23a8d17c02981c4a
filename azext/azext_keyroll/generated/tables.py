"""The commands of `az keyroll` as data.

Generated from the program's command tree; `SNAPSHOTS=overwrite tests/run` writes it anew.
"""

# The digest of the command tree.
SURFACE = "d81eae37b3c0f44f6c363933fcd247f4fa574a2a1f74b0822866356c0b246e72"

VERSION = "0.1.0"

GROUPS = [
    {"path": "", "summary": "Roll the access keys of storage accounts without breaking what depends on them"},
    {
        "path": "sync-keys",
        "summary": "Tell what re-reads the keys of a storage account by itself, and prove that it did",
    },
    {"path": "recreate-locators", "summary": "Recreate media locators under the same identifiers"},
    {"path": "customer-key", "summary": "Manage the customer-managed key of a media account"},
]

COMMANDS = [
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll list-keys -g prod --storage-account stprod"],
        "help": (
            "Never the key itself: the fingerprint stands for the key in plans, journals and reports. To see a "
            "key, use `az storage account keys list`."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "list-keys",
        "summary": "Show both keys of an account: age, policy, fingerprint",
    },
    {
        "asks": True,
        "changes": True,
        "examples": [
            "az keyroll regenerate-key -g prod --storage-account stprod --key key2 --accept unknown-usage-key2",
        ],
        "help": (
            "Refused while something is known to hold the key: `rotate --key SLOT` moves that first. What cannot "
            "be known has to be accepted by name. Asks once; it cannot be undone."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": (
                    "Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; "
                    "repeat it or separate with commas"
                ),
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "values",
            },
            {
                "help": "The slot: key1, key2, primary or secondary",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
            },
            {
                "help": (
                    "AMS v2 account that is handed the keys with --certificate, or without one told to read them "
                    "again; repeat it or separate with commas"
                ),
                "member": "mediaV2",
                "options": ["--media-v2"],
                "takes": "values",
            },
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": (
                    "Key vault whose secrets are compared with the keys even without tags; repeat it or separate "
                    "with commas"
                ),
                "member": "vault",
                "options": ["--vault"],
                "takes": "values",
            },
        ],
        "path": "regenerate-key",
        "summary": "Regenerate one key and prove that only that one changed",
    },
    {
        "asks": True,
        "changes": True,
        "examples": ["az keyroll recreate-locators media -g prod --account-name ams1 --dry-run"],
        "help": (
            "After a roll `sync-keys media` is enough: streaming locators hang on no key. For where they have to "
            "be made again all the same, each one is read with its content keys, written down, deleted, and made "
            "again with the same name, streaming locator id, asset, policies, times, filters and content keys; "
            "whoever streams waits meanwhile. Content keys are written down sealed, with a key in the state folder "
            "(`seal.key`, for its owner alone), of the host, or in a Key Vault; that they open again is tried "
            "before the delete. Streaming URLs are asked before, and again when everything is back. What would not "
            "come back, because something that it names is gone or cannot be seen (asset, streaming policy, "
            "content key policy, filter), or has expired and serves nobody, is left and listed. Where the service "
            "refuses the id of a content key, the locator comes back with the same key under another id, and the "
            "command ends with 42. It can be killed anywhere and goes on with `resume`."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "Only the locators of these assets, by name",
                "member": "asset",
                "options": ["--asset"],
                "takes": "values",
            },
            {
                "help": "How many assets are worked on at once; one asset has one locator at a time",
                "member": "concurrency",
                "options": ["--concurrency"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would happen to each locator and why, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": "Only locators that expire after this time (RFC 3339, or a date)",
                "member": "expiresAfter",
                "options": ["--expires-after"],
                "takes": "value",
            },
            {
                "help": "Only locators that expire before this time (RFC 3339, or a date)",
                "member": "expiresBefore",
                "options": ["--expires-before"],
                "takes": "value",
            },
            {
                "help": "Only these locators, by name",
                "member": "locator",
                "options": ["--locator"],
                "takes": "values",
            },
            {
                "help": "Do not ask the streaming URLs before and after",
                "member": "noStreamingCheck",
                "options": ["--no-streaming-check"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": (
                    "Key Vault secret whose value, the base64 of 32 bytes, seals content keys; without it "
                    "`seal.key` in the state folder"
                ),
                "member": "sealKeySecret",
                "options": ["--seal-key-secret"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "recreate-locators media",
        "summary": "Recreate the streaming locators of an AMS v3 account, which a roll does not need",
    },
    {
        "asks": True,
        "changes": True,
        "examples": ["az keyroll recreate-locators media-v2 -g prod --account-name ams1 --dry-run"],
        "help": (
            "Locators that were made under a key die with it. Each one is written down completely, deleted, and "
            "made again with the same id, address, name, start, expiry and policy; whoever streams waits up to 40 "
            "seconds. What would not come back as it was (expired, policy or asset gone) is left and listed. SAS "
            "locators change their address: they need `--include-sas` and a file for old and new addresses, which "
            "are secrets. The streaming URL of each is asked before the delete and again when everything is back, "
            "once the endpoints' caches of five minutes cannot answer any more, for up to ten minutes; one that "
            "answered before and does not then is told (exit 42), and its locator is back all the same. It can be "
            "killed anywhere and goes on with `resume`; no locator is lost. Wait 30 minutes after `sync-keys "
            "media-v2`."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "New file for old and new addresses of SAS locators, as JSON Lines; they are secrets",
                "member": "addressFile",
                "options": ["--address-file"],
                "takes": "value",
            },
            {
                "help": "Only the locators of these assets",
                "member": "asset",
                "options": ["--asset"],
                "takes": "values",
            },
            {
                "help": "How many assets are worked on at once; one asset has one locator at a time",
                "member": "concurrency",
                "options": ["--concurrency"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would happen to each locator and why, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": "Address of the account's OData service; without it Resource Manager is asked",
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "value",
            },
            {
                "help": "Only locators that expire after this time (RFC 3339, or a date)",
                "member": "expiresAfter",
                "options": ["--expires-after"],
                "takes": "value",
            },
            {
                "help": "Only locators that expire before this time (RFC 3339, or a date)",
                "member": "expiresBefore",
                "options": ["--expires-before"],
                "takes": "value",
            },
            {
                "help": "Recreate SAS locators too, whose addresses change; needs --address-file",
                "member": "includeSas",
                "options": ["--include-sas"],
                "takes": "switch",
            },
            {
                "help": "Only these locators, by id or by what follows `nb:lid:UUID:` in it",
                "member": "locator",
                "options": ["--locator"],
                "takes": "values",
            },
            {
                "help": "Do not ask the streaming URLs before and after",
                "member": "noStreamingCheck",
                "options": ["--no-streaming-check"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": "Only locators of this type",
                "member": "type",
                "options": ["--type"],
                "takes": "value",
                "values": ["origin", "sas"],
            },
        ],
        "path": "recreate-locators media-v2",
        "summary": "Recreate the locators of an AMS v2 account after it was given another storage key",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll dependents -g prod --storage-account stprod --vault kv-prod"],
        "help": (
            "Also says what could not be inspected. Media Services accounts, Machine Learning workspaces and "
            "datastores are found across the subscriptions; Key Vault secrets by their tags, and all secrets of "
            "the vaults that you name."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": (
                    "Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; "
                    "repeat it or separate with commas"
                ),
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "values",
            },
            {
                "help": (
                    "AMS v2 account that is handed the keys with --certificate, or without one told to read them "
                    "again; repeat it or separate with commas"
                ),
                "member": "mediaV2",
                "options": ["--media-v2"],
                "takes": "values",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": (
                    "Key vault whose secrets are compared with the keys even without tags; repeat it or separate "
                    "with commas"
                ),
                "member": "vault",
                "options": ["--vault"],
                "takes": "values",
            },
        ],
        "path": "dependents",
        "summary": "Show who depends on an account, on which key, and how we know",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll plan -g prod --storage-account stprod --out plan.json"],
        "help": (
            "Nothing is changed. Each step says why it is there, what it touches, whether it can be undone, and "
            "who may fail for how long. The plan names what has to be accepted, what was not inspected, when the "
            "old key can be retired, and the exact next command. `--out` keeps it for `rotate --plan`, which "
            "carries it out as it is or not at all."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "New file for old and new addresses of SAS locators, as JSON Lines; they are secrets",
                "member": "addressFile",
                "options": ["--address-file"],
                "takes": "value",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "How many dependents are worked on at once",
                "member": "concurrency",
                "options": ["--concurrency"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": (
                    "Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; "
                    "repeat it or separate with commas"
                ),
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "values",
            },
            {
                "help": (
                    "Where everything is at the end: on the slot that was in use at first, or on the other one. "
                    "With an AMS v2 account that is handed keys, the first; otherwise the other one"
                ),
                "member": "finishOn",
                "options": ["--finish-on"],
                "takes": "value",
                "values": ["original", "standby"],
            },
            {
                "help": "Recreate SAS locators of AMS v2 accounts too, whose addresses change; needs --address-file",
                "member": "includeSas",
                "options": ["--include-sas"],
                "takes": "switch",
            },
            {
                "help": "Regenerate only this slot; what holds it moves to the other one first",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
            },
            {
                "help": (
                    "AMS v2 account that is handed the keys with --certificate, or without one told to read them "
                    "again; repeat it or separate with commas"
                ),
                "member": "mediaV2",
                "options": ["--media-v2"],
                "takes": "values",
            },
            {
                "help": (
                    "The slot whose key an AMS v2 account holds at present, where you know; without it, one of "
                    "which nothing is known is given the key in use first. Repeat it or separate with commas; the "
                    "name may be left out where one account is named"
                ),
                "member": "mediaV2Holds",
                "options": ["--media-v2-holds"],
                "takes": "values",
            },
            {"help": "Write the plan to FILE as JSON", "member": "out", "options": ["--out"], "takes": "value"},
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Keep the old key at least this long after everything was proven on the new one",
                "member": "retireAfter",
                "options": ["--retire-after"],
                "takes": "value",
            },
            {
                "help": "Wait this long for caches instead of the floor of each kind of dependent",
                "member": "settle",
                "options": ["--settle"],
                "takes": "value",
            },
            {
                "help": "Regenerate the standby slot and move everything to it; keep the old key",
                "member": "standbyOnly",
                "options": ["--standby-only"],
                "takes": "switch",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {"help": "Stop after this act", "member": "until", "options": ["--until"], "takes": "value"},
            {
                "help": (
                    "Key vault whose secrets are compared with the keys even without tags; repeat it or separate "
                    "with commas"
                ),
                "member": "vault",
                "options": ["--vault"],
                "takes": "values",
            },
            {
                "help": (
                    "Roll these storage accounts too, side by side, so that their waits are shared; repeat it or "
                    "separate with commas"
                ),
                "member": "withAccount",
                "options": ["--with-account"],
                "takes": "values",
            },
        ],
        "path": "plan",
        "summary": "Show what a roll would do, step by step",
    },
    {
        "asks": True,
        "changes": True,
        "examples": ["az keyroll rotate --plan plan.json --accept unknown-usage-key2,window-ml-a --run-id chg1234"],
        "help": (
            "Finds what depends on the keys, moves it to the fresh one, proves that it works, and only then "
            "retires the old one. Makes a fresh plan, or takes the one of `--plan` as it is or not at all. Asks "
            "once, with the consequences named. It can be stopped, killed or throttled anywhere and goes on with "
            "`resume`. The same `--run-id`, delivered twice, changes nothing twice."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "New file for old and new addresses of SAS locators, as JSON Lines; they are secrets",
                "member": "addressFile",
                "options": ["--address-file"],
                "takes": "value",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "How many dependents are worked on at once",
                "member": "concurrency",
                "options": ["--concurrency"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": (
                    "Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; "
                    "repeat it or separate with commas"
                ),
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "values",
            },
            {
                "help": (
                    "Where everything is at the end: on the slot that was in use at first, or on the other one. "
                    "With an AMS v2 account that is handed keys, the first; otherwise the other one"
                ),
                "member": "finishOn",
                "options": ["--finish-on"],
                "takes": "value",
                "values": ["original", "standby"],
            },
            {
                "help": "Recreate SAS locators of AMS v2 accounts too, whose addresses change; needs --address-file",
                "member": "includeSas",
                "options": ["--include-sas"],
                "takes": "switch",
            },
            {
                "help": "Regenerate only this slot; what holds it moves to the other one first",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
            },
            {
                "help": (
                    "AMS v2 account that is handed the keys with --certificate, or without one told to read them "
                    "again; repeat it or separate with commas"
                ),
                "member": "mediaV2",
                "options": ["--media-v2"],
                "takes": "values",
            },
            {
                "help": (
                    "The slot whose key an AMS v2 account holds at present, where you know; without it, one of "
                    "which nothing is known is given the key in use first. Repeat it or separate with commas; the "
                    "name may be left out where one account is named"
                ),
                "member": "mediaV2Holds",
                "options": ["--media-v2-holds"],
                "takes": "values",
            },
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": (
                    "Carry out this plan as it is, or not at all: a file of `plan --out`, or the plan's JSON itself"
                ),
                "member": "plan",
                "options": ["--plan"],
                "takes": "value",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Keep the old key at least this long after everything was proven on the new one",
                "member": "retireAfter",
                "options": ["--retire-after"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Wait this long for caches instead of the floor of each kind of dependent",
                "member": "settle",
                "options": ["--settle"],
                "takes": "value",
            },
            {
                "help": "Regenerate the standby slot and move everything to it; keep the old key",
                "member": "standbyOnly",
                "options": ["--standby-only"],
                "takes": "switch",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {"help": "Stop after this act", "member": "until", "options": ["--until"], "takes": "value"},
            {
                "help": (
                    "Key vault whose secrets are compared with the keys even without tags; repeat it or separate "
                    "with commas"
                ),
                "member": "vault",
                "options": ["--vault"],
                "takes": "values",
            },
            {
                "help": (
                    "Roll these storage accounts too, side by side, so that their waits are shared; repeat it or "
                    "separate with commas"
                ),
                "member": "withAccount",
                "options": ["--with-account"],
                "takes": "values",
            },
        ],
        "path": "rotate",
        "summary": "Roll the keys of an account without breaking what depends on them",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll step --run-id chg1234 --detailed-exitcode"],
        "help": (
            "It never waits and never asks. Call it as often as you like. While there is nothing to do it answers "
            "`\"state\":\"waiting\"` and `nextDue`, with exit code 0, or 8 with `--detailed-exitcode`."
        ),
        "ids": None,
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "step",
        "summary": "Do what is due in a run and return: for schedulers",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll resume --run-id chg1234"],
        "help": (
            "Without `--run-id`: the only unfinished run. It never asks again; names that the run met later are "
            "accepted with `--accept`."
        ),
        "ids": None,
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "resume",
        "summary": "Go on with a run that waits, was interrupted or stopped",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll wait --run-id chg1234 --timeout 2h"],
        "help": (
            "It changes nothing. It returns when the run is over, when nobody carries it on any more, or after "
            "`--timeout`."
        ),
        "ids": None,
        "options": [
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": "Return after this time even if the run is not over",
                "member": "timeout",
                "options": ["--timeout"],
                "takes": "value",
            },
        ],
        "path": "wait",
        "summary": "Wait for a run that another process carries out",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll status --storage-account stprod"],
        "help": "All runs of the state folder, those of one account, or one run with all its steps.",
        "ids": None,
        "options": [
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Show the steps that remain as az commands, for carrying on by hand",
                "member": "manual",
                "options": ["--manual"],
                "takes": "switch",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "status",
        "summary": "Show where runs stand",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll abort --run-id chg1234"],
        "help": (
            "Ends the run. Once the old key is being retired there is no way back: then `resume` is the only way. "
            "A slot that was regenerated stays so. A run that recreates locators brings back what it deleted, and "
            "makes what it moved once more, so that it hangs on the key that the account has now."
        ),
        "ids": None,
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "abort",
        "summary": "Point everything back while the old key lives",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll report --run-id chg1234 --html report.html"],
        "help": (
            "What changed, what was proven or assumed, what was not looked at. Without `--run-id`: the newest run. "
            "`--verify` checks the journal's hash chain and tells the digest of its last line: whoever noted that "
            "before knows that nothing was changed since."
        ),
        "ids": None,
        "options": [
            {
                "help": "Write the report to FILE as one HTML page, too",
                "member": "html",
                "options": ["--html"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": "Check the journal's hash chain instead",
                "member": "verify",
                "options": ["--verify"],
                "takes": "switch",
            },
        ],
        "path": "report",
        "summary": "Show what a run came to",
    },
    {
        "asks": False,
        "changes": True,
        "examples": [
            (
                "az keyroll customer-key apply -g prod -a ams1 --storage-name stams1 --key-vault-name kvams1 "
                "--key-name media --resource-location westeurope"
            ),
        ],
        "help": (
            "Storage account, media account with its identity, vault with soft delete and purge protection, "
            "access, RSA key, encryption: each is looked for first, and only what is missing is done, so that it "
            "can be run again and stopped anywhere. `--dry-run` shows the steps. The options have the names of the "
            "values in Microsoft's article (tenantId is --tenant-id), so that its list can be given as JSON with "
            "`--input`. Only the client secret is not among them: signing in is the business of "
            "--auth.\n\nservicePrincipalObjectId, of which the article asks what it is, is the object id of the "
            "service principal (enterprise application) in the tenant, not of its app registration: vaults know "
            "their users by it. Without it, it is read from the sign-in's token. The vault has to lie in the "
            "region of the media account; storage elsewhere works, and costs.\n\nAsks once if purge protection is "
            "turned on, which cannot be undone."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "The host of the directory",
                "member": "aadEndpoint",
                "options": ["--aad-endpoint"],
                "takes": "value",
            },
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "The host of Resource Manager",
                "member": "armEndpoint",
                "options": ["--arm-endpoint"],
                "takes": "value",
            },
            {
                "help": "What Resource Manager tokens are for",
                "member": "armResource",
                "options": ["--arm-resource"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {"help": "Only show the steps", "member": "dryRun", "options": ["--dry-run"], "takes": "switch"},
            {
                "help": "What Azure AD Graph tokens are for; the article's steps never use it, and Graph is gone",
                "member": "graphResource",
                "options": ["--graph-resource"],
                "takes": "value",
            },
            {"help": "Key", "member": "keyName", "options": ["--key-name"], "takes": "value"},
            {
                "help": "Bits of a key that has to be made",
                "member": "keySize",
                "options": ["--key-size"],
                "takes": "value",
                "values": ["2048", "3072", "4096"],
            },
            {
                "help": "The domain of vaults",
                "member": "keyVaultDomainSuffix",
                "options": ["--key-vault-domain-suffix", "--vault-suffix"],
                "takes": "value",
            },
            {
                "help": "Vault, by name or by full resource id",
                "member": "keyVaultName",
                "options": ["--key-vault-name"],
                "takes": "value",
            },
            {
                "help": "What Key Vault tokens are for",
                "member": "keyVaultResource",
                "options": ["--key-vault-resource"],
                "takes": "value",
            },
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Stay on the version that is newest now, instead of following new ones",
                "member": "pin",
                "options": ["--pin"],
                "takes": "switch",
            },
            {
                "help": "Bring a deleted vault or key of this name back",
                "member": "recover",
                "options": ["--recover"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Region of what has to be made. Without it: that of what is there",
                "member": "resourceLocation",
                "options": ["--resource-location"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "The application (client) id of the service principal",
                "member": "servicePrincipalId",
                "options": ["--service-principal-id"],
                "takes": "value",
            },
            {
                "help": "Object id of who makes the key, which the vault opens to. Without it: that of the sign-in",
                "member": "servicePrincipalObjectId",
                "options": ["--service-principal-object-id", "--sp-object-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": "Its storage account, if the media account is to be made; the same as --storage-account",
                "member": "storageName",
                "options": ["--storage-name"],
                "takes": "value",
            },
            {
                "help": "Tenant of a vault that has to be made. Without it: that of the subscription",
                "member": "tenantId",
                "options": ["--tenant-id"],
                "takes": "value",
            },
            {
                "help": "Use this user-assigned identity instead of the system-assigned one",
                "member": "userIdentity",
                "options": ["--user-identity"],
                "takes": "value",
            },
            {
                "help": "How a vault that has to be made decides about access",
                "member": "vaultAccess",
                "options": ["--vault-access"],
                "takes": "value",
                "values": ["policies", "roles"],
            },
        ],
        "path": "customer-key apply",
        "summary": "Encrypt a media account with a key of yours, and make whatever is missing for that",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll customer-key show -g prod -a ams1"],
        "help": (
            "Identity and its object id, vault, key, the version in use, what the account says of it, who else "
            "uses the key, and findings: no purge protection, missing access, a disabled version."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "customer-key show",
        "summary": "Show how a media account is encrypted, and what would break without its key",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll customer-key roll -g prod -a ams1 --disable-old --run-id chg1234"],
        "help": (
            "5 to 15 minutes are documented. The old version stays enabled, unless --disable-old is given: then "
            "everything in the subscriptions that names the key is found first, and waited for; storage accounts "
            "take up to 24 hours. Something that names the old version, or does not say which one it uses, keeps "
            "it enabled, and is named."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Disable the old version once nothing uses it any more",
                "member": "disableOld",
                "options": ["--disable-old"],
                "takes": "switch",
            },
            {"help": "Only show the steps", "member": "dryRun", "options": ["--dry-run"], "takes": "switch"},
            {
                "help": "Return at the first wait instead of waiting with the run",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "customer-key roll",
        "summary": "Give the key of a media account a new version, and wait until the account uses it",
    },
    {
        "asks": True,
        "changes": True,
        "examples": ["az keyroll customer-key remove -g prod -a ams1 --delete media,kvams1 --yes"],
        "help": (
            "The media account goes back first, and says so. Then, and only if `--delete` names them, resources go "
            "that a run in the state folder created and that still carry its tag; everything else is kept, and "
            "`--yes` alone deletes nothing. A key or vault that still protects anything is refused: media would "
            "become unreadable. A storage account that is not empty is never deleted. Deleted vaults and keys can "
            "be recovered for a while, and keep their names."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": (
                    "Delete these of what our runs created, by name or by full id: media account, storage account, "
                    "key, vault"
                ),
                "member": "delete",
                "options": ["--delete"],
                "takes": "values",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {"help": "Only show the steps", "member": "dryRun", "options": ["--dry-run"], "takes": "switch"},
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "customer-key remove",
        "summary": "Go back to a Microsoft-managed key, and delete what you name of what apply made",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll doctor"],
        "help": (
            "`--role` prints least-privilege role definitions instead, for `az role definition create`: one for "
            "reading (`dependents`, `plan`) and one for rolling; `--role customer-key` prints the one for that."
        ),
        "ids": None,
        "options": [
            {
                "help": "Print role definitions: both, or one of them",
                "member": "role",
                "options": ["--role"],
                "takes": "value",
                "values": ["both", "reading", "rolling", "customer-key", "locators"],
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
        ],
        "path": "doctor",
        "summary": "Check the state folder, the cloud, the sign-in; print roles",
    },
    {
        "asks": False,
        "changes": False,
        "examples": ["az keyroll demo"],
        "help": (
            "Two media accounts, a workspace with its datastores and two vault secrets; one answer is throttled "
            "and one is lost. The real engine does the work, no network is used, and nothing is kept."
        ),
        "ids": None,
        "options": [],
        "path": "demo",
        "summary": "Watch a whole roll in time-lapse, on a made-up Azure",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll sync-keys media -g prod -a ams-live --storage-account stprod,starchive"],
        "help": (
            "One, several or all storage accounts of a Media Services v3 account; without `-a` every media account "
            "of the group. Nothing is sent where a current key is proven. An account that uses a managed identity "
            "holds no key and is skipped."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id; without it every media account of the group",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": (
                    "Storage accounts of the media account, by name or by full resource id; repeat it or separate "
                    "with commas. Without it: all of them"
                ),
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "values",
            },
        ],
        "path": "sync-keys media",
        "summary": "Make a media account read the keys of its storage accounts again",
    },
    {
        "asks": False,
        "changes": True,
        "examples": [
            (
                "az keyroll sync-keys media-v2 --account-name ams1 --storage-account stprod --key secondary "
                "--certificate management.pem"
            ),
        ],
        "help": (
            "The key is read from Resource Manager, tried, and sent to classic service management, which asks for "
            "a management certificate; it is never shown, and always sent: nothing tells which key the account "
            "uses but locators that are recreated. Wait 30 minutes after it before anything else is done with "
            "Media Services, so that jobs at work are not disturbed; those that have not finished are named."
        ),
        "ids": {"member": "accountName", "type": "Microsoft.Media/mediaServices"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "completer": "Microsoft.Media/mediaServices",
                "help": "Media account, by name or by full resource id",
                "member": "accountName",
                "options": ["--account-name", "-a"],
                "takes": "value",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": "The slot whose key it is given: key1, key2, primary or secondary",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "sync-keys media-v2",
        "summary": "Hand an AMS v2 account the key of one of its storage accounts",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll sync-keys ml -g prod -n ml-a"],
        "help": (
            "Its datastores that use the account are written too where they hold an old key; `--no-datastores` "
            "leaves them. A project is synced through its hub. A workspace whose system datastores use an identity "
            "is skipped."
        ),
        "ids": {"member": "name", "type": "Microsoft.MachineLearningServices/workspaces"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "completer": "Microsoft.MachineLearningServices/workspaces",
                "default": "workspace",
                "help": "Workspace, by name or by full resource id",
                "member": "name",
                "options": ["--name", "--workspace-name", "-n", "-w"],
                "takes": "value",
            },
            {
                "help": "Leave the datastores that users made as they are",
                "member": "noDatastores",
                "options": ["--no-datastores"],
                "takes": "switch",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "sync-keys ml",
        "summary": "Make a Machine Learning workspace read the key of its storage account again",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll sync-keys batch -g prod -n batch1"],
        "help": (
            "Batch shows no key, so what can be seen is that its `lastKeySync` moved: the result says assumed, and "
            "a sync is always sent. Keys in the mounts of pools are not covered. An account that uses its managed "
            "identity is skipped."
        ),
        "ids": {"member": "name", "type": "Microsoft.Batch/batchAccounts"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "completer": "Microsoft.Batch/batchAccounts",
                "help": "Batch account, by name or by full resource id",
                "member": "name",
                "options": ["--name", "-n"],
                "takes": "value",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "sync-keys batch",
        "summary": "Make a Batch account read the keys of its auto-storage account again",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll sync-keys all -g prod --storage-account stprod"],
        "help": (
            "What re-reads keys by itself is told to; datastores and vault secrets that hold an old key are given "
            "the one in use. What could not be looked at is named."
        ),
        "ids": {"member": "storageAccount", "type": "Microsoft.Storage/storageAccounts"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": (
                    "Management certificate with its private key, as PEM or .pfx; from the host in a conversation"
                ),
                "member": "certificate",
                "options": ["--certificate"],
                "takes": "value",
            },
            {
                "help": "File whose first line is the password of the certificate; - for standard input",
                "member": "certificatePasswordFile",
                "options": ["--certificate-password-file", "--cert-password-file"],
                "takes": "value",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": (
                    "Address of the OData service of an AMS v2 account, where Resource Manager does not tell it; "
                    "repeat it or separate with commas"
                ),
                "member": "endpoint",
                "options": ["--endpoint"],
                "takes": "values",
            },
            {
                "help": (
                    "AMS v2 account that is handed the keys with --certificate, or without one told to read them "
                    "again; repeat it or separate with commas"
                ),
                "member": "mediaV2",
                "options": ["--media-v2"],
                "takes": "values",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
            {
                "help": (
                    "Key vault whose secrets are compared with the keys even without tags; repeat it or separate "
                    "with commas"
                ),
                "member": "vault",
                "options": ["--vault"],
                "takes": "values",
            },
        ],
        "path": "sync-keys all",
        "summary": "Make everything that is found to depend on a storage account hold a current key",
    },
    {
        "asks": False,
        "changes": True,
        "examples": ["az keyroll update-datastores -g prod -w ml-a --key key2"],
        "help": (
            "Only datastores with an account key or a SAS of this very account are written, everything else in "
            "them is carried over, and a SAS is made anew with the same rights and expiry. System datastores "
            "belong to the workspace: `az keyroll sync-keys ml` looks after them."
        ),
        "ids": {"member": "name", "type": "Microsoft.MachineLearningServices/workspaces"},
        "options": [
            {
                "help": "Consequences that you accept, by the names that the plan gives them",
                "member": "accept",
                "options": ["--accept"],
                "takes": "values",
            },
            {
                "help": "Sync also where a current key is proven",
                "member": "always",
                "options": ["--always"],
                "takes": "switch",
            },
            {
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "Say what would be synced, and change nothing",
                "member": "dryRun",
                "options": ["--dry-run"],
                "takes": "switch",
            },
            {
                "help": (
                    "The slot to write; without it those that hold a current key keep it, and the others get the "
                    "slot in use"
                ),
                "member": "key",
                "options": ["--key"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.MachineLearningServices/workspaces",
                "default": "workspace",
                "help": "Workspace, by name or by full resource id",
                "member": "name",
                "options": ["--name", "--workspace-name", "-n", "-w"],
                "takes": "value",
            },
            {
                "help": "Return once everything was told, instead of waiting for the proofs",
                "member": "noWait",
                "options": ["--no-wait"],
                "takes": "switch",
            },
            {
                "help": "Resource group of the command's own resource",
                "member": "resourceGroup",
                "options": ["--resource-group", "-g"],
                "takes": "value",
            },
            {
                "completer": "runs",
                "help": "The run; given twice, the same run goes on and nothing is changed twice",
                "member": "runId",
                "options": ["--run-id"],
                "takes": "value",
            },
            {
                "help": "Folder that keeps runs, plans and locks",
                "member": "state",
                "options": ["--state"],
                "takes": "value",
            },
            {
                "completer": "Microsoft.Storage/storageAccounts",
                "help": "Storage account, by name or by full resource id",
                "member": "storageAccount",
                "options": ["--storage-account"],
                "takes": "value",
            },
        ],
        "path": "update-datastores",
        "summary": "Write a key into every datastore of a workspace that uses the account",
    },
]
