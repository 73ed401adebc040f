"""What staff call the things that we name in English."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from utskick.domain import package_specs
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import (
    DELIVERY_LABELS,
    REFUSAL_REMEDIES,
    DeliveryState,
    Refusal,
)
from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import Catalogue
from utskick.domain.languages import LANGUAGES, OTHER_LANGUAGES
from utskick.domain.message_problems import place_of_language
from utskick.domain.names import age_on
from utskick.domain.occasions import Appearance, Occasion
from utskick.domain.personnummer import Personnummer
from utskick.domain.rights import HeldRight, Right, Source
from utskick.use_cases.stop_dispatch import Stopped

_CHANNELS = {"SMS": "sms", "Email": "e-post", "Other": "annat"}

FIELD_LABELS = {
    "unit": "Enhet",
    "replaces": "Ersätter",
    "adds_to": "Fler mottagare",
    "package": "Paketutskickets namn",
    "title": "Titel som visas för invånaren",
    "form": "Formulärmall",
    "forms": "Ingående formulär",
    "recipients": "Mottagarlista",
    "fil": "Fil",
    "inklistrat": "Klistra in flera",
    "occasions": "Utskickstillfällen",
    "start": "Första tillfället",
    "answer_by": "Besvaras senast",
    "purge_after": "Gallras efter",
    "inbox_message": "Inkorgsmeddelande",
    "form_banner": "Formulärmeddelande",
    "error_addresses": "E-postavisering vid eventuella fel",
}

PACKAGE_LABELS = {
    "key": "Kortnamn",
    "name": "Paketutskickets namn",
    "resident_title": "Titel som visas för invånaren",
    "units": "Enheter",
    "forms": "Ingående formulär",
    "weekday": "Förvald veckodag",
    "time": "Förvalt klockslag",
    "interval": "Intervall",
    "offsets_days": "Dagar från första tillfället",
    "occasions": "Antal utskickstillfällen",
    "answer_within": "Besvaras senast",
    "older_unanswered": "Obesvarade formulär från tillfället före",
    "checks_already_has": "Hoppa vid varje tillfälle över den som har formuläret obesvarat",
    "red_days": "Röda dagar",
    "inbox_message": "Inkorgsmeddelande",
    "form_banner": "Formulärmeddelande",
    "error_addresses": "E-postavisering vid eventuella fel",
    "needs_approval": "En kollega godkänner innan det startar",
    "visit_offsets": "Skickas före besök",
    "late_visits": "För sent före ett besök",
}
for labels in (FIELD_LABELS, PACKAGE_LABELS):
    labels["inbox_messages"] = "Inkorgsmeddelande på andra språk"
    labels.update(
        (place_of_language(code), f"Inkorgsmeddelande på {LANGUAGES[code].name}")
        for code in OTHER_LANGUAGES
    )
PACKAGE_FIELDS = {"unit_ids": "units", "template_ids": "forms"}
"""Where a template names its fields otherwise."""

RIGHT_MEANINGS = {
    Right.DISPATCH: "Skicka formulär och paketutskick, och hantera dem.",
    Right.FOLLOW_UP: "Se vem som har svarat, läsa svar och påminna.",
    Right.FORM_DESIGN: "Skapa och ändra enhetens grundplåtar.",
    Right.LOCAL_ADMINISTRATION: "Grundplåtar, formulärlänkar och behörigheter för enheten.",
    Right.REGIONAL_ADMINISTRATION: "Allt under Förvaltning, för alla enheter.",
    Right.LOG: "Läsa enhetens logg, och bekräfta nycklar till enhetens system.",
}
_SOURCES = {
    Source.COMMISSION: "Medarbetaruppdraget i HSA",
    Source.PROVIDER: "Systemroll i HSA",
}

CATALOGUE_LABELS = {
    Catalogue.OWN: "Enhetens egen",
    Catalogue.SHARED: "Gemensam",
    Catalogue.NAFS: "NAFS",
}
CATALOGUE_GROUPS = {
    Catalogue.OWN: "Egna",
    Catalogue.SHARED: "Gemensamma",
    Catalogue.NAFS: "NAFS",
}
WEEKDAYS = tuple(package_specs.WEEKDAYS)


def source_in_words(held: HeldRight, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Where a right comes from, and until when it holds if it was given here."""
    if (grant := held.grant) is None:
        return _SOURCES[held.source]
    until = f" till och med {grant.until:%Y-%m-%d}" if grant.until else ""
    return f"Given här av {names.get(grant.granted_by, grant.granted_by)}{until}"


_SIGNS = {
    DeliveryState.SENT: ("skickat", "skickade", "good"),
    DeliveryState.REFUSED: ("ej skickat", "ej skickade", "bad"),
    DeliveryState.MANUAL: ("osäkert", "osäkra", "warn"),
    DeliveryState.UNKNOWN: ("kontrolleras", "kontrolleras", "warn"),
    DeliveryState.SENDING: ("skickas", "skickas", "calm"),
    DeliveryState.PLANNED: ("kvar", "kvar", "calm"),
    DeliveryState.CANCELLED: ("skickas inte", "skickas inte", "calm"),
}
_KINDS = {
    Appearance.PLANNED: "calm",
    Appearance.LATE: "bad",
    Appearance.RUNNING: "calm",
    Appearance.DONE: "good",
    Appearance.MISSED: "bad",
    Appearance.HALTED: "warn",
    Appearance.STOPPED: "warn",
    Appearance.ABORTED: "bad",
    Appearance.ENDED: "calm",
    Appearance.AWAITING: "warn",
    Appearance.NOT_SENT: "calm",
}


_LEFT_OUT_REMEDIES = REFUSAL_REMEDIES | {
    Refusal.PROTECTED: "Använd en formulärlänk i stället.",
    Refusal.DECEASED: "",
    Refusal.EMIGRATED: "",
    Refusal.CHANGED_NUMBER: "Skicka till det nya numret när det står i journalsystemet.",
    Refusal.DEREGISTERED: "Kontrollera personens uppgifter i journalsystemet.",
}


def left_out_remedy(reason: str) -> str:
    """What to do about somebody who is not in the list any more, if anything."""
    return _LEFT_OUT_REMEDIES[Refusal(reason)]


def delivery_signs(by_state: Mapping[DeliveryState, int]) -> list[tuple[str, str]]:
    """Each state that there is any of, as `4 skickade`, and how it is shown."""
    return [
        (f"{number} {one if number == 1 else several}", kind)
        for state, (one, several, kind) in _SIGNS.items()
        if (number := by_state.get(state))
    ]


def delivery_sign(state: DeliveryState) -> tuple[str, str]:
    """One delivery's state in words, and how it is shown."""
    _one, _several, kind = _SIGNS[state]
    return DELIVERY_LABELS[state], kind


def occasion_sign(
    dispatch: Dispatch, occasion: Occasion, *, now: datetime, late_after: timedelta
) -> tuple[str, str]:
    """An occasion's state in words, and how it is shown."""
    appearance = dispatch.appearance(occasion, now=now, late_after=late_after)
    was_late = occasion.late and appearance in (Appearance.DONE, Appearance.RUNNING)
    return f"{appearance}, sent" if was_late else str(appearance), _KINDS[appearance]


def moment(at: datetime | None) -> str:
    """A moment as staff write it: 2027-02-01 kl. 08:30."""
    return f"{at.astimezone(STOCKHOLM):%Y-%m-%d kl. %H:%M}" if at else ""


def counted(number: int, one: str, several: str) -> str:
    """As `1 formulär`, `2 personer`."""
    return f"{number} {one if number == 1 else several}"


def stopped_in_words(stopped: Stopped) -> str:
    """What a stop has done, and what it has left, for whoever stopped."""
    words = "Paketutskicket är stoppat. Inget mer skickas."
    if not stopped.ways:
        return words
    on_their_way = stopped.on_their_way
    words += f" {counted(stopped.sent, 'formulär är skickat', 'formulär är skickade')}"
    if on_their_way:
        words += f", {on_their_way} är på väg och kommer fram"
    words += f" och {stopped.left} är kvar."
    if stopped.notified:
        whoever = counted(stopped.notified, "person", "personer")
        words += f" {whoever} som har fått alla sina formulär får sitt inkorgsmeddelande."
    return words


def age_in_words(person: Personnummer, today: date) -> str:
    """Nothing for whose date of birth is not known."""
    return f"{age_on(person.born, today)} år" if person.born else ""


def person_in_words(person: Personnummer, name: str, today: date) -> str:
    """Albin Persson, 35 år."""
    return ", ".join(filter(None, (name or person.formatted, age_in_words(person, today))))


def channels_in_words(channels: Iterable[str]) -> str:
    """Sms, e-post: how 1177 notifies somebody."""
    words = ", ".join(_CHANNELS.get(channel, channel) for channel in channels)
    return words[:1].upper() + words[1:]
