"""Every night: compare our ledger with the form service, and report what differs (I14)."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.deliveries import FormId
from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.ports import FormService
from utskick.records import Ledger, Store
from utskick.sending.report_errors import report
from utskick.sending.retry import each

LOOKED_BACK = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`missing`: ours, but not there. `extra`: there since, but nobody's here."""

    persons: int
    missing: int
    extra: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareLedger:
    store: Store
    forms: FormService
    rules: Rules

    async def __call__(self, *, now: datetime) -> Compared:
        """Compare what was sent in the last 48 hours. Raises `TemporaryFailure`.

        A form opened by the resident through a form link is extra as well: the service does not
        distinguish them, so extra forms are a reason to look, not a proof.
        """
        since = now - LOOKED_BACK
        ledger = await asyncio.to_thread(self._ledger, since)

        async def compare(theirs: Ledger) -> tuple[HsaId, int, int]:
            found = await self.forms.find_forms(
                unit_id=theirs.unit_id,
                personnummer=theirs.personnummer,
                template_ids=theirs.template_ids,
            )
            there = {form.id for form in found if form.id}
            known = await asyncio.to_thread(self._owned, there)
            missing = theirs.form_ids - there
            recent = [f for f in found if f.created_at and f.created_at >= since]
            extra = [f for f in recent if f.id not in known]
            return theirs.unit_id, len(missing), max(0, len(extra) - theirs.unsettled)

        compared = await each(ledger, compare, at_once=self.rules.forms_concurrency)
        await asyncio.to_thread(self._report, compared, now)
        return Compared(
            persons=len(ledger),
            missing=sum(missing for _, missing, _ in compared),
            extra=sum(extra for _, _, extra in compared),
        )

    def _ledger(self, since: datetime) -> list[Ledger]:
        with self.store.transaction() as records:
            return records.follow_up.sent_since(since)

    def _owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        with self.store.transaction() as records:
            return records.deliveries.owned(form_ids)

    def _report(self, compared: Collection[tuple[HsaId, int, int]], now: datetime) -> None:
        day = self.rules.today(now)
        for unit_id in dict.fromkeys(unit_id for unit_id, _, _ in compared):
            missing = sum(m for u, m, _ in compared if u == unit_id)
            extra = sum(e for u, _, e in compared if u == unit_id)
            if not (missing or extra):
                continue
            with self.store.transaction() as records:
                unit = records.units.get(unit_id)
                report(
                    records,
                    subject=unit_id,
                    cause=f"ledger-{day}",
                    text="ledger.txt",
                    values={
                        "unit_name": unit.name,
                        "unit_id": unit.id,
                        "missing": missing,
                        "extra": extra,
                        "day": f"{day}",
                    },
                    addresses=(self.rules.forms_desk,),
                    now=now,
                )
