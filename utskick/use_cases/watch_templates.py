"""Every day: find archived or unsubscribed forms in ongoing dispatches, before they hurt.

One mail for each change, naming the ongoing dispatches that it hits.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import FormAccess
from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.ports import FormService
from utskick.records import Store
from utskick.use_cases.check_forms import check_forms
from utskick.use_cases.report_errors import report


async def watch_templates(*, store: Store, forms: FormService, rules: Rules, now: datetime) -> int:
    """Tell how many forms block ongoing dispatches. Raises `TemporaryFailure`."""
    ongoing = await asyncio.to_thread(_ongoing, store)
    blocked = 0
    for unit_id in dict.fromkeys(dispatch.unit_id for dispatch in ongoing):
        theirs = [dispatch for dispatch in ongoing if dispatch.unit_id == unit_id]
        form_ids = dict.fromkeys(form.form_id for d in theirs for form in d.forms)
        access = await check_forms(unit_id, list(form_ids), store=store, forms=forms, now=now)
        unsendable = [a for a in access if not a.sendable]
        for form in unsendable:
            await asyncio.to_thread(_tell, unit_id, form, theirs, store, rules, now)
        blocked += len(unsendable)
    return blocked


def _ongoing(store: Store) -> list[Dispatch]:
    with store.transaction() as records:
        return records.dispatches.ongoing()


def _tell(
    unit_id: HsaId,
    access: FormAccess,
    theirs: Sequence[Dispatch],
    store: Store,
    rules: Rules,
    now: datetime,
) -> None:
    form = access.form
    hit = [d for d in theirs if any(f.form_id == form.id for f in d.forms)]
    addresses = dict.fromkeys((rules.forms_desk, *(a for d in hit for a in d.error_addresses)))
    kind = "archived" if form.archived else "unsubscribed"
    with store.transaction() as records:
        unit = records.units.get(unit_id)
        report(
            records,
            subject=f"{unit_id}/{form.id}",
            cause=f"{kind}-version-{form.version}",
            text="template_watch.txt",
            values={
                "unit_name": unit.name,
                "unit_id": unit.id,
                "archived": [form.name] if form.archived else [],
                "unsubscribed": [] if form.archived else [form.name],
                "hits": [dispatch.name for dispatch in hit],
            },
            addresses=tuple(addresses),
            now=now,
        )
