"""Every day: find archived or unsubscribed forms in ongoing dispatches, before they hurt.

One mail for each change, naming the ongoing dispatches that it hits. What was blocked when last
looked at is no news; what could be sent meanwhile, or has been archived anew, is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import FormAccess
from utskick.domain.rules import Rules
from utskick.ports import FormService
from utskick.records import Store, Transaction
from utskick.sending.check_forms import check_forms
from utskick.sending.report_errors import report


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTemplates:
    store: Store
    forms: FormService
    rules: Rules

    async def __call__(self, *, now: datetime) -> int:
        """Return how many forms block ongoing dispatches. Raises `TemporaryFailure`."""
        ongoing = await asyncio.to_thread(self._ongoing)
        blocked = 0
        for unit_id in dict.fromkeys(dispatch.unit_id for dispatch in ongoing):
            theirs = [dispatch for dispatch in ongoing if dispatch.unit_id == unit_id]
            template_ids = dict.fromkeys(form.template_id for d in theirs for form in d.forms)
            access = await check_forms(
                unit_id, list(template_ids), store=self.store, forms=self.forms, now=now
            )
            await asyncio.to_thread(self._note, access, theirs, now)
            blocked += sum(not form.sendable for form in access)
        return blocked

    def _ongoing(self) -> list[Dispatch]:
        with self.store.transaction() as records:
            return records.dispatches.ongoing()

    def _note(
        self, access: Sequence[FormAccess], theirs: Sequence[Dispatch], now: datetime
    ) -> None:
        with self.store.transaction() as records:
            for each in access:
                hit = [d for d in theirs if any(f.template_id == each.form.id for f in d.forms)]
                if each.sendable:
                    records.watched_forms.sendable(each.form.id, [dispatch.id for dispatch in hit])
                else:
                    _report_news(each, hit, records, self.rules, now)


def _report_news(
    access: FormAccess,
    hit: Sequence[Dispatch],
    records: Transaction,
    rules: Rules,
    now: datetime,
) -> None:
    form, change = access.form, uuid4()
    news_for = records.watched_forms.blocked(
        form.id,
        [dispatch.id for dispatch in hit],
        kind="archived" if form.archived else "unsubscribed",
        # Of an archiving in the form service nobody knows the moment.
        archived_at=records.forms.get(form.id).archived_at,
        change=change,
    )
    struck = [dispatch for dispatch in hit if dispatch.id in news_for]
    if not struck:
        return
    unit = records.units.get(struck[0].unit_id)
    addresses = (rules.forms_desk, *(a for dispatch in struck for a in dispatch.error_addresses))
    report(
        records,
        subject=f"{unit.id}/{form.id}",
        cause=f"blocked-{change}",
        text="template_watch.txt",
        values={
            "unit_name": unit.name,
            "unit_id": unit.id,
            "archived": [form.name] if form.archived else [],
            "unsubscribed": [] if form.archived else [form.name],
            "hits": [dispatch.name for dispatch in hit],
        },
        addresses=tuple(dict.fromkeys(addresses)),
        now=now,
    )
