"""Skicka ett formulär med sms: a form link, or a reminder of ongoing forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from utskick.domain.errors import Problem, SpecRefused, UtskickError
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.rules import Rules
from utskick.domain.sms import SmsCount, costly, count, normalise, parse_mobile, replaced
from utskick.domain.units import Activity, Actor
from utskick.domain.writing import code_of, find_unusable
from utskick.ports import PermanentFailure, SmsGateway, TemporaryFailure, Texts
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.require_no_brake import require_no_brake_on
from utskick.use_cases.form_link import FormLink


@dataclass(frozen=True, slots=True)
class SmsText:
    """A text as it will arrive, and what it costs.

    `replaced`: characters that were typed, and what they become. `costly`: those that make it
    cost more.
    """

    text: str
    count: SmsCount
    replaced: Mapping[str, str]
    costly: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSms:
    store: Store
    texts: Texts
    rules: Rules
    sms: SmsGateway
    form_link: FormLink

    def write_form_link(
        self, form_key: str, *, sender: str, contact: str, actor: Actor
    ) -> SmsText:
        """A text with a link to one form.

        `sender` is chosen with care: a unit's name reveals care.
        """
        link = self.form_link(form_key, unit_id=actor.unit_id)
        values = {"sender": sender, "contact": contact, "link": link}
        return _measured(self.texts.render("sms/form_link.txt", values))

    def write_ongoing_forms(self, number_of_forms: int, *, sender: str, contact: str) -> SmsText:
        """A text that refers to formular.1177.se, where no inbox message is suitable."""
        values = {
            "sender": sender,
            "contact": contact,
            "count": number_of_forms,
            "link": self.rules.resident_url,
        }
        return _measured(self.texts.render("sms/ongoing_forms.txt", values))

    def __call__(
        self, mobile: str, text: str, *, sms_id: UUID, actor: Actor, now: datetime
    ) -> SmsCount:
        """Send one text to one mobile, at most once for each `sms_id`.

        Raises `InvalidMobileNumber`, `SpecRefused` for a text that may not be sent,
        `AlreadyTexted`, `Braked`, and what the gateway raises: on `UnknownOutcome` staff must be
        shown that nobody knows whether it went; after the other failures the same one may be tried
        again.
        """
        number = parse_mobile(mobile)
        sms = _measured(text)
        if problems := _problems(sms.text):
            raise SpecRefused(problems)
        with self.store.transaction() as records:
            require_no_brake_on(records, actor.unit_id, _linked(records, sms.text))
            if not records.texting.begin(sms_id, actor.unit_id, now=now):
                raise AlreadyTexted
            act = f"skickat sms, nummer {records.texting.mark_of(number)}"
            entry = LogEntry(actor=actor, activity=Activity.WRITE, act=act)
            records.access_log.write([entry], now=now)
        try:
            self.sms.send(number, sms.text)
        except (TemporaryFailure, PermanentFailure):
            with self.store.transaction() as records:
                records.texting.cancel(sms_id)
            raise
        return sms.count


def _linked(records: Transaction, text: str) -> Sequence[FormTemplateId]:
    """The forms with brakes on them that the text has links to."""
    braked = (brake.scope.template_id for brake in records.brakes.pulled())
    return [each for each in braked if each is not None and str(each) in text.lower()]


class AlreadyTexted(UtskickError):
    """This very SMS has been sent, or begun: a double click sends one."""

    def __init__(self) -> None:
        super().__init__("this SMS has been sent already")
        self.staff_message = "Det här sms:et är redan skickat. Inget skickades en gång till."


def measured_text(text: str) -> SmsText:
    """What staff have written, as it will arrive."""
    return _measured(text)


def _measured(text: str) -> SmsText:
    normalised = normalise(text.strip())
    return SmsText(
        text=normalised,
        count=count(normalised),
        replaced=replaced(text),
        costly=costly(normalised),
    )


def _problems(text: str) -> list[Problem]:
    if not text:
        return [Problem("Sms", "texten är tom.", "Skriv ett meddelande.")]
    if (place := find_unusable(text)) is not None:
        reason = f"tecknet {code_of(text[place])} går inte att använda."
        return [Problem("Sms", reason, "Ta bort det.")]
    if looks_like_personnummer(text):
        return [
            Problem(
                "Sms",
                "texten innehåller något som liknar ett personnummer.",
                "Ta bort det: sms är inte en säker kanal."
                " Är det ett telefonnummer: sätt ett bindestreck efter riktnumret.",
            )
        ]
    return []
