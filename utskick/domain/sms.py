"""SMS by mail: numbers, texts, and what a text costs."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from utskick.domain.errors import UtskickError
from utskick.domain.writing import as_kept, normalized, plain

_MOBILE = re.compile(r"07[02369]\d{7}", re.ASCII)
_TYPED = re.compile(r"\+?[\d ()-]+", re.ASCII)
_TYPOGRAPHY = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "‘": "'", "’": "'", "´": "'", "`": "'",
        "–": "-", "—": "-", "‑": "-", "−": "-",
        "…": "...", "\u00a0": " ", "\u202f": " ", "•": "-",
    }
)  # fmt: skip
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_DOUBLE = frozenset("^{}\\[~]|€\f")
_ORDINARY = _GSM7 | _GSM7_DOUBLE
_LINK = re.compile(
    r"""\w[\w+.-]*://[^\s<>"]+           # whatever is written as an address
    | (?:[\w-]+@)?(?:[\w-]+\.)+[^\W\d_]{2,}(?=/)       # a bare name with a path
    | (?:[\w-]+@)?(?:[\w-]{2,}\.)+[^\W\d_]{2,}(?!\w)   # or without, but for "t.ex."
    """,
    re.VERBOSE,
)
_ANOTHER_DOT = "\u3002"
"""Between the parts of a host's name telephones take it for a full stop."""
_LAST_OF_ONE_UNIT = "\uffff"


class InvalidMobileNumber(UtskickError):
    """Not a Swedish mobile number that the gateway can reach. Says nothing of the number."""

    def __init__(self) -> None:
        super().__init__("not a Swedish mobile number")
        self.staff_message = (
            "Mobilnumret går inte att skicka sms till. Skriv ett svenskt mobilnummer,"
            " till exempel 070-123 45 67."
        )


@dataclass(frozen=True, slots=True, repr=False)
class MobileNumber:
    """`07xxxxxxxx`, masked as text."""

    digits: str

    def __str__(self) -> str:
        return f"{self.digits[:3]}•••••••"

    def __repr__(self) -> str:
        return f"MobileNumber({self})"


@dataclass(frozen=True, slots=True)
class SmsCount:
    """What a text costs: `parts` messages are paid for."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    parts: int


def parse_mobile(text: str) -> MobileNumber:
    """Read a Swedish mobile number as people write it. Raises `InvalidMobileNumber`.

    The library accepts 078, foreign numbers and extensions, which the gateway does not.
    """
    typed = plain(text).strip()
    if not _TYPED.fullmatch(typed):
        raise InvalidMobileNumber
    try:
        number = phonenumbers.parse(typed, "SE")
    except phonenumbers.NumberParseException:
        raise InvalidMobileNumber from None
    national = f"0{number.national_number}"
    if number.country_code != phonenumbers.country_code_for_region("SE") or not _MOBILE.fullmatch(
        national
    ):
        raise InvalidMobileNumber
    return MobileNumber(national)


def links_elsewhere(text: str, hosts: Collection[str]) -> list[str]:
    """The hosts that a telephone may lead to from the text, but for ours and what is below them.

    Telephones make links of bare names too, so that a forgotten space may look like one.
    """
    ours = tuple(host.casefold() for host in hosts)
    # As it arrives: a long dash becomes a hyphen, and that belongs to a name.
    arrives = normalized("NFKC", normalise(text)).replace(_ANOTHER_DOT, ".")
    found = (_host_of(each) for each in _LINK.findall(arrives))
    return [
        host
        for host in dict.fromkeys(found)
        if host not in ours and not host.endswith(tuple(f".{each}" for each in ours))
    ]


def _host_of(link: str) -> str:
    """What follows an @ is the host: 1177.se@evil.example leads to evil.example."""
    authority = re.split(r"[/\\?#]", link.partition("://")[2] or link, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].rstrip(".").casefold()


def sms_address(number: MobileNumber, *, domain: str = "sms.vgregion.se") -> str:
    """Manual: "[mobiltelefonnummer]@sms.vgregion.se"."""
    return f"{number.digits}@{domain}"


def normalise(text: str) -> str:
    """Typographic characters replaced: one long dash can double the number of parts."""
    return as_kept(text).translate(_TYPOGRAPHY)


def replaced(text: str) -> dict[str, str]:
    """The visible characters that `normalise` replaces, and by what."""
    found = {each: each.translate(_TYPOGRAPHY) for each in as_kept(text) if not each.isspace()}
    return {typed: sent for typed, sent in found.items() if typed != sent}


def costly(text: str) -> list[str]:
    """The characters that an ordinary SMS lacks: a single one makes the whole text cost more."""
    return list(dict.fromkeys(each for each in text if each not in _ORDINARY))


def count(text: str) -> SmsCount:
    """How the text is encoded, and how many parts it takes."""
    if not costly(text):
        costs = [2 if character in _GSM7_DOUBLE else 1 for character in text]
        return SmsCount("GSM-7", len(text), _parts(costs, single=160, each=153))
    costs = [2 if character > _LAST_OF_ONE_UNIT else 1 for character in text]
    return SmsCount("UCS-2", len(text), _parts(costs, single=70, each=67))


def _parts(costs: list[int], *, single: int, each: int) -> int:
    """How many messages it takes. A character of two units is never split between two of them."""
    if sum(costs) <= single:
        return 1
    parts, room = 1, each
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, each
        room -= cost
    return parts
