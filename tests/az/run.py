"""Runs the tests of one folder and ends with the line that tests/run adds up: `NAME: N passed, N failed, N skipped`."""

import sys
import unittest
from pathlib import Path


def main():
    folder = Path(sys.argv[1]).resolve()
    pattern = f"test_{sys.argv[2]}*.py" if len(sys.argv) > 2 else "test_*.py"
    # The worlds and the simulator are shared.
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    suite = unittest.TestLoader().discover(str(folder), pattern=pattern, top_level_dir=str(folder))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    passed = max(result.testsRun - failed - skipped, 0)
    # A suite that found nothing to run proves nothing.
    if result.testsRun == 0 and failed == 0:
        failed = 1
    print(f"{folder.name}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


sys.exit(main())
