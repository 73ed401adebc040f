"""Every night: compare our ledger with the form service, and report what differs (I14)."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.deliveries import FormId
from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.ports import FormService, FoundForm
from utskick.records import Ledger, Store
from utskick.sending.report_errors import report
from utskick.sending.retry import each

LOOKED_BACK = timedelta(hours=48)
_MOST_NAMED = 50
"""So many are named in a mail; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`missing`: ours, but not there. `extra`: there since, but nobody's here.

    `twice`: of the extra ones, those that look as if a call of ours had been made twice.
    """

    persons: int
    missing: int
    extra: int
    twice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    """Of one person, and so of one unit. `twice`: ours, and the other that is just like it."""

    unit_id: HsaId
    missing: int
    extra: int
    twice: tuple[tuple[FormId, FormId], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareLedger:
    store: Store
    forms: FormService
    rules: Rules

    async def __call__(self, *, now: datetime) -> Compared:
        """Compare what was sent in the last 48 hours. Raises `TemporaryFailure`.

        A form opened by the resident through a form link is extra as well: the service does not
        distinguish them, so extra forms are a reason to look, not a proof. The service platform
        may repeat a call by itself, and only here is the second form found.
        """
        since = now - LOOKED_BACK
        ledger = await asyncio.to_thread(self._ledger, since)

        async def compare(theirs: Ledger) -> _Difference:
            found = await self.forms.find_forms(
                unit_id=theirs.unit_id,
                personnummer=theirs.personnummer,
                template_ids=theirs.template_ids,
            )
            there = {form.id for form in found if form.id}
            owned = await asyncio.to_thread(self._owned, there)
            extra = [f for f in found if _made_since(f, since) and f.id not in owned]
            ours = [form for form in found if form.id in owned]
            return _Difference(
                unit_id=theirs.unit_id,
                missing=len(theirs.form_ids - there),
                extra=max(0, len(extra) - theirs.unsettled),
                twice=tuple(_alike(ours, extra, within=self._repeated_within)),
            )

        compared = await each(ledger, compare, at_once=self.rules.forms_concurrency)
        await asyncio.to_thread(self._report, compared, now)
        return Compared(
            persons=len(ledger),
            missing=sum(person.missing for person in compared),
            extra=sum(person.extra for person in compared),
            twice=sum(len(person.twice) for person in compared),
        )

    @property
    def _repeated_within(self) -> timedelta:
        """No call can land later than settling takes."""
        return timedelta(seconds=self.rules.settle_s + 1)

    def _ledger(self, since: datetime) -> list[Ledger]:
        with self.store.transaction() as records:
            return records.follow_up.sent_since(since)

    def _owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        with self.store.transaction() as records:
            return records.deliveries.owned(form_ids)

    def _report(self, compared: Collection[_Difference], now: datetime) -> None:
        for unit_id in dict.fromkeys(person.unit_id for person in compared):
            theirs = [person for person in compared if person.unit_id == unit_id]
            missing = sum(person.missing for person in theirs)
            extra = sum(person.extra for person in theirs)
            twice = [pair for person in theirs for pair in person.twice]
            if not (missing or extra or twice):
                continue
            self._report_unit(unit_id, missing=missing, extra=extra, twice=twice, now=now)

    def _report_unit(
        self,
        unit_id: HsaId,
        *,
        missing: int,
        extra: int,
        twice: Collection[tuple[FormId, FormId]],
        now: datetime,
    ) -> None:
        day = self.rules.today(now)
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
                    "twice": len(twice),
                    "pairs": [list(pair) for pair in twice][:_MOST_NAMED],
                    "day": f"{day}",
                },
                addresses=(self.rules.forms_desk,),
                now=now,
            )


def _made_since(form: FoundForm, moment: datetime) -> bool:
    return form.created_at is not None and form.created_at >= moment


def _alike(
    ours: Collection[FoundForm], extra: Collection[FoundForm], *, within: timedelta
) -> Iterator[tuple[FormId, FormId]]:
    """Each extra form that one call may have made together with one of ours."""
    for form in extra:
        for known in ours:
            if known.id and form.id and _is_alike(known, form, within=within):
                yield known.id, form.id
                break


def _is_alike(one: FoundForm, other: FoundForm, *, within: timedelta) -> bool:
    if one.created_at is None or other.created_at is None:
        return False
    same = (one.template_id, one.answer_by, one.purge_after) == (
        other.template_id,
        other.answer_by,
        other.purge_after,
    )
    return same and abs(one.created_at - other.created_at) <= within
