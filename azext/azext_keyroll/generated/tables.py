"""The commands of `az keyroll` as data.

Generated from the program's command tree; `SNAPSHOTS=overwrite tests/run` writes it anew.
"""

# The digest of the command tree.
SURFACE = "b4a0d35ffa0ce84f32bdf9b54d951bd10443d43e9b802bebdf5c4515a11b7e72"

VERSION = "0.1.0"

GROUPS = [{"path": "", "summary": "Roll the access keys of storage accounts without breaking what depends on them"}]

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
                "help": "Exit 8 while a run waits, and 10 for a plan with changes",
                "member": "detailedExitcode",
                "options": ["--detailed-exitcode"],
                "takes": "switch",
            },
            {
                "help": "The slot: key1, key2, primary or secondary",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
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
                "help": "Move everything back to the slot that was in use at first",
                "member": "finishOn",
                "options": ["--finish-on"],
                "takes": "value",
                "values": ["original"],
            },
            {
                "help": "Regenerate only this slot; what holds it moves to the other one first",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
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
                "help": "Move everything back to the slot that was in use at first",
                "member": "finishOn",
                "options": ["--finish-on"],
                "takes": "value",
                "values": ["original"],
            },
            {
                "help": "Regenerate only this slot; what holds it moves to the other one first",
                "member": "key",
                "options": ["--key"],
                "takes": "value",
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
            "A slot that was regenerated stays so."
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
        "changes": False,
        "examples": ["az keyroll doctor"],
        "help": (
            "`--role` prints least-privilege role definitions instead, for `az role definition create`: one for "
            "reading (`dependents`, `plan`) and one for rolling."
        ),
        "ids": None,
        "options": [
            {
                "help": "Print role definitions: both, or one of them",
                "member": "role",
                "options": ["--role"],
                "takes": "value",
                "values": ["both", "reading", "rolling"],
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
]
