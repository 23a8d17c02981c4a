"""Registers the commands."""

from azext_keyroll import _stand_in
from azext_keyroll._tables import table
from azext_keyroll.generated.tables import COMMANDS


def operation_name(path):
    """The function of custom.py that carries a command out: `sync_keys_ml` for `sync-keys ml`."""
    return path.replace(' ', '_').replace('-', '_')


def load_command_table(loader):
    """Fills the command table of a loader."""
    groups = {}
    for command in COMMANDS:
        group, _, name = f"keyroll {command['path']}".rpartition(' ')
        groups.setdefault(group, []).append((name, command['path']))
    for group, commands in groups.items():
        with loader.command_group(group) as g:
            for name, path in commands:
                g.custom_command(name, operation_name(path), table_transformer=table)
    _stand_in.load_command_table(loader)
