"""SOAP by hand, as much of it as our callers speak: envelopes are made once, and filled in.

A request is read for the texts that stand in it, in their order, whatever their namespaces. No
text of a caller's here has a character that XML writes otherwise, but for what nobody reads.
"""

import re
from collections.abc import Mapping

_TEXT = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(\w+)>([^<]+)</")

Texts = Mapping[str, list[str]]
HOLE = "%b"
"""What is filled in for each answer, in an envelope that is made once."""


def texts_of(body: bytes) -> Texts:
    """What stands in the elements of each name. Raises `UnicodeError`."""
    found: dict[str, list[str]] = {}
    for name, text in _TEXT.findall(body):
        found.setdefault(name.decode(), []).append(text.decode())
    return found


def parts_of(whole: bytes, name: str) -> tuple[bytes, bytes, bytes]:
    """What comes before the only element of that name, itself, and what comes after it."""
    begins = whole.index(f"<r:{name}>".encode())
    end = f"</r:{name}>".encode()
    ends = whole.index(end) + len(end)
    return whole[:begins], whole[begins:ends], whole[ends:]
