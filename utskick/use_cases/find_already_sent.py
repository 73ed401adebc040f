"""Who of a list has one of the forms already, or got something of the unit lately."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from utskick.domain.already_sent import AlreadyKind, AlreadySent, EarlierForm
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Actor, HsaId
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAlreadySent:
    store: Store
    rules: Rules

    def __call__(
        self,
        numbers: Sequence[Personnummer],
        template_ids: Sequence[FormTemplateId],
        *,
        names: Mapping[Personnummer, str],
        actor: Actor,
        now: datetime,
    ) -> Sequence[AlreadySent]:
        """For a page that shows it again; who is on it has been looked up, and logged."""
        return find_already_sent(
            numbers,
            unit_id=actor.unit_id,
            template_ids=template_ids,
            names=names,
            store=self.store,
            rules=self.rules,
            now=now,
        )


def find_already_sent(
    numbers: Sequence[Personnummer],
    *,
    unit_id: HsaId,
    template_ids: Sequence[FormTemplateId],
    names: Mapping[Personnummer, str],
    skipped: Collection[AlreadyKind] = (),
    store: Store,
    rules: Rules,
    now: datetime,
) -> list[AlreadySent]:
    """Of the unit's own sendings alone. Whoever has the form is not named a second time."""
    today = rules.today(now)
    first_day = today - timedelta(days=rules.recently_sent_days)
    with store.transaction() as records:
        has = records.sent_before.unanswered(unit_id, numbers, template_ids, today=today)
        lately: Sequence[EarlierForm] = ()
        if rules.recently_sent_days:
            moment = datetime.combine(first_day, time.min, rules.zone)
            others = [n for n in numbers if n not in {form.personnummer for form in has}]
            lately = records.sent_before.since(unit_id, others, moment=moment)
    return [
        AlreadySent(
            kind=kind,
            forms=forms,
            of=len(numbers),
            days=rules.recently_sent_days,
            today=today,
            zone=rules.zone,
            skipped=kind in skipped,
            names=names,
        )
        for kind, forms in ((AlreadyKind.HAS, has), (AlreadyKind.LATELY, lately))
        if forms
    ]
