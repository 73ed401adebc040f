"""Mail addresses that every relay can take: those in ASCII (RFC 5321).

A domain outside ASCII has a spelling within it (IDNA), and gets that one. What stands before the @
has none: it would take SMTPUTF8 of every relay on the way, which nobody can promise beforehand.
"""

from collections.abc import Collection, Iterable
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, EmailStr
from pydantic_core import PydanticCustomError

from utskick.domain.personnummer_in_text import looks_like_personnummer


def ascii_address(address: str) -> str | None:
    """The address as a relay takes it; `None` if there is no such spelling."""
    if address.isascii():
        return address
    try:
        return validate_email(address, check_deliverability=False).ascii_email
    except EmailNotValidError:
        return None


def outside(addresses: Iterable[str], domains: Collection[str]) -> list[str]:
    """Those at none of the domains, or of what is below them. Without any, all are inside."""
    ours = tuple(domain.casefold() for domain in domains)
    return [address for address in addresses if ours and not _is_below(address, ours)]


def _is_below(address: str, domains: tuple[str, ...]) -> bool:
    domain = address.rpartition("@")[2].casefold()
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


def _relayable(address: str) -> str:
    if looks_like_personnummer(address):
        raise PydanticCustomError("personnummer", "an address that may name a person")
    spelt = ascii_address(address)
    if spelt is None:
        raise PydanticCustomError("address_not_ascii", "an address outside ASCII")
    return spelt


MailAddress = Annotated[EmailStr, AfterValidator(_relayable)]
"""An address that a spec may name; in ASCII once it has been read."""
