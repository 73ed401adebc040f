"""What an operator has typed into Prefect's page: kept and shown there in clear, and logged."""

import re
from collections.abc import Iterator
from typing import Any

from utskick.domain.personnummer_in_text import looks_like_personnummer

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def names_somebody(typed: Any) -> bool:
    """Whether anything in it, field names too, looks like a personnummer."""
    return any(looks_like_personnummer(_ID.sub(" ", text)) for text in _texts(typed))


def _texts(typed: Any) -> Iterator[str]:
    match typed:
        case dict():
            for key, value in typed.items():
                yield str(key)
                yield from _texts(value)
        case list():
            for value in typed:
                yield from _texts(value)
        case str() | int() | float():
            yield str(typed)
