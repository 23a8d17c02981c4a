"""Registers the options of every command."""

import os

from azure.cli.core.commands.parameters import get_enum_type, get_resource_name_completion_list
from azure.cli.core.decorators import Completer

from azext_keyroll import _stand_in
from azext_keyroll.custom import az_has_change_reference, destination
from azext_keyroll.generated.tables import COMMANDS


def load_arguments(loader):
    """Fills the argument registry of a loader."""
    for command in COMMANDS:
        with loader.argument_context(f"keyroll {command['path']}") as context:
            for option in command['options']:
                context.argument(destination(option['member']), **_settings(option))
            if command['ids']:
                context.argument('ids', options_list=['--ids'], nargs='+', help=_ids_help(command))
            if command['asks']:
                context.argument(
                    'yes',
                    options_list=['--yes', '-y'],
                    action='store_true',
                    help='Do not ask for confirmation. Accepts no name.',
                )
            if command['changes'] and not az_has_change_reference():
                context.argument(
                    'change_reference',
                    options_list=['--change-reference'],
                    help='Your change reference, kept in the journal.',
                )
    _stand_in.load_arguments(loader)


def _settings(option):
    settings = {'options_list': option['options'], 'help': f"{option['help']}."}
    if option['member'] == 'resourceGroup':
        # Its completer and its place under `az configure --defaults` are az's own.
        return settings
    if option['takes'] == 'switch':
        settings['action'] = 'store_true'
    elif option['takes'] == 'values':
        settings['nargs'] = '+'
    if 'values' in option:
        settings['arg_type'] = get_enum_type(option['values'])
    if 'default' in option:
        settings['configured_default'] = option['default']
    completer = option.get('completer')
    if completer:
        settings['completer'] = complete_run if completer == 'runs' else get_resource_name_completion_list(completer)
    return settings


def _ids_help(command):
    member = next(option for option in command['options'] if option['member'] == command['ids']['member'])
    instead, kind = member['options'][0], command['ids']['type']
    return (
        f'One or more resource ids (space-delimited) of {kind}, instead of {instead}, worked on one after the other.'
    )


@Completer
def complete_run(cmd, prefix, namespace, **kwargs):  # pylint: disable=unused-argument
    """The runs of the state folder, without starting the program."""
    folder = getattr(namespace, 'state', None) or os.environ.get('KEYROLL_STATE')
    if not folder:
        base = os.environ.get('LOCALAPPDATA') if os.name == 'nt' else os.environ.get('XDG_STATE_HOME')
        folder = os.path.join(base or os.path.expanduser('~/.local/state'), 'keyroll')
    try:
        return sorted(os.listdir(os.path.join(folder, 'runs')))
    except OSError:
        return []
