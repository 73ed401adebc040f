"""Reading a spec: everything that is wrong with it, at once, each with its place and remedy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from utskick.domain.advice import of_children, of_the_unchecked, of_the_unnotified
from utskick.domain.deliveries import (
    LABELS_FOR_SYSTEMS,
    REFUSAL_LABELS,
    REFUSAL_REMEDIES,
    REMEDIES_FOR_SYSTEMS,
)
from utskick.domain.errors import NotFound, Problem, UtskickError
from utskick.domain.forms import FormTemplate
from utskick.domain.languages import Translations, written
from utskick.domain.message_problems import by_place, message_problems
from utskick.domain.personnummer import Personnummer, tidied
from utskick.domain.recipients import (
    NoRecipients,
    NumberCell,
    TooManyRecipients,
    judge,
    place_of_row,
)
from utskick.domain.rules import Rules
from utskick.domain.specs import Sending, texts_with_personnummer
from utskick.domain.units import HsaId, Unit, parse_hsa_id
from utskick.ports import Texts
from utskick.records import Transaction
from utskick.sending.check_recipients import Checked


@dataclass(slots=True)
class SpecReading:
    """What has been understood of a spec so far, and what is wrong with it.

    `notifies`: whether an inbox message notifies recipients of it at its moment. `for_system`:
    whether it is a system that learns what is wrong. `by_name`: whether warnings may name
    recipients. `places` says where on its list each recipient stands. `date_warnings` are about
    moments alone, so that anybody may read them.
    """

    notifies: bool = True
    for_system: bool = False
    by_name: bool = False
    places: dict[Personnummer, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    date_warnings: list[str] = field(default_factory=list)

    def wrong(self, place: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(place, reason, remedy))

    def unit(self, spec: Sending, acting_unit: HsaId, records: Transaction) -> Unit | None:
        """The spec's unit must be the one that whoever hands it in acts for, and not withdrawn."""
        try:
            unit_id = parse_hsa_id(spec.unit)
            if unit_id != acting_unit:
                raise NotFound("unit")
            unit = records.units.get(unit_id)
            if unit.withdrawn_at is not None:
                raise NotFound("unit")
        except UtskickError:
            self.wrong(
                "unit",
                "enheten finns inte, eller så får du inte skicka för den.",
                "Kontrollera HSA-id och att rätt enhet är vald.",
            )
            return None
        return unit

    def recipients(self, spec: Sending, *, rules: Rules, today: date) -> list[Personnummer]:
        """The list as staff wrote it; every bad row is a problem of its own."""
        count = sum(bool(tidied(text)) for text in spec.recipients) + len(spec.listed_recipients)
        if not count or count > rules.max_recipients:
            too_many = TooManyRecipients(count=count, allowed=rules.max_recipients)
            self.wrong("recipients", (too_many if count else NoRecipients()).staff_message, "")
            return []
        for sheet, cells in _by_sheet(spec):
            read = judge(
                cells,
                already=self.places,
                accept_coordination_numbers=rules.accept_coordination_numbers,
                today=today,
            )
            for bad in read.refused:
                place = f"recipients, {place_of_row(bad.row, sheet)} ({bad.masked})"
                self.wrong(place, bad.reason, bad.remedy)
            self.places |= {
                row.personnummer: f"recipients, {place_of_row(row.row, sheet)}"
                for row in read.accepted
            }
        return list(self.places)

    def forms(self, wanted: Sequence[str], records: Transaction) -> list[FormTemplate]:
        """Forms by key or name, each once."""
        found: dict[str, FormTemplate] = {}
        for position, name in enumerate(wanted, start=1):
            form = records.forms.find(name.strip())
            if form is None:
                self.wrong(
                    f"forms, rad {position}",
                    "formuläret finns inte.",
                    "Kontrollera namnet mot listan över formulär.",
                )
            else:
                found[form.key] = form
        return list(found.values())

    def message(
        self,
        spec: Sending,
        *,
        default: str | None,
        translations: Translations | None = None,
        texts: Texts,
    ) -> tuple[str, Translations]:
        """An inbox message, and its other languages, with nothing but what it may refer to.

        What is left out is the default, if it is known; what has been emptied is no message, or
        a language less.
        """
        text = default if spec.inbox_message is None else spec.inbox_message
        others = {**(translations or {}), **(spec.inbox_messages or {})}
        if text is None:
            return "", {}
        if spec.creates_inbox_message and not text.strip():
            self.wrong(
                "inbox_message",
                "meddelandet är tomt.",
                "Skriv ett meddelande, eller låt bli att skapa ett inkorgsmeddelande.",
            )
        self.problems += message_problems(text, others, texts)
        return text, written(others)

    def free_texts(self, spec: Sending, title: str | None = None) -> None:
        self.problems += texts_with_personnummer(
            {
                "title": title,
                "inbox_message": spec.inbox_message,
                "form_banner": spec.form_banner,
                **by_place(spec.inbox_messages or {}),
            }
        )

    def dates(
        self,
        spec: Sending,
        *,
        first_sent_on: date | None,
        last_sent_on: date | None,
        answer_by: date | None = None,
    ) -> None:
        """Answer-by must leave time to answer, purge-after must not come before it.

        `answer_by` is the last of all the occasions' own.
        """
        if spec.answer_by and last_sent_on and spec.answer_by < last_sent_on:
            self.wrong(
                "answer_by",
                "besvaras senast ligger före det sista utskickstillfället.",
                "Välj ett senare datum.",
            )
        last = max(filter(None, (spec.answer_by, answer_by)), default=None)
        if last and spec.purge_after and spec.purge_after < last:
            self.wrong(
                "purge_after",
                "gallras efter ligger före besvaras senast.",
                "Välj ett senare datum.",
            )
        elif spec.purge_after and first_sent_on and spec.purge_after < first_sent_on:
            self.wrong("purge_after", "gallras efter har passerat.", "Välj ett senare datum.")

    def unreachable(
        self, numbers: Sequence[Personnummer], checked: Checked, *, leave_out: bool
    ) -> None:
        """Whoever cannot be reached is a problem, unless staff chose to go on without them."""
        labels = LABELS_FOR_SYSTEMS if self.for_system else REFUSAL_LABELS
        remedies = REMEDIES_FOR_SYSTEMS if self.for_system else REFUSAL_REMEDIES
        for number in numbers:
            refusal = checked.refused.get(number)
            if refusal is None:
                continue
            place = f"{self.places[number]} ({number})"
            if leave_out:
                self.warnings.append(f"{place}: {labels[refusal]}. Får inget formulär.")
            else:
                self.wrong(place, f"{labels[refusal]}.", remedies[refusal])
        if self.notifies:
            self.warnings += of_the_unnotified(checked.unnotified)
            self.warnings += of_the_unchecked(len(checked.unknown), of=len(numbers))

    def children(
        self, numbers: Sequence[Personnummer], checked: Checked, *, today: date, answer_by: date
    ) -> None:
        """Warn of children for whom no guardian can answer, or not until the last day."""
        reached = [
            (place, number)
            for place, number in enumerate(numbers, start=1)
            if number not in checked.refused
        ]
        names = checked.names if self.by_name else {}
        self.warnings += of_children(reached, today=today, answer_by=answer_by, names=names)


def _by_sheet(spec: Sending) -> Iterator[tuple[str, list[NumberCell]]]:
    """Those that were typed, then those of each sheet. An element is one number, or nothing."""
    typed = enumerate(spec.recipients, start=1)
    yield "", [NumberCell(row, text) for row, text in typed if tidied(text)]
    for sheet in dict.fromkeys(each.sheet for each in spec.listed_recipients):
        listed = (each for each in spec.listed_recipients if each.sheet == sheet)
        yield sheet, [NumberCell(each.row, each.personnummer) for each in listed]
