"""The `keyroll` extension of the Azure CLI: a thin bridge to the keyroll program."""

from azure.cli.core import AzCommandsLoader

from azext_keyroll._help import helps  # pylint: disable=unused-import


class KeyrollCommandsLoader(AzCommandsLoader):
    """Registers what `generated/tables.py` lists, and the commands that stand in for missing ones of az."""

    def __init__(self, cli_ctx=None):
        from azure.cli.core.commands import CliCommandType

        super().__init__(
            cli_ctx=cli_ctx, custom_command_type=CliCommandType(operations_tmpl='azext_keyroll.custom#{}')
        )

    def load_command_table(self, args):  # pylint: disable=unused-argument
        from azext_keyroll.commands import load_command_table

        load_command_table(self)
        return self.command_table

    def load_arguments(self, command):  # pylint: disable=unused-argument
        from azext_keyroll._params import load_arguments

        load_arguments(self)


COMMAND_LOADER_CLS = KeyrollCommandsLoader
