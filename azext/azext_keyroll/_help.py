"""Help of every command, as az wants it."""

import json

from knack.help_files import helps

from azext_keyroll._stand_in import STAND_INS
from azext_keyroll.generated.tables import COMMANDS, GROUPS


def _sentence(text):
    return text if not text or text.endswith('.') else f"{text}."


def _entry(name, kind, summary, details='', examples=()):
    # JSON is YAML, and needs no thought about quotes and colons.
    entry = {'type': kind, 'short-summary': _sentence(summary)}
    if details:
        entry['long-summary'] = details
    if examples:
        entry['examples'] = [{'name': _sentence(summary), 'text': line} for line in examples]
    helps[name] = json.dumps(entry)


for group in GROUPS:
    _entry(f"keyroll {group['path']}".strip(), 'group', group['summary'])

for command in COMMANDS:
    _entry(f"keyroll {command['path']}", 'command', command['summary'], command['help'], command['examples'])

# Where az or another extension has these, its help stays.
for stand_in in STAND_INS:
    for path, title in stand_in.groups.items():
        if path not in helps:
            _entry(path, 'group', title)
    if stand_in.name not in helps:
        _entry(stand_in.name, 'command', stand_in.summary, stand_in.details, stand_in.examples)
