"""What the commands do: every one is carried out by the program."""

import inspect
import sys

from knack.log import get_logger

# pylint: disable-next=unused-import
from azext_keyroll._stand_in import ams_account_storage_sync_storage_keys, ml_workspace_sync_keys
from azext_keyroll.generated.tables import COMMANDS

logger = get_logger(__name__)


# `resource_group_name` is what az calls it everywhere. az takes parameters named `no_wait` away from an operation, for
# a mechanism of its own that drops the result.
_DESTINATIONS = {'resourceGroup': 'resource_group_name', 'noWait': 'do_not_wait'}


def destination(member):
    """The Python name of an option."""
    if member in _DESTINATIONS:
        return _DESTINATIONS[member]
    return ''.join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)


def az_has_change_reference():
    """Whether az gives every command --change-reference and --acquire-policy-token by itself (2.91 does)."""
    from azure.cli.core.commands import arm

    return hasattr(arm, 'register_global_policy_argument')


def option_names(command):
    """The Python names of all options of a command."""
    names = [destination(option['member']) for option in command['options']]
    names += ['ids'] if command['ids'] else []
    names += ['yes'] if command['asks'] else []
    names += ['change_reference'] if command['changes'] and not az_has_change_reference() else []
    return names


def _operation(command):
    """The function that az calls for a command; its signature is what az makes the options of."""

    def operation(cmd, **given):
        return carry_out(cmd, command, given)

    parameters = [inspect.Parameter('cmd', inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in option_names(command)
    ]
    operation.__signature__ = inspect.Signature(parameters)
    operation.__doc__ = command['summary']
    return operation


for _command in COMMANDS:
    globals()[_command['path'].replace(' ', '_').replace('-', '_')] = _operation(_command)


def carry_out(cmd, command, given):
    """Has the program carry out a command, for each of `--ids` one after the other."""
    if command['path'] == 'doctor' and not given.get('role'):
        from azext_keyroll._doctor import examine

        return examine(cmd.cli_ctx, command, _arguments(cmd.cli_ctx, command, given))
    several = [_arguments(cmd.cli_ctx, command, given)]
    if given.get('ids'):
        from azext_keyroll._ids import for_each_id

        several = for_each_id(command, given['ids'], several[0])
    confirmed = bool(given.get('yes')) or cmd.cli_ctx.config.getboolean(
        'core', 'disable_confirm_prompt', fallback=False
    )
    answers = ask(cmd.cli_ctx, command, several, confirmed)
    results = [brief(result) if given.get('do_not_wait') else result for result, _ in answers]
    if cmd.cli_ctx.invocation.data.get('output') == 'table':
        _tell_what_no_table_shows(results)
    return results if len(several) > 1 else results[0]


def ask(cli_ctx, command, several, confirmed=False):
    """The answers to a command with several sets of arguments, one after the other, until one fails.

    What was answered before that is returned, the failure is told, and az ends with its exit code.
    """
    from azure.cli.core.azclierror import AzCLIError

    from azext_keyroll._bridge import Conversation, Refused
    from azext_keyroll._problems import as_error, end_with, fail, tell

    answers = []
    code = 0
    try:
        with Conversation(cli_ctx) as conversation:
            for arguments in several:
                answers.append(_ask_one(conversation, command, arguments, confirmed))
    except (Refused, AzCLIError) as failure:
        problem = getattr(failure, 'problem', None)
        if len(several) > 1:
            names = [arguments[command['ids']['member']] for arguments in several]
            logger.warning(
                '%d of %d were worked on before the one that failed (%s); not begun: %s',
                len(answers),
                len(several),
                names[len(answers)],
                ', '.join(names[len(answers) + 1:]) or 'none',
            )
        if not answers:
            if problem is None:
                raise
            fail(problem)
        tell(failure if problem is None else as_error(problem))
        code = 1 if problem is None else problem.get('exitCode', 1)
    end_with(cli_ctx, answers, code)
    return answers


def _ask_one(conversation, command, arguments, confirmed):
    """Asks the program, and the user where it needs a confirmation. Open names are only told: `--accept` accepts."""
    from azext_keyroll._bridge import Refused

    ids = command['ids']
    # az looks in its active subscription, and so do commands about a workspace, a media or a Batch account. A storage
    # account's name is unique everywhere, and what depends on it is looked for in every subscription that the sign-in
    # sees, unless one is named.
    only_active = ids and ids['member'] != 'storageAccount' and 'subscription' not in arguments
    subscription = conversation.active_subscription() if only_active else None
    try:
        return conversation.ask(command['path'], arguments, confirmed, subscription)
    except Refused as refused:
        problem = refused.problem
        if (
            confirmed
            or problem.get('code') != 'confirmationRequired'
            or problem.get('accept')
            or not _says_yes(problem)
        ):
            raise
    return conversation.ask(command['path'], arguments, True, subscription)


def _says_yes(problem):
    from knack.prompting import NoTTYException, prompt_y_n

    if not sys.stdin.isatty():
        return False
    try:
        return prompt_y_n(problem.get('question') or problem['message'], default='n')
    except NoTTYException:
        return False


def _arguments(cli_ctx, command, given):
    """The options as the program takes them: only those that were given."""
    arguments = {}
    for option in command['options']:
        value = given.get(destination(option['member']))
        if value is None or value is False:
            continue
        if option['takes'] == 'values':
            value = [part for text in value for part in text.split(',') if part]
        arguments[option['member']] = value
    if cli_ctx.data.get('subscription_id'):
        arguments['subscription'] = [cli_ctx.data['subscription_id']]
    reference = given.get('change_reference') or cli_ctx.data.get('_change_reference')
    if reference:
        arguments['changeReference'] = reference
    return arguments


def brief(report):
    """What `--no-wait` returns of a run; a sync of several storage accounts is several runs, and stays what it is."""
    if not isinstance(report, dict):
        return report
    if 'runs' in report:
        return [brief(run) for run in report['runs']]
    runs = (
        [report['runId']]
        if 'runId' in report
        else sorted({row['runId'] for row in report.get('rows') or [] if 'runId' in row})
    )
    if len(runs) != 1:
        return report
    return {'runId': runs[0], 'state': report.get('state'), 'nextDue': report.get('nextDue')}


def _tell_what_no_table_shows(results):
    for document in results:
        if not isinstance(document, dict):
            continue
        _tell_what_no_table_shows(document.get('plans') or [])
        for needed in document.get('acceptances') or []:
            logger.warning('To accept by name: %s (%s)', needed.get('name'), needed.get('why'))
        for blocker in document.get('blockers') or []:
            logger.warning('Blocked: %s', blocker.get('message'))
        for missed in document.get('notInspected') or []:
            logger.info('Not inspected: %s (%s)', missed.get('what'), missed.get('why'))
        if document.get('missingPermissions'):
            logger.warning('Missing permissions: %s', ', '.join(document['missingPermissions']))
