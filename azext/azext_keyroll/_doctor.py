"""What `az keyroll doctor` adds to the program's own checks: the extension, the program's file, the stand-ins."""

import hashlib
import os

from azext_keyroll._bridge import Conversation, Refused, find_program
from azext_keyroll._problems import end_with
from azext_keyroll._stand_in import STAND_INS
from azext_keyroll.generated.tables import VERSION


def examine(cli_ctx, command, arguments):
    """Every check as one document, also where there is no program to ask."""
    from azure.cli.core.azclierror import AzCLIError

    checks = [_extension()]
    code = 0
    try:
        path, source = find_program()
        with Conversation(cli_ctx) as conversation:
            version = conversation.hello.get('version')
            checks.append(_good('program', f'{path} (by {source}) · version {version} · sha256 {_digest(path)}'))
            document, code = conversation.ask(command['path'], arguments)
        checks += document['checks']
    except AzCLIError as error:
        code = 1
        checks.append(_bad('program', str(error), error.recommendations))
    except Refused as refused:
        code = refused.problem.get('exitCode', 1)
        checks.append({'name': 'program', 'ok': False, 'problem': refused.problem})
    for stand_in in STAND_INS:
        active, why = stand_in.state(cli_ctx)
        checks.append(_good(f"az {stand_in.name}", f"{'by keyroll' if active else 'not by keyroll'}: {why}"))
    document = {'schema': 'keyroll.checkup/1', 'checks': checks}
    code = code or next((1 for check in checks if not check['ok']), 0)
    end_with(cli_ctx, [(document, code)])
    return document


def _extension():
    """Which copy of the extension this is; a second one may take turns with it."""
    from azure.cli.core.extension import EXTENSIONS_DIR, EXTENSIONS_SYS_DIR, get_extensions

    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    others = {extension.path for extension in get_extensions() if extension.name == 'keyroll'}
    others |= {
        os.path.join(folder, 'keyroll')
        for folder in (EXTENSIONS_DIR, EXTENSIONS_SYS_DIR)
        if os.path.isdir(os.path.join(folder, 'keyroll'))
    }
    others = sorted(other for other in others if other and os.path.realpath(other) != os.path.realpath(here))
    if others:
        return _bad(
            'extension',
            f"keyroll is installed twice: {here} (version {VERSION}) is used, and {', '.join(others)} is there, too",
            ['Remove one of them: az extension remove -n keyroll'],
        )
    return _good('extension', f'keyroll {VERSION} · {here}')


def _digest(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as program:
        for block in iter(lambda: program.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def _good(name, found):
    return {'name': name, 'ok': True, 'found': found}


def _bad(name, message, hints):
    problem = {
        'code': 'extension',
        'kind': 'failed',
        'message': message,
        'hints': list(hints),
        'causes': [],
        'exitCode': 1,
    }
    return {'name': name, 'ok': False, 'problem': problem}
