"""The access log's chain: what shows that entries were changed, exchanged or taken away.

Each entry is sealed together with the seal of the one before. So a changed entry shows by itself;
that the last ones are missing, or that all were sealed anew, shows only against *heads*: what the
chain ended with at some moment, kept where whoever can change the database cannot.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from utskick.domain.units import HsaId

RESTORED = "lagt tillbaka säkerhetskopia"
"""What an entry says that explains why later ones, of which there are heads, are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The entry that a unit's log ended with at a moment; `seal` shows that we wrote this."""

    unit_id: HsaId
    number: int
    hash: str
    at: datetime
    key: int
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry as the chain sees it. `sound`: it follows from the one before, by its own seal.

    `key`: the number of the key that it is sealed with; none if it is older than the keys.
    """

    number: int
    at: datetime
    hash: str
    key: int | None
    sound: bool
    restored: bool = False


class LogFault(Enum):
    """What is wrong with a log."""

    CHANGED = auto()
    """The entries do not follow from their seals."""
    MISSING = auto()
    """The entries were there."""
    EXCHANGED = auto()
    """Some of the entries are others than those that were there."""
    FORGED = auto()
    """A head that is not sealed with any of the log's keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`seen_at`: when the log was last known to be otherwise, if heads say so."""

    fault: LogFault
    first: int
    last: int
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """What came of looking through a log.

    `unkeyed`: so many of the first entries are older than the keys; until it was noted how far
    those reach whoever could change the database could have changed them. `head` is the newest
    that agrees, and `heads_since` when the oldest was written. `restored`: when backups were put
    back. `start` is the last entry that has been purged, if any has.
    """

    entries: int
    unkeyed: int
    findings: Sequence[Finding]
    head: LogHead | None
    heads_since: datetime | None
    restored: Sequence[datetime]
    start: LogHead | None = None

    @property
    def whole(self) -> bool:
        return not self.findings


def examine(
    links: Iterable[Link],
    heads: Sequence[LogHead],
    forged: Sequence[LogHead] = (),
    *,
    start: LogHead | None = None,
) -> LogCheck:
    """Go through a log, and hold it against its heads; from `start`, if it has been purged."""
    walk = _Walk(heads, after=start.number if start else 0)
    for link in links:
        walk.pass_by(link)
    return LogCheck(
        entries=walk.entries,
        unkeyed=walk.unkeyed,
        findings=[*walk.gaps_and_changes(), *walk.against_heads(), *map(_forged, forged)],
        head=max(walk.agreeing, key=lambda head: head.at, default=None),
        heads_since=min((head.at for head in heads), default=None),
        restored=[link.at for link in walk.restores],
        start=start,
    )


def explains(restored: Link, head: LogHead) -> bool:
    """Whether a backup that was put back is why the head's entry is not there any more."""
    return restored.sound and restored.number <= head.number and restored.at >= head.at


class _Walk:
    """Once through a chain, without keeping it."""

    def __init__(self, heads: Sequence[LogHead], *, after: int) -> None:
        self._heads: dict[int, list[LogHead]] = defaultdict(list)
        for head in heads:
            # What an entry was that has been purged nobody can say any more.
            if head.number > after:
                self._heads[head.number].append(head)
        self._last = self._purged = after
        self._all_heads = heads
        self._disagreeing: list[LogHead] = []
        self.entries = self.unkeyed = 0
        self.faults: list[Finding] = []
        self.agreeing: list[LogHead] = []
        self.restores: list[Link] = []

    def pass_by(self, link: Link) -> None:
        if link.number != self._last + 1:
            # What follows a gap cannot follow from what is not there.
            self._note(LogFault.MISSING, self._last + 1, link.number - 1)
        elif not link.sound:
            self._note(LogFault.CHANGED, link.number, link.number)
        self.entries += 1
        # One that ought to have a key is changed, and not old.
        self.unkeyed += link.key is None and link.sound
        self._last = link.number
        if link.restored and link.sound:
            self.restores.append(link)
        for head in self._heads.pop(link.number, ()):
            same = head.hash == link.hash
            (self.agreeing if same else self._disagreeing).append(head)

    def gaps_and_changes(self) -> Iterable[Finding]:
        """What is missing in the middle was there when the last head from after it was written."""
        for found in self.faults:
            since = (head.at for head in self._all_heads if head.number >= found.last)
            missing = found.fault is LogFault.MISSING
            yield replace(found, seen_at=max(since, default=None)) if missing else found

    def against_heads(self) -> Iterable[Finding]:
        beyond = self._unexplained(head for heads in self._heads.values() for head in heads)
        if beyond:
            last = max(head.number for head in beyond)
            yield self._otherwise(LogFault.MISSING, self._last + 1, last, beyond)
        exchanged = self._unexplained(self._disagreeing)
        if exchanged:
            last = max(head.number for head in exchanged)
            agreed = (head.number for head in self.agreeing if head.number < last)
            yield self._otherwise(
                LogFault.EXCHANGED, max(agreed, default=self._purged) + 1, last, exchanged
            )

    def _note(self, fault: LogFault, first: int, last: int) -> None:
        if self.faults and (self.faults[-1].fault, self.faults[-1].last) == (fault, first - 1):
            first = self.faults.pop().first
        self.faults.append(Finding(fault=fault, first=first, last=last))

    def _unexplained(self, heads: Iterable[LogHead]) -> list[LogHead]:
        return [h for h in heads if not any(explains(link, h) for link in self.restores)]

    @staticmethod
    def _otherwise(fault: LogFault, first: int, last: int, heads: Sequence[LogHead]) -> Finding:
        seen_at = max(head.at for head in heads)
        return Finding(fault=fault, first=first, last=last, seen_at=seen_at)


def _forged(head: LogHead) -> Finding:
    return Finding(fault=LogFault.FORGED, first=head.number, last=head.number, seen_at=head.at)
