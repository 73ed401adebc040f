"""A visit package's moments, as a column of JSON has them."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from utskick.domain.visit_offsets import VisitOffset, in_order


def kept_offsets(offsets: Sequence[VisitOffset]) -> list[list[Any]]:
    """As a column of JSON has them."""
    return [[each.days_before, each.time.isoformat()] for each in offsets]


def read_offsets(kept: Sequence[Sequence[Any]]) -> tuple[VisitOffset, ...]:
    """What `kept_offsets` has kept."""
    return in_order(tuple(VisitOffset(days, time.fromisoformat(at)) for days, at in kept))
