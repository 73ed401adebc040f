"""Uppföljning, page by page: with the statuses that are known, or asked for anew."""

import asyncio
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce

from utskick.domain.answers import AnswerCount
from utskick.domain.deliveries import DELIVERY_LABELS, DeliveryId
from utskick.domain.names import age_on
from utskick.domain.rules import Rules
from utskick.domain.tables import Cell
from utskick.domain.units import Actor
from utskick.ports import FormService
from utskick.records import FollowedUp, FollowUpQuery, Reminder, ResponseRate, Store
from utskick.records.follow_up import COUNTED, MOST_RATES
from utskick.use_cases.follow_up import ask_statuses, count_not_checked, keep_statuses, log_seen

PER_PAGE = 50
MOST_EXPORTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPage:
    """`total` counts no further than `COUNTED`: then there are `more`.

    `rates` are there only if asked for, as counting all that was sent takes longest. `not_checked`
    counts the forms that a search by answer leaves out because their answers are not known.
    """

    found: Sequence[FollowedUp]
    reminders: Mapping[DeliveryId, Reminder]
    rates: Sequence[ResponseRate] | None
    total: int
    number: int
    not_checked: int = 0

    @property
    def rates_by_form(self) -> Mapping[str, AnswerCount]:
        """In all, of each form that has several rates.

        Empty if there may be more rates than could be shown.
        """
        if self.rates is None or len(self.rates) == MOST_RATES:
            return {}
        by_form: dict[str, list[AnswerCount]] = {}
        for rate in self.rates:
            by_form.setdefault(rate.form_name, []).append(rate.answers)
        return {
            name: reduce(operator.add, counts)
            for name, counts in by_form.items()
            if len(counts) > 1
        }

    @property
    def more(self) -> bool:
        return self.total > COUNTED

    @property
    def pages(self) -> int:
        return max(1, -(-min(self.total, COUNTED) // PER_PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowseFollowUp:
    store: Store
    forms: FormService
    rules: Rules

    async def __call__(
        self,
        query: FollowUpQuery,
        *,
        page: int,
        ask: bool,
        rate: bool,
        actor: Actor,
        now: datetime,
    ) -> FollowUpPage:
        """One page; every person on it is logged as read.

        With `ask` the form service is first asked how far those on it have come; with `rate` the
        answers are counted.
        """
        limited = replace(query, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        if ask:
            shown = await asyncio.to_thread(self._search, limited, actor)
            statuses = await ask_statuses(shown, actor=actor, forms=self.forms, rules=self.rules)
            await asyncio.to_thread(keep_statuses, statuses, self.store, now)
        return await asyncio.to_thread(self._show, limited, page, actor, now, rate=rate)

    def export_follow_up(
        self, query: FollowUpQuery, *, most: int = MOST_EXPORTED, actor: Actor, now: datetime
    ) -> list[list[Cell]]:
        """What the query finds, as a table with a heading; logged for each person in it.

        If there are more than `most`, the last row says so.
        """
        with self.store.transaction() as records:
            found = records.follow_up.search(
                actor.unit_id, replace(query, limit=most + 1, offset=0)
            )
            exported = found[:most]
            log_seen(exported, "exporterat från Uppföljning", actor, records, now)
        today = self.rules.today(now)
        rows: list[list[Cell]] = [
            list(_HEADINGS),
            *(_row(each, self.rules, today) for each in exported),
        ]
        if len(found) > most:
            rows.append([f"Bara de första {most} är med. Begränsa sökningen."])
        return rows

    def _search(self, query: FollowUpQuery, actor: Actor) -> list[FollowedUp]:
        with self.store.transaction() as records:
            return records.follow_up.search(actor.unit_id, query)

    def _show(
        self, query: FollowUpQuery, page: int, actor: Actor, now: datetime, *, rate: bool
    ) -> FollowUpPage:
        with self.store.transaction() as records:
            found = records.follow_up.search(actor.unit_id, query)
            few = page == 1 and len(found) < PER_PAGE
            shown = FollowUpPage(
                found=found,
                reminders=records.follow_up.reminders([each.delivery_id for each in found]),
                rates=records.follow_up.response_rates(actor.unit_id, query) if rate else None,
                total=len(found) if few else records.follow_up.count(actor.unit_id, query),
                number=page,
                not_checked=count_not_checked(query, actor=actor, records=records),
            )
            log_seen(found, "visat i Uppföljning", actor, records, now)
        return shown


_HEADINGS = (
    "Formulär",
    "Paketutskick",
    "Tillfälle",
    "Namn",
    "Personnummer",
    "Ålder",
    "Utskick",
    "Skickat",
    "Svar",
    "Svar kontrollerat",
    "Besvaras senast",
    "Gallras efter",
    "Gallrat",
)


def _row(found: FollowedUp, rules: Rules, today: date) -> list[Cell]:
    return [
        found.form_name,
        found.package_name,
        found.occasion_number,
        found.name,
        found.personnummer.formatted,
        age_on(born, today) if (born := found.personnummer.born) else "",
        DELIVERY_LABELS[found.state],
        _moment(found.sent_at, rules),
        found.status_in_words,
        _moment(found.form_status_at, rules),
        f"{found.answer_by:%Y-%m-%d}",
        f"{found.purge_after:%Y-%m-%d}",
        _moment(found.purged_at, rules),
    ]


def _moment(at: datetime | None, rules: Rules) -> str:
    return f"{at.astimezone(rules.zone):%Y-%m-%d %H:%M}" if at else ""
