"""The program's problems as az's errors: class, hints, exit code."""

import sys


def fail(problem):
    """Ends the command with a problem of the program's: az's class of error, its hints, keyroll's exit code."""
    error = as_error(problem)
    code = problem.get('exitCode', 1)
    if code in (1, 3, 4):
        # az itself ends with 3 for what is not found and with 1 for everything else.
        raise error
    tell(error)
    sys.exit(code)


def tell(error):
    """Shows an error as az does, without ending the command."""
    error.print_error()
    error.send_telemetry()


def end_with(cli_ctx, answers, code=0):
    """What was carried out may still have an exit code: of a run that stopped, of --detailed-exitcode.

    The results are written as any other, their problems are told, and then az ends with `code`, else with theirs.
    """
    for result, its_code in answers:
        if its_code and isinstance(result, dict):
            parts = [result] + list(result.get('checks') or []) + list(result.get('rows') or [])
            for problem in filter(None, [part.get('problem') for part in parts]):
                as_error(problem).print_error()
    code = code or next((its_code for _, its_code in answers if its_code), 0)
    if code:
        from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

        cli_ctx.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, lambda *_, **__: sys.exit(1 if code == 4 else code))


def as_error(problem):
    """A problem as an error of az's."""
    from azure.cli.core import azclierror

    kind, status = problem.get('kind'), problem.get('httpStatus') or 0
    if kind == 'usage':
        error_class = azclierror.ArgumentUsageError
    elif kind == 'notFound':
        error_class = azclierror.ResourceNotFoundError
    elif kind == 'permission':
        error_class = azclierror.ForbiddenError if status == 403 else azclierror.UnauthorizedError
    elif kind == 'interrupted':
        error_class = azclierror.ManualInterrupt
    elif kind in ('locked', 'drift', 'blocked', 'person'):
        error_class = azclierror.ValidationError
    elif status >= 500:
        error_class = azclierror.AzureInternalError
    elif status:
        error_class = azclierror.AzureResponseError
    elif problem.get('code') in ('cannotConnect', 'connectionBroken', 'certificateNotTrusted'):
        error_class = azclierror.AzureConnectionError
    else:
        error_class = azclierror.UnclassifiedUserFault
    lines = [problem.get('message') or 'keyroll failed']
    lines.extend(f"  because: {cause}" for cause in problem.get('causes') or [])
    if problem.get('correlationId'):
        lines.append(f"  correlation id: {problem['correlationId']}")
    hints = [as_typed_in_az(hint) for hint in problem.get('hints') or []]
    if problem.get('code') == 'confirmationRequired':
        # The program's own hint is for whoever writes a bridge.
        hints = ["Add --yes to confirm it."]
    if problem.get('accept'):
        hints.append(f"Names still open, each of which --accept accepts: {','.join(problem['accept'])}")
    return error_class('\n'.join(lines), recommendation=hints)


def as_typed_in_az(text):
    """A hint of the program's with its commands as they are typed in az."""
    from azext_keyroll.generated.tables import COMMANDS

    for first in {command['path'].split(' ')[0] for command in COMMANDS}:
        text = text.replace(f"az keyroll {first}", f"keyroll {first}").replace(
            f"keyroll {first}", f"az keyroll {first}"
        )
    return text
