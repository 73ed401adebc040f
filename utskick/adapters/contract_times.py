"""Dates and times as the national contracts write them: Swedish local time, without zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeVar

from utskick.domain.calendar import STOCKHOLM

T = TypeVar("T")


@lru_cache(maxsize=64)
def contract_date(day: date) -> str:
    return f"{day:%Y%m%d}"


def read_date(text: str) -> date:
    """Read `YYYYMMDD`. Raises `ValueError`."""
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def read_moments(text: str) -> tuple[datetime, datetime]:
    """Read `YYYYMMDDTHHMMSS`, as the earliest and the latest moment that it can mean.

    The two differ in the hour that comes twice in autumn. In UTC: moments in the same zone are
    compared as the clock shows them. Raises `ValueError`.
    """
    local = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=STOCKHOLM)
    moments = [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(moments), max(moments)


def if_readable(read: Callable[[str], T], text: object) -> T | None:
    """What `read` makes of it; `None` of what is no text, or none that it can read."""
    try:
        return read(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None
