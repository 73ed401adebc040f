"""Deliveries: one form, to one recipient, at one occasion. And the inbox message beside them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid5

from utskick.domain.dispatches import DispatchId, PersonId, RecipientId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId

DeliveryId = NewType("DeliveryId", UUID)
InboxMessageId = NewType("InboxMessageId", UUID)
FormId = NewType("FormId", str)
"""The form service's id of a form that exists for a resident."""

_NAMESPACE = UUID("5a0a2a5e-6c0f-4f7e-9d2b-3a8a6a1f0b11")


def delivery_id(
    dispatch_id: DispatchId, occasion_id: OccasionId, recipient_id: RecipientId, template_id: UUID
) -> DeliveryId:
    """The id that follows from these four, so that planning twice makes one delivery (I1)."""
    return DeliveryId(
        uuid5(_NAMESPACE, f"{dispatch_id}/{occasion_id}/{recipient_id}/{template_id}")
    )


def link_text(forms: int) -> str:
    """What an inbox message calls its link, by how many forms it leads to."""
    return "Till formuläret" if forms == 1 else "Till formulären"


def inbox_message_id(occasion_id: OccasionId, recipient_id: RecipientId) -> InboxMessageId:
    """The id that follows from these two, so that planning twice makes one message."""
    return InboxMessageId(uuid5(_NAMESPACE, f"{occasion_id}/{recipient_id}"))


class DeliveryState(StrEnum):
    """`planned → sending → sent | refused | unknown`, and from unknown on after read-back.

    `MANUAL`: nobody can know whether it arrived ("Osäkert, kontrollera i Uppföljning").
    `CANCELLED`: the recipient was removed before it was sent, or has nothing to be notified of; or
    staff have ended the occasion.
    """

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    MANUAL = "manual"
    CANCELLED = "cancelled"


OPEN_STATES = (DeliveryState.SENDING, DeliveryState.UNKNOWN)
"""A call may be under way or may have landed: a second one for the same key must wait (I6)."""

MAY_HAVE_GONE = (*OPEN_STATES, DeliveryState.SENT, DeliveryState.MANUAL)
"""Whoever has one in these may have the form: it is never sent to them in another way."""

DELIVERY_LABELS = {
    DeliveryState.PLANNED: "Planerat",
    DeliveryState.SENDING: "Skickas",
    DeliveryState.SENT: "Skickat",
    DeliveryState.REFUSED: "Ej skickat",
    DeliveryState.UNKNOWN: "Kontrolleras",
    DeliveryState.MANUAL: "Osäkert, kontrollera i Uppföljning",
    DeliveryState.CANCELLED: "Skickas inte",
}


class Refusal(StrEnum):
    """Why a recipient or a form could not be sent.

    `ALREADY_HAS`: as the package says, at the occasion. `ALREADY_HAD` and `RECENTLY_SENT`: as
    staff said at the start.
    """

    PROTECTED = "protected"
    DECEASED = "deceased"
    EMIGRATED = "emigrated"
    CHANGED_NUMBER = "changed_number"
    DEREGISTERED = "deregistered"
    UNREADABLE_RECORD = "unreadable_record"
    UNKNOWN_PERSON = "unknown_person"
    NO_ACCOUNT = "no_account"
    FORM_ARCHIVED = "form_archived"
    FORM_UNAVAILABLE = "form_unavailable"
    REFUSED_BY_1177 = "refused_by_1177"
    ALREADY_HAS = "already_has"
    ALREADY_HAD = "already_had"
    RECENTLY_SENT = "recently_sent"


REFUSAL_LABELS = {
    Refusal.PROTECTED: "Skyddad identitet",
    Refusal.DECEASED: "Avliden",
    Refusal.EMIGRATED: "Utvandrad",
    Refusal.CHANGED_NUMBER: "Har fått ett nytt personnummer",
    Refusal.DEREGISTERED: "Avregistrerad ur folkbokföringen",
    Refusal.UNREADABLE_RECORD: "Befolkningsregistret gav inget svar som går att läsa",
    Refusal.UNKNOWN_PERSON: "Finns inte i befolkningsregistret",
    Refusal.NO_ACCOUNT: "Har inget konto på 1177",
    Refusal.FORM_ARCHIVED: "Formuläret är arkiverat",
    Refusal.FORM_UNAVAILABLE: "Enheten får inte skicka formuläret",
    Refusal.REFUSED_BY_1177: "1177 tog inte emot formuläret",
    Refusal.ALREADY_HAS: "Har redan formuläret obesvarat",
    Refusal.ALREADY_HAD: "Hade redan formuläret obesvarat vid starten",
    Refusal.RECENTLY_SENT: "Fick nyligen ett utskick från enheten",
}

REFUSAL_REMEDIES = {
    Refusal.PROTECTED: "Ta bort personen och använd en formulärlänk i stället.",
    Refusal.DECEASED: "Ta bort personen ur mottagarlistan.",
    Refusal.EMIGRATED: "Ta bort personen ur mottagarlistan.",
    Refusal.CHANGED_NUMBER: (
        "Ta bort personen, och lägg till det nya numret när det står i journalsystemet."
    ),
    Refusal.DEREGISTERED: (
        "Ta bort personen ur mottagarlistan, och kontrollera uppgifterna i journalsystemet."
    ),
    Refusal.UNREADABLE_RECORD: (
        "Försök igen senare. Hjälper det inte: kontakta formularhantering@vgregion.se."
    ),
    Refusal.UNKNOWN_PERSON: "Kontrollera personnumret.",
    Refusal.NO_ACCOUNT: (
        "Be personen logga in på 1177.se och skapa ett konto, eller skicka utan inkorgsmeddelande."
    ),
    Refusal.FORM_ARCHIVED: "Kontakta formularhantering@vgregion.se.",
    Refusal.FORM_UNAVAILABLE: "Kontakta formularhantering@vgregion.se.",
    Refusal.REFUSED_BY_1177: "Kontakta formularhantering@vgregion.se.",
    Refusal.ALREADY_HAS: "Påminn om det som redan är skickat, från Uppföljning.",
    Refusal.ALREADY_HAD: "Påminn om det som redan är skickat, från Uppföljning.",
    Refusal.RECENTLY_SENT: "Skicka till personen för sig om det ändå behövs.",
}

_UNREACHABLE = (
    Refusal.PROTECTED,
    Refusal.DECEASED,
    Refusal.EMIGRATED,
    Refusal.CHANGED_NUMBER,
    Refusal.DEREGISTERED,
    Refusal.UNREADABLE_RECORD,
)
LABELS_FOR_SYSTEMS = REFUSAL_LABELS | dict.fromkeys(_UNREACHABLE, "Kan inte nås")
REMEDIES_FOR_SYSTEMS = REFUSAL_REMEDIES | dict.fromkeys(
    _UNREACHABLE, "Ta bort personen ur listan. Personal ser varför i Utskick."
)
"""Why somebody is protected from being found, who has died, and who has got a new identity, is no
system's to ask for."""


class FormStatus(StrEnum):
    """How far the resident has come, in the national contract's words."""

    ONGOING = "ONGOING"
    PENDING_COMPLETION = "PENDING_COMPLETION"
    COMPLETED = "COMPLETED"


FORM_STATUS_LABELS = {
    FormStatus.ONGOING: "Ej påbörjat eller pågående",
    FormStatus.PENDING_COMPLETION: "Pausat",
    FormStatus.COMPLETED: "Besvarat",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery whose intent to send is committed: attempt `attempt` may go out, once."""

    id: DeliveryId
    occasion_id: OccasionId
    attempt: int
    unit_id: HsaId
    person_id: PersonId
    personnummer: Personnummer
    template_id: FormTemplateId
    banner: str
    answer_by: date
    purge_after: date
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDelivery:
    """A delivery whose outcome is unknown, with what distinguishes its form from others (I7).

    `unclear_calls` counts those that the form service, or what is between us and it, did not
    answer clearly; not those whose caller died.
    """

    id: DeliveryId
    attempt: int
    unit_id: HsaId
    personnummer: Personnummer
    template_id: FormTemplateId
    first_intent_at: datetime
    unknown_for_s: float
    answer_by: date
    purge_after: date
    unclear_calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How attempt `attempt` of a delivery, or of an inbox message, ended."""

    id: UUID
    attempt: int
    state: DeliveryState
    form_id: FormId | None = None
    refusal: Refusal | None = None
    retry_after_s: float | None = None
    found_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedInboxMessage:
    """An inbox message whose intent to send is committed. `forms` have arrived, in their order."""

    id: InboxMessageId
    attempt: int
    personnummer: Personnummer
    forms: tuple[FormId, ...]
    retries: int = 0
