"""Commands of az that stand in where az itself lacks them: existing scripts go on working, and nothing is shadowed.

`az ml workspace sync-keys` belongs to the extension `ml`, `az ams account storage sync-storage-keys` to a module of az
that new versions may drop.
"""

from importlib.util import find_spec

from knack.log import get_logger

from azext_keyroll.generated.tables import COMMANDS

logger = get_logger(__name__)

# Extensions that have `az ml workspace sync-keys`.
ML_EXTENSIONS = ('ml', 'azure-cli-ml')


class StandIn:  # pylint: disable=too-few-public-methods,too-many-instance-attributes
    """One command, and when it is registered."""

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def __init__(self, name, carried_out_by, operation, why_not, groups, summary, details, example):
        self.name = name
        self.operation = operation
        self.groups = groups
        self.summary = summary
        self.details = details
        self.examples = [example]
        self.command = next((command for command in COMMANDS if command['path'] == carried_out_by), None)
        self._why_not = why_not

    def state(self, cli_ctx):
        """Whether it is registered, and why (not)."""
        if self.command is None:
            return False, 'this version of keyroll cannot do that'
        reason = self._why_not(cli_ctx)
        return reason is None, reason or 'az itself has no such command'


def _why_no_ml(cli_ctx):
    from azure.cli.core.extension import extension_exists

    if str(cli_ctx.config.get('keyroll', 'ml_alias', fallback='auto')).lower() == 'off':
        return 'it is switched off (az config set keyroll.ml_alias=auto)'
    present = next((name for name in ML_EXTENSIONS if extension_exists(name)), None)
    return present and f'the extension {present} has its own; use az keyroll sync-keys ml'


def _why_no_ams(_cli_ctx):
    from azure.cli.core.extension import extension_exists

    if find_spec('azure.cli.command_modules.ams') is not None:
        return 'az has its own; use az keyroll sync-keys media'
    return 'the extension ams has its own; use az keyroll sync-keys media' if extension_exists('ams') else None


STAND_INS = [
    StandIn(
        'ml workspace sync-keys',
        'sync-keys ml',
        'ml_workspace_sync_keys',
        _why_no_ml,
        {'ml': 'Manage Azure Machine Learning resources', 'ml workspace': 'Manage Azure ML workspaces'},
        'Sync workspace keys for dependent resources such as storage',
        'Carried out by keyroll, because the ml extension is not installed. `az keyroll sync-keys ml` can do more.',
        'az ml workspace sync-keys --name ml-a --resource-group prod',
    ),
    StandIn(
        'ams account storage sync-storage-keys',
        'sync-keys media',
        'ams_account_storage_sync_storage_keys',
        _why_no_ams,
        {
            'ams': 'Manage Azure Media Services resources',
            'ams account': 'Manage Azure Media Services accounts',
            'ams account storage': 'Manage storage for an Azure Media Services account',
        },
        'Synchronize storage account keys for a storage account associated with a media account',
        'Carried out by keyroll, because this az has no ams module. `az keyroll sync-keys media` can do more.',
        'az ams account storage sync-storage-keys -g prod -a ams-live --storage-account-id '
        '/subscriptions/SUB/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/stprod',
    ),
]


def load_command_table(loader):
    """Registers those whose originals are missing."""
    active = [stand_in for stand_in in STAND_INS if stand_in.state(loader.cli_ctx)[0]]
    for stand_in in active:
        group, _, name = stand_in.name.rpartition(' ')
        with loader.command_group(group) as g:
            g.custom_command(name, stand_in.operation)
    _correct_index(loader.cli_ctx, {stand_in.name.split(' ')[0] for stand_in in active})


def _correct_index(cli_ctx, tops):
    """az remembers which extension has which command. What it remembers of us is wrong after a changed setting."""
    from azure.cli.core import CommandIndex

    index = CommandIndex(cli_ctx)
    for session in (getattr(index, 'EXTENSION_INDEX', None), index.INDEX):
        remembered = (session.get('commandIndex') or {}) if session is not None else {}
        ours = {top for top, modules in remembered.items() if 'azext_keyroll' in modules and top != 'keyroll'}
        if any('azext_keyroll' in modules for modules in remembered.values()) and ours != tops:
            index.invalidate()
            return


def load_arguments(loader):
    """The options of the originals, and ours."""
    with loader.argument_context('ml workspace sync-keys') as context:
        context.argument(
            'name',
            options_list=['--name', '-n', '--workspace-name', '-w'],
            configured_default='workspace',
            help='Name of the Azure ML workspace.',
        )
        context.argument(
            'do_not_wait',
            options_list=['--no-wait'],
            action='store_true',
            help='Do not wait for the long-running operation to finish.',
        )
        context.argument(
            'datastores',
            options_list=['--datastores'],
            action='store_true',
            help='Also write the datastores of the workspace that hold an old key.',
        )
    with loader.argument_context('ams account storage sync-storage-keys') as context:
        context.argument(
            'account_name',
            options_list=['--account-name', '-a'],
            help='The name of the Azure Media Services account.',
        )
        context.argument(
            'storage_account_id', options_list=['--storage-account-id', '--id'], help='The storage account Id.'
        )


def ml_workspace_sync_keys(cmd, name, resource_group_name, do_not_wait=False, datastores=False):
    """As the command of the `ml` extension: no output."""
    arguments = {'name': name, 'resourceGroup': resource_group_name, 'always': True}
    _sync(cmd.cli_ctx, 0, dict(arguments, noWait=do_not_wait, noDatastores=not datastores))


def ams_account_storage_sync_storage_keys(cmd, account_name, resource_group_name, storage_account_id):
    """As az's own command was: no output."""
    arguments = {
        'accountName': account_name,
        'resourceGroup': resource_group_name,
        'storageAccount': [storage_account_id],
    }
    _sync(cmd.cli_ctx, 1, dict(arguments, always=True))


def _sync(cli_ctx, which, arguments):
    from azext_keyroll.custom import ask

    if cli_ctx.data.get('subscription_id'):
        arguments['subscription'] = [cli_ctx.data['subscription_id']]
    for result, _ in ask(cli_ctx, STAND_INS[which].command, [arguments]):
        # The originals write nothing, and know of nothing that is skipped: whoever calls must not believe it was synced.
        for row in result.get('rows') or []:
            if row.get('outcome') == 'skipped':
                logger.warning('%s was skipped: %s', row.get('name'), row.get('why'))
