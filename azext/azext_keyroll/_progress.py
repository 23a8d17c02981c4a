"""What people see while the program works: a spinner on a terminal, and warnings of what matters most."""

import sys

from knack.log import get_logger

logger = get_logger(__name__)

# Events that a person wants to know of even without --verbose.
_LOUD = {'warning', 'runStarted', 'regenerated', 'regenerateUnknown', 'amended', 'abortStarted', 'stopped'}


class Progress:
    """The events of a run: a spinner on a terminal, log lines for those who want them."""

    def __init__(self, cli_ctx):
        self._controller = None
        self._running = False
        quiet = cli_ctx.only_show_errors or cli_ctx.config.getboolean('core', 'disable_progress_bar', fallback=False)
        if not quiet and sys.stderr.isatty():
            self._controller = cli_ctx.get_progress_controller()

    def show(self, event):
        """Shows one event. What the program writes for people is logged anyway: only what matters most is repeated."""
        said = describe(event)
        if event.get('event') in _LOUD:
            self.end()
            logger.warning('%s', said)
        if self._controller:
            self._controller.begin(message=said)
            self._running = True

    def tick(self):
        """Turns the spinner."""
        if self._running:
            self._controller.update()

    def end(self):
        """Removes the spinner."""
        if self._running:
            self._controller.end()
            self._running = False


def describe(event):
    """An event as one line."""
    kind = event.get('event', 'event')
    if event.get('message'):
        return event['message']
    if kind == 'runStarted':
        return f"Run {event.get('runId')} of {(event.get('account') or '').rpartition('/')[2]}"
    if kind == 'waiting':
        return f"Waiting until {event.get('until')}: {event.get('why')}"
    if kind in ('regenerated', 'regenerateIntent'):
        return f"{event.get('slot')} {'was regenerated' if kind == 'regenerated' else 'is being regenerated'}"
    words = ''.join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind)
    problem = event.get('problem') or {}
    more = [
        event.get('slot'),
        (event.get('dependent') or '').rpartition('/')[2],
        event.get('target'),
        event.get('how'),
        event.get('why'),
        problem.get('message'),
    ]
    return ' · '.join([words] + [text for text in more if text])
