"""What staff call the things that we name in English."""

from collections.abc import Mapping

from utskick.domain import package_specs
from utskick.domain.deliveries import (
    DELIVERY_LABELS,
    REFUSAL_REMEDIES,
    DeliveryState,
    Refusal,
)
from utskick.domain.forms import Catalogue
from utskick.domain.occasions import Occasion, OccasionState
from utskick.domain.packages import PackageTemplate

FIELD_LABELS = {
    "unit": "Enhet",
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

CATALOGUE_LABELS = {
    Catalogue.OWN: "Enhetens egen",
    Catalogue.SHARED: "Gemensam",
    Catalogue.NAFS: "NAFS",
}
_INTERVALS = {1: "varje vecka", 2: "varannan vecka"}
WEEKDAYS = tuple(package_specs.WEEKDAYS)


def presets_in_words(package: PackageTemplate) -> str:
    """As staff would tell it: 4 formulär, 3 tillfällen varannan vecka, måndag kl. 08:00."""
    words = f"{len(package.form_ids)} formulär, {package.occasions} "
    words += "tillfälle" if package.occasions == 1 else "tillfällen"
    if package.occasions > 1:
        weeks = package.interval_weeks
        words += f" {_INTERVALS.get(weeks, f'med {weeks} veckor emellan')}"
    if package.weekday is not None:
        words += f", {WEEKDAYS[package.weekday]}"
    if package.time is not None:
        words += f" kl. {package.time:%H:%M}"
    return words


_SIGNS = {
    DeliveryState.SENT: ("skickat", "skickade", "good"),
    DeliveryState.REFUSED: ("ej skickat", "ej skickade", "bad"),
    DeliveryState.MANUAL: ("osäkert", "osäkra", "warn"),
    DeliveryState.UNKNOWN: ("kontrolleras", "kontrolleras", "warn"),
    DeliveryState.SENDING: ("skickas", "skickas", "calm"),
    DeliveryState.PLANNED: ("kvar", "kvar", "calm"),
    DeliveryState.CANCELLED: ("borttaget", "borttagna", "calm"),
}
_KINDS = {
    OccasionState.PLANNED: "calm",
    OccasionState.RUNNING: "calm",
    OccasionState.DONE: "good",
    OccasionState.MISSED: "bad",
    OccasionState.BLOCKED: "bad",
}


_LEFT_OUT_REMEDIES = REFUSAL_REMEDIES | {
    Refusal.PROTECTED: "Använd en formulärlänk i stället.",
    Refusal.DECEASED: "",
    Refusal.EMIGRATED: "",
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


def occasion_sign(occasion: Occasion) -> tuple[str, str]:
    """An occasion's state in words, and how it is shown."""
    label = f"{occasion.label}, sent" if occasion.late else occasion.label
    return label, _KINDS[occasion.state]
