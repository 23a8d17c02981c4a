#!/usr/bin/env python3
"""Measures what the extension adds to az's own start: no test, because machines differ. Medians and ratios of one run.

azext/tests/measure_startup.py [ROUNDS]
"""

import statistics
import sys
import time

from real_az import build
from served_azure import Azure, world


def main():
    """Runs each command once to warm up, then in turns."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    wheels, _ = build('--no-binary')
    azure = Azure(world())
    az = azure.az('public', wheels[0])
    commands = [
        ['version'],
        ['keyroll', 'status'],
        ['keyroll', '-h'],
        ['keyroll', 'list-keys', '-g', 'prod', '--storage-account', 'stprod'],
        ['storage', 'account', 'keys', 'list', '-g', 'prod', '-n', 'stprod'],
    ]
    taken = {tuple(line): [] for line in commands}
    for number in range(rounds + 1):
        for line in commands:
            begun = time.monotonic()
            done = az.run(*line)
            assert done.code == 0, done
            if number:
                taken[tuple(line)].append(time.monotonic() - begun)
    base = statistics.median(taken[('version',)])
    print('| command | median | ratio to az version |\n| --- | --- | --- |')
    for line, times in taken.items():
        print(f"| `az {' '.join(line)}` | {statistics.median(times):.2f} s | {statistics.median(times) / base:.2f} |")


if __name__ == '__main__':
    main()
