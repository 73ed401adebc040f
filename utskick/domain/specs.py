"""What staff hand in: a package dispatch, or one form. YAML, JSON, REST and pages share these.

Pydantic checks the shape; what only the register or the calendar knows is checked by the use
case, so that every problem comes back at once.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, NewType
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic_core import PydanticCustomError

from utskick.domain.addresses import MailAddress, outside
from utskick.domain.errors import Problem
from utskick.domain.languages import LANGUAGES
from utskick.domain.limits import LONGEST_TEXTS, MOST_ADDRESSES, MOST_FORMS, MOST_OCCASIONS
from utskick.domain.personnummer import masked
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.writing import as_kept, code_of, find_unusable, in_one_line, plain

UploadId = NewType("UploadId", UUID)
"""Refers to a spec handed over outside the orchestrator, which must never see a personnummer."""


def _in_one_line(value: Any) -> Any:
    return in_one_line(value) if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_in_one_line)]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXTS["title"]),
    BeforeValidator(_in_one_line),
]
LAST_ROW = 10_000_000
"""The highest row number that is taken for one of a list file: no sheet has so many rows."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_DIGITS = re.compile(r"\d{4}")
"""No field of ours holds so many together; several personnummer run together do."""
_ROWS = range(1_000_000)
"""A larger number is no row but a field: YAML takes a personnummer without quotes for one."""


def _countable(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise PydanticCustomError("date_out_of_range", "too near an end of the calendar")
    return day


def _plain(value: Any) -> Any:
    return plain(value).strip() if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_plain), AfterValidator(_countable)]
"""Far enough from the calendar's ends to be counted from."""


class Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_kept(cls, value: Any) -> Any:
        """Every text, in whatever field, in the one way that texts are kept."""
        if isinstance(value, list):
            return [_usable(each, f" på rad {row}") for row, each in enumerate(value, start=1)]
        if isinstance(value, dict):
            return {name: _usable(each, f" i {_named(str(name))}") for name, each in value.items()}
        return _usable(value)


def _usable(value: Any, where: str = "") -> Any:
    if not isinstance(value, str):
        return value
    text = as_kept(value)
    if (place := find_unusable(text)) is not None:
        raise PydanticCustomError("control_character", f"tecknet {code_of(text[place])}{where}")
    return text


def _not_emptied(value: Any) -> Any:
    """Nothing after its name, in a file, is a message that has been emptied, and no default."""
    if value is None:
        raise PydanticCustomError("emptied", "emptied")
    return value


def _only_text(schema: dict[str, Any]) -> None:
    schema |= next(each for each in schema.pop("anyOf") if each["type"] == "string")
    del schema["default"]


class Moment(Spec):
    """A local date and time. The date is optional for a package with a preset weekday."""

    date: str | None = Field(default=None, description="ÅÅÅÅ-MM-DD", examples=["2027-02-01"])
    time: str | None = Field(default=None, description="HH:MM", examples=["08:00"])


class OccasionSpec(Moment):
    """One occasion, perhaps with a last day to answer of its own."""

    answer_by: str | None = Field(
        default=None,
        description="Besvaras senast för just det tillfället, ÅÅÅÅ-MM-DD",
        examples=["2027-02-07"],
    )


class ListedRecipient(Spec):
    """One of a list that was read from a file; faults are then named by the file's own row."""

    personnummer: str = Field(max_length=100, description="Som det står i filen")
    row: int = Field(ge=1, le=LAST_ROW, description="Radens nummer i filen", examples=[6])
    sheet: str = Field(default="", max_length=100, description="Bladets namn, om filen har blad")


class Sending(Spec):
    """What a package dispatch and a single form have in common."""

    unit: str = Field(description="Enhetens HSA-id", examples=["SE2321000131-E000000000101"])
    recipients: list[str] = Field(
        default_factory=list,
        description="Mottagarlista: personnummer, ÅÅÅÅMMDDXXXX eller ÅÅÅÅMMDD-XXXX",
        examples=[["19121212-1212"]],
    )
    listed_recipients: list[ListedRecipient] = Field(
        default_factory=list,
        description="Fler mottagare, lästa ur en fil, var och en med sin rad i filen",
    )
    answer_by: Day | None = Field(default=None, description="Besvaras senast")
    purge_after: Day | None = Field(default=None, description="Gallras efter")
    creates_inbox_message: bool = Field(default=True, description="Skapa inkorgsmeddelande")
    inbox_message: Annotated[
        str | None, Field(max_length=LONGEST_TEXTS["inbox_message"]), BeforeValidator(_not_emptied)
    ] = Field(
        default=None,
        description="Ändrat inkorgsmeddelande",
        json_schema_extra=_only_text,
    )
    inbox_messages: dict[str, str] | None = Field(
        default=None,
        max_length=len(LANGUAGES),
        description=(
            "Inkorgsmeddelandet på andra språk, vart och ett i stället för grundplåtens; en tom"
            " text utelämnar språket"
        ),
        examples=[{"en": "Hello! {{ enhet }} asks you to answer by {{ besvaras_senast }}."}],
    )
    form_banner: str | None = Field(
        default=None,
        max_length=LONGEST_TEXTS["form_banner"],
        description=(
            "Formulärmeddelande: den gula banderollen överst i formuläret. Utelämnat är det"
            " grundplåtens, tomt är det inget."
        ),
    )
    leave_out_unreachable: bool = Field(
        default=False,
        description="Skicka till övriga även om någon mottagare inte kan nås",
    )
    leave_out_who_has_it: bool = Field(
        default=False,
        description="Hoppa över dem som redan har något av formulären obesvarat från enheten",
    )
    leave_out_recently_sent: bool = Field(
        default=False, description="Hoppa över dem som nyligen fick ett utskick från enheten"
    )


class DispatchSpec(Sending):
    """A package dispatch (paketutskick) as staff submit it; what is left out is the package's."""

    package: Name = Field(description="Grundplåtens nyckel eller namn")
    title: Text | None = Field(default=None, description="Titel som visas för invånaren")
    error_addresses: list[MailAddress] = Field(
        default_factory=list,
        max_length=MOST_ADDRESSES,
        description="Fler adresser för e-postavisering vid eventuella fel",
    )
    replaces: UUID | None = Field(
        default=None,
        description="Ersätt: id på det paketutskick som stoppas när det här startas",
    )
    replaces_as_seen: str = Field(
        default="",
        max_length=100,
        description="Hur det ersatta var när det lästes; tomt om ingen vet",
    )
    adds_to: UUID | None = Field(
        default=None,
        description="Fler mottagare: id på det paketutskick vars tillfällen andra också ska få",
    )
    start: Moment | None = Field(
        default=None, description="Första tillfället; övriga följer grundplåtens intervall"
    )
    occasions: list[OccasionSpec] | None = Field(
        default=None,
        max_length=MOST_OCCASIONS,
        description="Alla tillfällen, ett i taget, i stället för start",
    )
    forms: list[Name] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_FORMS,
        description="Ingående formulär i stället för grundplåtens",
    )


class FormSpec(Sending):
    """One form, ordinary or NAFS, sent now."""

    form: Name = Field(description="Formulärmallens nyckel eller namn")


_PERSONNUMMER = (
    "texten innehåller något som liknar ett personnummer.",
    "Ta bort det. Är det ett telefonnummer: sätt ett bindestreck efter riktnumret.",
)
_REASONS = {
    "personnummer": _PERSONNUMMER,
    "emptied": (
        "meddelandet är tomt.",
        "Skriv ett, eller ta bort fältet så gäller det förvalda.",
    ),
    "missing": ("fältet saknas.", "Lägg till det."),
    "extra_forbidden": ("fältet finns inte.", "Kontrollera stavningen eller ta bort det."),
    "string_too_long": ("texten är för lång.", "Korta den."),
    "string_too_short": ("texten är tom.", "Fyll i den."),
    "too_long": ("listan är för lång.", "Dela upp utskicket."),
    "string_unicode": ("texten innehåller ett otillåtet tecken.", "Skriv om den."),
    "address_not_ascii": (
        "e-postadressen har å, ä, ö eller ett annat tecken före @ som mejl inte kan skickas till.",
        "Skriv en annan adress.",
    ),
    "too_short": ("listan är tom.", "Lägg till minst ett värde."),
    "string_type": ("värdet ska vara text.", 'Sätt citattecken runt det, till exempel "08:00".'),
    "list_type": ("värdet ska vara en lista.", "Skriv ett värde per rad med bindestreck framför."),
    "bool_type": ("värdet ska vara ja eller nej.", "Skriv true eller false."),
    "bool_parsing": ("värdet ska vara ja eller nej.", "Skriv true eller false."),
    "model_type": ("innehållet är tomt eller har fel form.", "Se config/region/examples."),
    "int_parsing": ("värdet ska vara ett heltal.", "Skriv till exempel 8."),
    "int_type": ("värdet ska vara ett heltal.", "Skriv till exempel 8."),
    "greater_than_equal": ("talet är för litet.", "Skriv ett större tal."),
    "less_than_equal": ("talet är för stort.", "Skriv ett mindre tal."),
    "string_pattern_mismatch": (
        "texten får bara ha små bokstäver a–z, siffror och bindestreck.",
        "Skriv till exempel infor-besok.",
    ),
}

_TOO_LONG = {
    **{
        name: ("texten är för lång.", f"Korta den till högst {longest} tecken.")
        for name, longest in LONGEST_TEXTS.items()
    },
    "error_addresses": (
        f"fler än {MOST_ADDRESSES} adresser.",
        "Ta bort några, eller använd en funktionsbrevlåda.",
    ),
    "occasions": (f"fler än {MOST_OCCASIONS} tillfällen.", "Starta resten för sig."),
    "forms": (f"fler än {MOST_FORMS} formulär.", "Ta bort några."),
}


def place_of(location: tuple[int | str, ...]) -> str:
    """A field's place as people count: `recipients, rad 3`.

    An unknown field may be a personnummer on the wrong line.
    """
    return ", ".join(
        f"rad {part + 1}" if isinstance(part, int) and part in _ROWS else _named(str(part))
        for part in location
    )


def _named(field: str) -> str:
    return masked(field) if _DIGITS.search(field) or looks_like_personnummer(field) else field


def problems_of(faults: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """What pydantic found (`ValidationError.errors()`), in Swedish, without what was typed."""
    problems = []
    for fault in faults:
        kind = fault["type"]
        if kind.startswith("date"):
            reason, remedy = "datumet är inte giltigt.", "Skriv det som ÅÅÅÅ-MM-DD."
        elif kind == "value_error":
            reason, remedy = "e-postadressen är inte giltig.", "Kontrollera hur den är skriven."
        elif kind in ("string_too_long", "too_long") and fault["loc"][-1] in _TOO_LONG:
            reason, remedy = _TOO_LONG[str(fault["loc"][-1])]
        elif kind == "control_character":
            reason, remedy = f"{fault['msg']} går inte att använda.", "Ta bort det."
        else:
            reason, remedy = _REASONS.get(kind, ("värdet är inte giltigt.", "Se exemplen."))
        problems.append(Problem(place_of(fault["loc"]) or "filen", reason, remedy))
    return problems


def addresses_elsewhere(addresses: Iterable[str], domains: Collection[str]) -> list[Problem]:
    """Mail about errors names packages and units: it stays at the region's own domains."""
    if not outside(addresses, domains):
        return []
    return [
        Problem(
            "error_addresses",
            "en adress är utanför regionen.",
            f"Använd adresser som slutar på {' eller '.join(domains)}.",
        )
    ]


def texts_with_personnummer(texts: dict[str, str | None]) -> list[Problem]:
    """Refuse free texts that hold something like a personnummer: they travel far."""
    return [
        Problem(place, *_PERSONNUMMER)
        for place, text in texts.items()
        if text and looks_like_personnummer(text)
    ]
