"""Who did what with whose data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.log_chain import Link, LogHead
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Activity, Actor, HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Who did what with whose data (HSLF-FS 2016:40 4 kap. 9 §)."""

    actor: Actor
    activity: Activity
    act: str
    personnummer: Personnummer | None = None
    dispatch_id: DispatchId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What to look for in the log. Empty fields match everything; `staff` is an HSA-id or a name.

    `before`: only entries older than the one with this number.
    """

    staff: str = ""
    personnummer: Personnummer | None = None
    dispatch_id: DispatchId | None = None
    activity: Activity | None = None
    from_day: date | None = None
    to_day: date | None = None
    before: int | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """An entry as it is read. `actor_name` is empty for one who has never signed in."""

    number: int
    at: datetime
    actor: str
    actor_name: str
    activity: Activity
    act: str
    personnummer: Personnummer | None
    dispatch_id: DispatchId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneWith:
    """Something done with a dispatch; `persons` is how many people's data it was about, if any."""

    at: datetime
    actor: str
    actor_name: str
    act: str
    persons: int


class AccessLog(Protocol):
    """Append-only, one sealed chain for each unit, never deleted with dispatches."""

    def write(self, entries: Sequence[LogEntry], *, now: datetime) -> None: ...

    def read(self, unit_id: HsaId, query: LogQuery) -> Sequence[LoggedEntry]:
        """Newest first, at most `query.limit`, after the first `query.offset`."""

    def count(self, unit_id: HsaId, query: LogQuery) -> int:
        """How many `read` would find in all."""

    def done_with(self, dispatch: Dispatch) -> Sequence[DoneWith]:
        """All that has been done with it, oldest first. Reading is not doing."""

    def links(self, unit_id: HsaId, *, after: Link | None, limit: int) -> Sequence[Link]:
        """A piece of the unit's chain, oldest first; the next one is asked for by its last."""

    def start(self, unit_id: HsaId) -> LogHead | None:
        """The last of the entries that have been purged, sealed, if any have."""

    def purge(self, unit_id: HsaId, *, before: datetime, limit: int, now: datetime) -> int:
        """Delete the oldest entries, at most `limit`; returns how many.

        None that does not follow from its seal, nor any after it: it is evidence.
        """

    def heads(self, *, now: datetime) -> Sequence[LogHead]:
        """What each unit's chain ends with, sealed."""

    def proven(self, heads: Sequence[LogHead]) -> Sequence[LogHead]:
        """Those of the heads that were given by `heads`, and not written by somebody else."""

    def agrees(self, head: LogHead) -> bool:
        """Whether its entry is still there, or gone with a backup that was put back since."""
