"""`--ids`: several resources, each once and one after the other. az's own `--ids` would work on ten at a time."""

import json

from azure.cli.core.azclierror import InvalidArgumentValueError, MutuallyExclusiveArgumentError
from azure.mgmt.core.tools import is_valid_resource_id, parse_resource_id


def for_each_id(command, ids, arguments):
    """One set of arguments for each resource."""
    member, kind = command['ids']['member'], command['ids']['type']
    if member in arguments:
        raise MutuallyExclusiveArgumentError(
            '--ids names the resources completely, and another option names one, too.',
            recommendation='Leave one of them out.',
        )
    several = []
    for resource_id in dict.fromkeys(text.rstrip('/').lower() for text in split(ids)):
        parts = parse_resource_id(resource_id) if is_valid_resource_id(resource_id) else {}
        if f"{parts.get('namespace')}/{parts.get('type')}" != kind.lower() or 'child_type_1' in parts:
            raise InvalidArgumentValueError(f'{resource_id} is not the id of a resource of type {kind}.')
        if member == 'storageAccount':
            named = {member: resource_id}
        else:
            named = {
                member: parts['name'],
                'resourceGroup': parts['resource_group'],
                'subscription': [parts['subscription']],
            }
        several.append(dict(arguments, **named))
    return several


def split(ids):
    """Ids as they come from the command line or a pipe: between white space, or a JSON list of texts or resources."""
    text = '\n'.join(ids).strip()
    try:
        items = json.loads(text)
    except ValueError:
        return text.split()
    items = items if isinstance(items, list) else [items]
    return [item.get('id', '') if isinstance(item, dict) else str(item) for item in items]
