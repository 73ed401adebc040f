"""Units (enheter, mottagningar) and who acts for them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Self

from stdnum.se import orgnr

from utskick.domain.calendar import SendingWindow
from utskick.domain.errors import UtskickError
from utskick.domain.personnummer_in_text import Likeness, likeness
from utskick.domain.writing import plain

HsaId = NewType("HsaId", str)
"""Identity in the national catalogue HSA, in capitals: it is compared without regard to case."""

_HSA_ID = re.compile(r"SE(\d{10})-([A-Z0-9]+)", re.ASCII)
_LONGEST_HSA_ID = 31


class InvalidHsaId(UtskickError):
    """Not of the form SE + ten digits + hyphen + letters or digits, at most 31 characters.

    One with a personnummer behind its hyphen is none: HSA-ids stand in addresses and in Prefect.
    `no_organisation`: it is of that form, and the ten digits are no organisation number.
    """

    def __init__(self, *, no_organisation: bool = False) -> None:
        super().__init__("not an HSA-id")
        self.staff_message = (
            "Enhetens HSA-id är fel skrivet. De tio siffrorna efter SE är inget"
            " organisationsnummer: kontrollera om någon av dem blivit fel."
            if no_organisation
            else "Enhetens HSA-id är fel skrivet. Det ska se ut som SE2321000131-E000000000001."
        )


def parse_hsa_id(text: str) -> HsaId:
    """Read an HSA-id as typed, or raise `InvalidHsaId`."""
    candidate = plain(text).strip().upper()
    found = _HSA_ID.fullmatch(candidate)
    if not found or len(candidate) > _LONGEST_HSA_ID:
        raise InvalidHsaId
    if not orgnr.is_valid(found[1]):
        raise InvalidHsaId(no_organisation=True)
    if likeness(found[2]) is Likeness.TWELVE_DIGITS:
        raise InvalidHsaId
    return HsaId(candidate)


def hsa_ids_in(text: str) -> Collection[str]:
    """Those that a sentence of ours holds."""
    return [found[0] for found in _HSA_ID.finditer(text)]


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The sentence as people read it: each HSA-id replaced by what it is called, if we know."""
    return _HSA_ID.sub(lambda found: names.get(found[0], found[0]), text)


@dataclass(frozen=True, slots=True)
class Unit:
    """A care unit; its name and phone stand in the messages that residents get.

    Nobody can act for a unit once it has been withdrawn. Without `sending_hours` of its own it
    has the region's. `mail` is its function mailbox, for what waits there; empty if it has none.
    """

    id: HsaId
    name: str
    phone: str
    withdrawn_at: datetime | None = None
    sending_hours: SendingWindow | None = None
    mail: str = ""


class Activity(StrEnum):
    """What was done with whose data, in StoreLog's words."""

    READ = "Läsa"
    WRITE = "Skriva"
    PRINT = "Utskrift"
    DELETE = "Radera"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and for which unit; an HSA-id for staff, else the name of the program."""

    name: str
    unit_id: HsaId

    @classmethod
    def with_token(cls, token_name: str, unit_id: HsaId) -> Self:
        """The unit's own system that has the token."""
        return cls(f"{_SYSTEMS}{token_name}", unit_id)

    @property
    def is_a_system(self) -> bool:
        """Of the unit's own; it learns less of a person than staff do."""
        return self.name.startswith(_SYSTEMS)


_SYSTEMS = "rest:"

SYSTEM = "utskick"
"""The actor's name when the clock, not a person, acts."""
