"""Uppföljning: what was sent, and how far the residents have come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from utskick.domain.answers import AnswerKnown
from utskick.domain.deliveries import FormId, FormStatus
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import FormService, TemporaryFailure
from utskick.records import FollowedUp, FollowUpQuery, LogEntry, Store, Transaction
from utskick.sending.retry import each


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    store: Store
    forms: FormService
    rules: Rules

    async def __call__(
        self, query: FollowUpQuery, *, actor: Actor, now: datetime
    ) -> list[FollowedUp]:
        """Find single forms by what staff remember; every person shown is logged as read.

        The form service is asked how far unanswered ones have come, whatever answers are sought;
        if it does not answer, the last known status is shown. Gallras efter is only a filter:
        nothing is deleted by it.
        """
        asked = await asyncio.to_thread(self._search, query.whatever_the_answer, actor)
        statuses = await ask_statuses(asked, actor=actor, forms=self.forms, rules=self.rules)
        await asyncio.to_thread(keep_statuses, statuses, self.store, now)
        found = await asyncio.to_thread(self._search, query, actor)
        await asyncio.to_thread(self._log, found, actor, now)
        return found

    def passed_over(self, query: FollowUpQuery, *, actor: Actor) -> int:
        """As `count_not_checked`, in a transaction of its own."""
        with self.store.transaction() as records:
            return count_not_checked(query, actor=actor, records=records)

    def _search(self, query: FollowUpQuery, actor: Actor) -> list[FollowedUp]:
        with self.store.transaction() as records:
            return records.follow_up.search(actor.unit_id, query)

    def _log(self, found: Sequence[FollowedUp], actor: Actor, now: datetime) -> None:
        with self.store.transaction() as records:
            log_seen(found, "visat i Uppföljning", actor, records, now)


def count_not_checked(query: FollowUpQuery, *, actor: Actor, records: Transaction) -> int:
    """How many forms a search by answer leaves out because nobody has asked about their answers.

    0 for a search that does not go by answers, or that looks for just these. Counted no further
    than `COUNTED + 1`.
    """
    if query.answer is AnswerKnown.NOT_CHECKED or query == query.whatever_the_answer:
        return 0
    unknown = replace(query.whatever_the_answer, answer=AnswerKnown.NOT_CHECKED)
    return records.follow_up.count(actor.unit_id, unknown)


async def ask_statuses(
    found: Sequence[FollowedUp], *, actor: Actor, forms: FormService, rules: Rules
) -> dict[FormId, FormStatus]:
    """How far the unanswered ones have come, where the form service answers."""
    unanswered = [f for f in found if f.form_id and f.form_status is not FormStatus.COMPLETED]
    templates = {
        number: {f.template_id for f in unanswered if f.personnummer == number}
        for number in dict.fromkeys(f.personnummer for f in unanswered)
    }
    ours = {f.form_id for f in unanswered}

    async def ask(number: Personnummer) -> dict[FormId, FormStatus]:
        try:
            theirs = await forms.find_forms(
                unit_id=actor.unit_id, personnummer=number, template_ids=templates[number]
            )
        except TemporaryFailure:
            return {}
        return {f.id: f.status for f in theirs if f.id and f.status and f.id in ours}

    answers = await each(templates, ask, at_once=rules.forms_concurrency)
    return {form_id: status for answer in answers for form_id, status in answer.items()}


def keep_statuses(statuses: dict[FormId, FormStatus], store: Store, asked_at: datetime) -> None:
    """Remember what the form service has said, where nothing newer is known."""
    with store.transaction() as records:
        records.follow_up.set_form_status(statuses, asked_at=asked_at)


def log_seen(
    found: Sequence[FollowedUp], act: str, actor: Actor, records: Transaction, now: datetime
) -> None:
    """One entry for each person, however many forms they have."""
    records.access_log.write(
        [
            LogEntry(actor=actor, activity=Activity.READ, act=act, personnummer=number)
            for number in dict.fromkeys(each.personnummer for each in found)
        ],
        now=now,
    )
