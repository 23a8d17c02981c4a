#!/usr/bin/env python3
"""A child that speaks the host conversation and behaves as KEYROLL_FAKE says, for the bridge's own tests.

Everything else is tested against the real program. What it hears goes to the file KEYROLL_FAKE_HEARD, one line each.
"""

import json
import os
import signal
import sys
import time

SURFACE = os.environ.get('KEYROLL_FAKE_SURFACE', '')
HEARD = os.environ.get('KEYROLL_FAKE_HEARD')

REPORT = {
    'schema': 'keyroll.report/1',
    'runId': 'r1',
    'account': '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st',
    'state': 'waiting',
    'nextDue': '2026-11-22T05:00:00Z',
    'next': 'settle',
    'steps': [
        {
            'number': 1,
            'act': 'stage',
            'slot': 'key2',
            'targetsDone': 1,
            'targets': 1,
            'how': 'only key2 changed',
            'finished': '2026-11-22T04:00:00Z',
        },
        {'number': 2, 'act': 'settle', 'slot': 'key2', 'targetsDone': 0, 'targets': 0, 'how': ''},
    ],
}


def say(**frame):
    print(json.dumps(dict(frame, v=1)), flush=True)


def hear():
    line = sys.stdin.readline()
    note(line.rstrip('\n') or 'END')
    return json.loads(line) if line else None


def note(text):
    if HEARD:
        with open(HEARD, 'a', encoding='utf-8') as file:
            file.write(f'{text}\n')


def echo(request):
    say(
        id=request['id'],
        result={name: request.get(name) for name in ('command', 'arguments', 'confirmed', 'context')},
    )


def problem(request, **members):
    say(
        id=request['id'],
        problem=dict(
            {'code': 'c', 'kind': 'failed', 'message': 'it went wrong', 'causes': [], 'hints': [], 'exitCode': 1},
            **members,
        ),
    )


def refuse(request):
    problem(request, **json.loads(os.environ['KEYROLL_FAKE_PROBLEM']))


def confirm(request):
    if request['confirmed']:
        return say(id=request['id'], result=REPORT)
    return problem(
        request,
        code='confirmationRequired',
        kind='blocked',
        exitCode=12,
        message='nobody confirmed it',
        question='key2 of st will be regenerated, which cannot be undone. Go on?',
    )


def stopped(request):
    why = {
        'code': 'person',
        'kind': 'person',
        'message': 'a person must act',
        'hints': ['run keyroll resume --run-id r1'],
        'exitCode': 42,
    }
    say(id=request['id'], result=dict(REPORT, state='stopped', problem=why), exitCode=42)


def report(request):
    say(id=request['id'], event={'event': 'runStarted', 'runId': 'r1', 'account': REPORT['account']})
    say(id=request['id'], event={'event': 'stepStarted', 'step': 1})
    print('settle waits for caches', file=sys.stderr, flush=True)
    say(id=request['id'], event={'event': 'waiting', 'step': 2, 'until': '2026-11-22T05:00:00Z', 'why': 'caches'})
    say(id=request['id'], result=REPORT, exitCode=8 if request['arguments'].get('detailedExitcode') else 0)


def tokens(request):
    answers = []
    for needed in json.loads(os.environ['KEYROLL_FAKE_SCOPES']):
        say(id=request['id'], tokenNeeded=needed)
        answer = hear()
        given = answer['token'] or {}
        answers.append(
            {
                'scope': given.get('scope'),
                'expiresOn': given.get('expiresOn'),
                'length': len(given.get('token', '')),
                'message': answer.get('message'),
            }
        )
    say(id=request['id'], result=answers)


def slow(request):
    """Runs until it is cancelled, takes a second for the act in flight, and ends."""
    say(id=request['id'], event={'event': 'runStarted', 'runId': 'r1', 'account': REPORT['account']})
    while True:
        line = hear()
        if line is None or line.get('cancel'):
            break
    time.sleep(1)
    note('SAFE END')
    problem(
        request,
        code='interrupted',
        kind='interrupted',
        exitCode=130,
        message='the run ended at a safe place',
        hints=['go on with keyroll resume --run-id r1'],
    )


def deaf(request):
    """Does not end when it is told to, not even by SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: note('SIGTERM'))
    note(f'PID {os.getpid()}')
    say(id=request['id'], event={'event': 'runStarted', 'runId': 'r1', 'account': REPORT['account']})
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.1)


def unhurried(request):
    """Its act in flight takes long: only a second cancel ends it at once. SIGTERM is not understood as that."""
    signal.signal(signal.SIGTERM, lambda *_: note('SIGTERM'))
    note(f'PID {os.getpid()}')
    say(id=request['id'], event={'event': 'runStarted', 'runId': 'r1', 'account': REPORT['account']})
    cancels = 0
    while cancels < 2:
        line = hear()
        if line is None:
            time.sleep(60)
        cancels += 1
    note('AT ONCE')
    sys.exit(0)


def misshapen(request):
    """Says what the bridge fails at, while an act is in flight that takes longer than an idle program may."""
    signal.signal(signal.SIGTERM, lambda *_: note('SIGTERM'))
    say(id=request['id'], event=42)
    cancelled = hear()
    ended = hear()
    time.sleep(7)
    if cancelled and cancelled.get('cancel') and ended is None:
        note('SAFE END')
    sys.exit(0)


def second_fails(request):
    """Carries out what it is asked first, and refuses the next."""
    if request['id'] == '1':
        return report(request)
    return problem(request, kind='locked', exitCode=9, message='st2 is locked')


def second_dies(request):
    """Carries out what it is asked first, and dies of the next."""
    return report(request) if request['id'] == '1' else die(request)


def die(_request):
    print('something broke in here', file=sys.stderr, flush=True)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)


def garbage(_request):
    print('Segmentation fault (not JSON)', flush=True)
    sys.exit(3)


def checkup(request):
    say(
        id=request['id'],
        result={'schema': 'keyroll.checkup/1', 'checks': [{'name': 'state', 'ok': True, 'found': '/state'}]},
    )


def main():
    how = os.environ.get('KEYROLL_FAKE', 'echo')
    if how == 'stranger':
        print('{"who":"somebody else"}', flush=True)
    else:
        print(
            json.dumps({'v': 2 if how == 'newer' else 1, 'hello': 'keyroll', 'version': '9.9.9', 'surface': SURFACE}),
            flush=True,
        )
    while True:
        request = hear()
        if request is None:
            return
        if 'command' in request:
            globals()[how](request)


if __name__ == '__main__':
    main()
