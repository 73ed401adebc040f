"""What happens that a security officer asks for, in one form whatever process it happens in.

Noted where it happens, as names and values, and not as sentences. `SECURITY.md` lists the events
with their fields.
"""

import logging
import traceback
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

log = logging.getLogger("utskick.security")

FIELDS = "fields"
"""The attribute of a log record that holds the names and values beside its event."""


class SecurityEvent(StrEnum):
    """What happened."""

    SIGNED_IN = "sign_in"
    SIGNED_OUT = "sign_out"
    UNIT_CHOSEN = "unit_chosen"
    REQUEST_REFUSED = "request_refused"
    REQUEST_FAILED = "request_failed"
    REQUEST_LEFT = "request_left"
    ADMINISTERED = "administered"
    KEY_CHANGED = "key_changed"
    PREFECT_REFUSED = "prefect_refused"
    LOG_HEAD = "access_log_head"
    LOG_BROKEN = "access_log_broken"
    STARTED = "process_started"
    NOT_STARTED = "process_not_started"
    KEYS_CHANGED = "keys_changed"


class EventOutcome(StrEnum):
    """How it went."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


_MOST = 8
"""Errors in a row, and places in each."""
_LEVELS = {
    EventOutcome.DONE: logging.INFO,
    EventOutcome.REFUSED: logging.WARNING,
    EventOutcome.FAILED: logging.ERROR,
}


def note(
    event: SecurityEvent,
    outcome: EventOutcome = EventOutcome.DONE,
    *,
    error: BaseException | None = None,
    **fields: object,
) -> None:
    """Write one line; fields that are empty are left out. Of an error its kind and place are kept.

    Usual fields: `actor` (HSA-id, or a token's or program's name), `unit`, `address` (the
    client's), `reason`, `route`, `method`, `status`.
    """
    kept: dict[str, Any] = {"outcome": outcome.value}
    kept |= {name: value for name, value in fields.items() if value not in ("", None)}
    if error is not None:
        kept |= kind_and_place(error)
    log.log(_LEVELS[outcome], event.value, extra={FIELDS: kept})


def kind_and_place(error: BaseException) -> dict[str, Any]:
    """What may be written of an error: its text may hold anything, kinds and lines of code not."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST:]
    places = [f"{Path(f.filename).parent.name}/{Path(f.filename).name}:{f.lineno}" for f in frames]
    return {"error": " < ".join(islice(_kinds(error), _MOST)), "raised_in": places}


def _kinds(error: BaseException | None) -> Iterator[str]:
    """Of the error, and of what it came from."""
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or error.__context__
