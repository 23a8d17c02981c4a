"""The bridge between az and the keyroll program.

It finds the program, holds the host conversation with it (one JSON object a line over pipes), gives it the tokens that
az's own profile has, and shows its events; its problems become az's errors in `_problems`. Nothing secret is ever in
an argument, the environment or a log.
"""

import json
import os
import queue
import shutil
import signal
import stat
import subprocess
import threading
import time

from knack.log import get_logger

from azext_keyroll._progress import Progress
from azext_keyroll.generated.tables import SURFACE, VERSION

logger = get_logger(__name__)

# The version of the host conversation that is spoken here.
PROTOCOL = 1

# How long the program may take to bring the act in flight to a safe end when it is cancelled, in seconds.
SAFE_END = 180
# How long it may take to end by itself when nothing is left to do, in seconds.
ORDERLY_END = 5


class Refused(Exception):
    """A command that the program did not carry out."""

    def __init__(self, problem):
        super().__init__(problem.get('message'))
        self.problem = problem


# ---------------------------------------------------------------------------------------------------------------------
# The program
# ---------------------------------------------------------------------------------------------------------------------


def program_name():
    """The file name of the program on this platform."""
    return 'keyroll.exe' if os.name == 'nt' else 'keyroll'


def find_program():
    """The program's path, and how it was found: by KEYROLL_BIN, in this extension's own folder, or on the PATH."""
    from azure.cli.core.azclierror import FileOperationError

    named = os.environ.get('KEYROLL_BIN')
    if named:
        if not os.path.isfile(named):
            raise FileOperationError(
                f"KEYROLL_BIN names {named}, which is not a file.",
                recommendation="Set KEYROLL_BIN to the keyroll program, or unset it.",
            )
        return named, 'KEYROLL_BIN'
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bin', program_name())
    if os.path.isfile(own):
        return own, 'the extension'
    on_path = shutil.which('keyroll')
    if on_path:
        return on_path, 'PATH'
    raise FileOperationError(
        "The keyroll program was not found: this extension was installed without one.",
        recommendation="Install the extension's wheel for your platform with `az extension add --upgrade --source "
        "FILE`, put keyroll on the PATH, or set KEYROLL_BIN.",
    )


def _start(path):
    """Starts the program in a process group of its own: Ctrl-C reaches only az, which then tells the program."""
    apart = {'creationflags': subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == 'nt' else {'start_new_session': True}
    return subprocess.Popen(
        [path, 'exec'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **apart
    )


def start_program(path):
    """Starts the program; one that lost its executable bit on the way gets it back."""
    from azure.cli.core.azclierror import FileOperationError

    if not os.access(path, os.X_OK):
        try:
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        except OSError:
            logger.debug('%s stays without its executable bit', path)
    try:
        return _start(path)
    except PermissionError as error:
        raise FileOperationError(
            f"{path} cannot be executed, and that cannot be changed here.",
            recommendation=f"Make it executable with `chmod +x {path}`, or set KEYROLL_BIN to a copy that is.",
        ) from error
    except OSError as error:
        raise FileOperationError(
            f"{path} does not run on this machine ({error.strerror}): it is probably for another platform.",
            recommendation="Install the extension's wheel for this platform, or set KEYROLL_BIN to a program for it.",
        ) from error


# ---------------------------------------------------------------------------------------------------------------------
# The conversation
# ---------------------------------------------------------------------------------------------------------------------


class Conversation:  # pylint: disable=too-many-instance-attributes
    """One process of the program and what is said with it, for as long as the `with` block lasts.

    Requests are carried out one after the other.
    """

    def __init__(self, cli_ctx):
        self.path, self.source = find_program()
        self.hello = {}
        self._cli_ctx = cli_ctx
        self._progress = Progress(cli_ctx)
        self._frames = queue.Queue()
        self._said = []
        self._number = 0
        # The id of the request that is being carried out: whatever happens here, its act in flight needs a safe end.
        self._unanswered = None
        self._process = None
        self._signal = signal.SIGINT
        self._before = None

    def __enter__(self):
        self._process = start_program(self.path)
        for pipe, take in ((self._process.stdout, self._take_frame), (self._process.stderr, self._take_text)):
            threading.Thread(target=self._read, args=(pipe, take), daemon=True).start()
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminated)
        try:
            self._greet()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def ask(self, command, arguments, confirmed=False, subscription=None):
        """Has a command carried out: its result and its exit code. Raises Refused with the program's problem."""
        self._number += 1
        number = str(self._number)
        logger.debug('keyroll is asked for %s with %s', command, ', '.join(sorted(arguments)))
        request = {
            'v': PROTOCOL,
            'id': number,
            'command': command,
            'arguments': arguments,
            'confirmed': confirmed,
            'context': context(self._cli_ctx, subscription),
        }
        try:
            self._unanswered = number
            self._say(request)
            return self._answer(number)
        except KeyboardInterrupt:
            return self._interrupted(number)
        finally:
            self._progress.end()

    def active_subscription(self):
        """The id of the subscription that az would use; nothing when nobody is signed in."""
        return active_subscription(self._cli_ctx)

    def _greet(self):
        from azure.cli.core.azclierror import ClientRequestError

        self.hello = self._next(30)
        if self.hello.get('hello') != 'keyroll':
            raise ClientRequestError(
                f"{self.path} does not speak as keyroll does.",
                recommendation=f"Set KEYROLL_BIN to the keyroll program, version {VERSION}.",
            )
        version, spoken = self.hello.get('version'), self.hello.get('v')
        if spoken != PROTOCOL:
            raise ClientRequestError(
                f"The program {self.path} (version {version}) speaks version {spoken} of the host conversation, and "
                f"this extension ({VERSION}) speaks version {PROTOCOL}.",
                recommendation="Install the program and the extension of the same version.",
            )
        if self.hello.get('surface') != SURFACE:
            logger.warning(
                "The program %s (version %s) and this extension (%s) were made at different times: an option may be "
                "unknown to one of them.",
                self.path,
                self.hello.get('version'),
                VERSION,
            )

    def _answer(self, number):
        while True:
            frame = self._next()
            if frame.get('id') not in (number, None):
                continue
            self._note_answer(frame)
            if 'result' in frame:
                return frame['result'], frame.get('exitCode', 0)
            if 'problem' in frame:
                raise Refused(frame['problem'])
            if 'event' in frame:
                self._progress.show(frame['event'])
            elif 'tokenNeeded' in frame:
                self._say(dict(token_frame(self._cli_ctx, frame['tokenNeeded']), v=PROTOCOL, id=number))

    def _interrupted(self, number):
        """Lets the act in flight come to a safe end; a second Ctrl-C, or too long a wait, ends the program at once."""
        try:
            self._progress.end()
            logger.warning("Ending at a safe place; Ctrl-C once more ends at once.")
            # stdin stays open: a second cancel is said there.
            self._cancel(number)
            until = time.monotonic() + SAFE_END
            while True:
                frame = self._next(max(0.0, until - time.monotonic()))
                self._note_answer(frame)
                if 'result' in frame:
                    return frame['result'], self._with_signal(frame).get('exitCode', 0)
                if 'problem' in frame:
                    raise Refused(self._with_signal(frame['problem']))
                if 'event' in frame:
                    self._progress.show(frame['event'])
        except (KeyboardInterrupt, queue.Empty) as ended:
            # To the program, a second cancel means "at once".
            self._cancel(number)
            self._close_stdin()
            self._see_it_end(ORDERLY_END)
            raise Refused(
                {
                    'code': 'interrupted',
                    'kind': 'interrupted',
                    'exitCode': 128 + self._signal,
                    'message': "the program was ended where it stood; the run's journal is intact",
                    'hints': ["see where the run stands with `az keyroll status`", "go on with `az keyroll resume`"],
                }
            ) from ended

    def _note_answer(self, frame):
        if frame.get('id') == self._unanswered and ('result' in frame or 'problem' in frame):
            self._unanswered = None

    def _cancel(self, number):
        self._say({'v': PROTOCOL, 'id': number, 'cancel': True})

    def _with_signal(self, ended):
        """The program knows only that it was cancelled: the exit code tells by which signal."""
        if ended.get('exitCode') == 128 + signal.SIGINT:
            return dict(ended, exitCode=128 + self._signal)
        return ended

    def _terminated(self, number, _frame):
        self._signal = number
        raise KeyboardInterrupt

    def _next(self, wait=None):
        """The next frame. Waits in short steps, so that a signal is heard on every platform and the spinner turns."""
        until = None if wait is None else time.monotonic() + wait
        while True:
            try:
                frame = self._frames.get(timeout=0.2)
            except queue.Empty:
                self._progress.tick()
                if until is not None and time.monotonic() > until:
                    raise
                continue
            if frame is None:
                raise self._died()
            return frame

    def _died(self):
        from azure.cli.core.azclierror import CLIInternalError

        try:
            code = self._process.wait(ORDERLY_END)
        except subprocess.TimeoutExpired:
            code = None
        how = f'with exit code {code}' if code is None or code >= 0 else f'by signal {abs(code)}'
        last = f": {self._said[-1]}" if self._said else ''
        return CLIInternalError(
            f"The program {self.path} ended {how} before it answered{last}",
            recommendation="A run that had begun goes on with `az keyroll resume`; `az keyroll status` tells of it.",
        )

    def _say(self, frame):
        try:
            self._process.stdin.write(json.dumps(frame).encode() + b'\n')
            self._process.stdin.flush()
        except (OSError, ValueError):
            # It ended; what it said before that is read next.
            logger.debug('keyroll no longer listens')

    def _close_stdin(self):
        try:
            self._process.stdin.close()
        except OSError:
            pass

    def _read(self, pipe, take):
        for line in iter(pipe.readline, b''):
            take(line.decode('utf-8', 'replace').strip())
        take(None)

    def _take_frame(self, line):
        if line is None:
            self._frames.put(None)
            return
        try:
            frame = json.loads(line)
        except ValueError:
            frame = None
        if isinstance(frame, dict):
            self._frames.put(frame)
        elif line:
            self._said.append('it wrote something that is not JSON')

    def _take_text(self, line):
        if line:
            self._said = self._said[-20:] + [line]
            logger.info('%s', line)

    def _end(self):
        patience = ORDERLY_END
        try:
            if self._unanswered and self._process.poll() is None:
                # Something failed here. The program still has an act in flight; what it says meanwhile nobody needs.
                patience = SAFE_END
                self._cancel(self._unanswered)
                logger.warning("Waiting for the program to end at a safe place; Ctrl-C ends at once.")
        finally:
            self._close_stdin()
            self._see_it_end(patience)
            if self._before is not None:
                signal.signal(signal.SIGTERM, self._before)

    def _see_it_end(self, patience):
        """Waits for the program's end. One that takes longer is terminated, then killed; so it is at every Ctrl-C."""
        for make_it_end in (self._process.terminate, self._process.kill):
            if self._ends_within(patience):
                break
            make_it_end()
            patience = ORDERLY_END
        else:
            self._ends_within(ORDERLY_END)
        self._unanswered = None

    def _ends_within(self, seconds):
        """Whether the program ends in that time. Waits in short steps, so that a signal is heard on every platform."""
        until = time.monotonic() + seconds
        try:
            while self._process.poll() is None:
                if time.monotonic() > until:
                    return False
                time.sleep(0.05)
        except KeyboardInterrupt:
            return False
        return True


# ---------------------------------------------------------------------------------------------------------------------
# What az knows: cloud, subscription, tokens
# ---------------------------------------------------------------------------------------------------------------------


def context(cli_ctx, subscription=None):
    """The context of a request: az's cloud and request id, and the one subscription to look in."""
    known = {'auth': 'host', 'cloud': cloud(cli_ctx)}
    if subscription:
        known['subscription'] = subscription
    request_id = (cli_ctx.data.get('headers') or {}).get('x-ms-client-request-id')
    if request_id:
        known['clientRequestId'] = request_id
    if cli_ctx.data.get('_acquire_policy_token'):
        known['acquirePolicyToken'] = True
    return known


def cloud(cli_ctx):
    """az's active cloud as a cloud file of keyroll's."""
    endpoints, suffixes = cli_ctx.cloud.endpoints, cli_ctx.cloud.suffixes
    vaults = suffixes.keyvault_dns.lstrip('.')
    return {
        'schema': 1,
        'name': cli_ctx.cloud.name,
        'resourceManager': endpoints.resource_manager,
        'login': endpoints.active_directory,
        'resourceManagerAudience': endpoints.active_directory_resource_id,
        'keyVaultAudience': f"https://{vaults}",
        'keyVaultSuffix': vaults,
        'storageSuffix': suffixes.storage_endpoint.lstrip('.'),
    }


def active_subscription(cli_ctx):
    """The id of the subscription that az would use; nothing when nobody is signed in."""
    if cli_ctx.data.get('subscription_id'):
        return cli_ctx.data['subscription_id']
    from azure.cli.core._profile import Profile
    from knack.util import CLIError

    try:
        return Profile(cli_ctx=cli_ctx).get_subscription_id()
    except CLIError:
        return None


def token_frame(cli_ctx, needed):
    """The answer to `tokenNeeded`: a token of az's profile, which renews it by itself, or why there is none."""
    from azure.cli.core._profile import Profile

    profile = Profile(cli_ctx=cli_ctx)
    scope, tenant = needed['scope'], needed.get('tenant')
    try:
        account = profile.get_subscription(cli_ctx.data.get('subscription_id'))
        if tenant and tenant != account['tenantId']:
            (_, token, entry), _, _ = profile.get_raw_token(scopes=[scope], tenant=tenant)
        else:
            (_, token, entry), _, _ = profile.get_raw_token(scopes=[scope], subscription=account['id'])
        expires_on = int(entry['expires_on'])
    except Exception as error:  # pylint: disable=broad-except
        logger.debug('az has no token for %s', scope)
        return {'token': None, 'message': str(error)}
    return {'token': {'scope': scope, 'token': token, 'expiresOn': expires_on}}
