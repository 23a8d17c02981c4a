"""Documents of the program as rows for `-o table`: the list in a document; several results become one table."""

from collections import OrderedDict


def table(result):
    """Rows for a result, or for the results of several resources."""
    results = result if isinstance(result, list) else [result]
    rows = [row for one in results for row in _rows(one)]
    if len(results) > 1:
        return rows
    return rows or result


def _rows(document):
    if not isinstance(document, dict):
        return [document] if document else []
    shape = _SHAPES.get((document.get('schema') or '').partition('/')[0])
    return shape(document) if shape else [_flat(document)]


def _row(**columns):
    return OrderedDict((name, _cell(value)) for name, value in columns.items())


def _cell(value):
    if value is None or value == []:
        return '-'
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, list):
        return ', '.join(str(item) for item in value)
    return value


def _flat(document):
    """A document that nobody here knows: what is neither a list nor an object."""
    return OrderedDict(
        (name, value) for name, value in document.items() if name != 'schema' and not isinstance(value, (dict, list))
    )


def _name(resource_id):
    return (resource_id or '').rstrip('/').rpartition('/')[2]


def _keys(document):
    days = document.get('keyExpirationDays')
    kept = {True: 'overdue', False: 'kept', None: 'unknown'}
    return [
        _row(
            account=_name(document.get('account')),
            slot=key.get('slot'),
            created=key.get('created'),
            ageDays=key.get('ageDays'),
            policy=f"{days}d: {kept[key.get('overdue')]}" if days else None,
            fingerprint=key.get('fingerprint'),
        )
        for key in document.get('keys', [])
    ]


def _dependents(document):
    def row(dependent):
        binding = dependent.get('binding') or {}
        return _row(
            name=dependent.get('name'),
            kind=dependent.get('kind'),
            movement=dependent.get('movement'),
            holds=binding.get('held'),
            known=binding.get('knowledge'),
            foundBy=dependent.get('foundBy'),
        )

    return [row(dependent) for dependent in document.get('dependents', [])]


def _plan(document):
    account = _name((document.get('account') or {}).get('id'))
    return [
        _row(
            account=account,
            step=step.get('number'),
            act=step.get('act') + (' !' if step.get('irreversible') else ''),
            key=step.get('slot'),
            touches=len(step.get('dependents', [])) or None,
            wait=None if step.get('floor') == '0s' else step.get('floor'),
            mayFail=step.get('mayFail'),
            why=step.get('why'),
        )
        for step in document.get('steps', [])
    ]


def _report(document):
    account = _name(document.get('account'))
    return [
        _row(
            account=account,
            state=document.get('state'),
            step=step.get('number'),
            act=step.get('act'),
            key=step.get('slot'),
            done=f"{step.get('targetsDone')}/{step.get('targets')}" if step.get('targets') else None,
            finished=step.get('finished'),
            how=step.get('how'),
        )
        for step in document.get('steps', [])
    ]


def _runs(document):
    def row(run):
        steps = run.get('steps', [])
        done = sum(1 for step in steps if step.get('finished'))
        return _row(
            run=run.get('runId'),
            account=_name(run.get('account')),
            state=run.get('state'),
            since=run.get('started'),
            step=f'{done}/{len(steps)}',
            nextDue=run.get('nextDue'),
            next=run.get('next') or None,
        )

    return [row(run) for run in document.get('runs', [])]


def _plans(document):
    return [row for plan in document.get('plans', []) for row in _plan(plan)]


def _checkup(document):
    def row(check):
        problem = check.get('problem') or {}
        return _row(
            check=check.get('name'),
            ok=check.get('ok'),
            found=check.get('found') or problem.get('message'),
            hint='; '.join(problem.get('hints', [])) or None,
        )

    return [row(check) for check in document.get('checks', [])]


def _manual(document):
    return [
        _row(step=step.get('step'), command=command)
        for step in document.get('steps', [])
        for command in step.get('commands', [])
    ]


def _sync(document):
    return [
        _row(
            name=row.get('name'),
            kind=row.get('kind'),
            account=_name(row.get('storageAccount')),
            outcome=row.get('outcome'),
            holds=row.get('holds'),
            certainty=row.get('certainty'),
            why=row.get('why'),
            seconds=row.get('seconds'),
            run=row.get('runId'),
        )
        for row in document.get('rows', [])
    ]


def _customer_key_steps(document):
    account = _name(document.get('account'))
    return [
        _row(
            account=account,
            state=document.get('state'),
            step=step.get('step'),
            touches=step.get('touches'),
            finished=step.get('finished'),
            how=step.get('how'),
        )
        for step in document.get('steps', [])
    ]


_SHAPES = {
    'keyroll.keys': _keys,
    'keyroll.dependents': _dependents,
    'keyroll.plan': _plan,
    'keyroll.plans': _plans,
    'keyroll.report': _report,
    'keyroll.runs': _runs,
    'keyroll.checkup': _checkup,
    'keyroll.manual': _manual,
    'keyroll.sync': _sync,
    'keyroll.customerKeyPlan': _customer_key_steps,
    'keyroll.customerKeyReport': _customer_key_steps,
}
