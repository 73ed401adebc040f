"""Test staff and test residents of the demo region, each by what the pages call them."""

from dataclasses import dataclass

from tests.config.region import read_persons


@dataclass(frozen=True, slots=True)
class StaffMember:
    name: str
    unit: str = ""

    @property
    def sign_in_button(self) -> str:
        return f"Logga in som {self.name}"


KARIN = StaffMember("Karin Sandberg", "Vuxenpsykiatriska mottagningen Björkängen")
"""Has a commission at another unit too, and must choose."""
JOHAN = StaffMember("Johan Ekdahl")
"""Reads the log of Karin's unit."""
AMINA = StaffMember("Amina Yusuf")
PETRA = StaffMember("Petra Wallin", "Smärtmottagningen Granhöjd")
"""Has two units as well."""
ULLA = StaffMember("Ulla Hedström")
"""Has no commission for care."""
GUNILLA = StaffMember("Gunilla Brandt")
"""Has the local administration of Karin's unit."""
MAJ_BRITT = StaffMember("Maj-Britt Forsell")
"""Works at the regional administration, without a unit."""


@dataclass(frozen=True, slots=True)
class Resident:
    personnummer: str
    name: str

    @property
    def formatted(self) -> str:
        return f"{self.personnummer[:8]}-{self.personnummer[8:]}"

    @property
    def sign_in_button(self) -> str:
        return f"{self.name}, född {self.personnummer[:4]}"


def _resident(row: dict[str, str]) -> Resident:
    return Resident(row["personnummer"], f"{row['given_name']} {row['surname']}")


_PERSONS = read_persons()
_LIVING = [row for row in _PERSONS if not row["deregistered"] and row["account"] == "yes"]
_NAMES = [_resident(row).sign_in_button for row in _LIVING]

ADULTS = [
    _resident(row)
    for row in _LIVING
    if row["notified_by"]
    and not (row["protected"] or row["guardians"])
    and _NAMES.count(_resident(row).sign_in_button) == 1
]
"""They can be reached in every way, and distinguished by name and year."""
UNNOTIFIED = [
    _resident(row)
    for row in _LIVING
    if not (row["notified_by"] or row["protected"] or row["guardians"])
]
REACHABLE = [_resident(row) for row in _LIVING if not row["protected"]][:200]
"""So many that a list of them is long."""
MANY = [_resident(row) for row in _LIVING if not row["protected"]][:250]
"""As many as a dispatch may have."""
PROTECTED = next(_resident(row) for row in _PERSONS if row["protected"] and row["account"])
CHILD = Resident("201410252389", "Freja Pettersson")
GUARDIAN = Resident("199401082384", "Frida Jönsson")
