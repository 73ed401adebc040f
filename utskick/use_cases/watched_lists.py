"""Lists that staff gather, while the inbox is asked about those on them.

At the national pace that takes minutes, and the page looks now and then how far it has come. What
it looks at lies in the web process' memory, for whoever gathers it alone, under a name that says
nothing of anybody. It is gone when they sign out, and after as long as anybody stays signed in;
then, as after a restart, staff's next click looks everybody up anew.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from utskick.domain.long_lists import ListView
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Actor
from utskick.ports import InboxUser

_MOST = 500
_MOST_OF_EACH = 10
_NAME_BYTES = 16
_FROM_THE_START = ListView()


@dataclass(frozen=True, slots=True)
class WatchedPerson:
    """Somebody on a list, and where in a file they stand; `answer` is what was known already.

    Without one, whoever gathers the list has looked them up, and may read what the inbox says.
    """

    number: Personnummer
    answer: InboxUser | None = None
    row: int = 0
    sheet: str = ""
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    actor: Actor
    at: datetime
    persons: Sequence[WatchedPerson] = field(repr=False)
    view: ListView = field(repr=False)


@dataclass(slots=True)
class WatchedLists:
    """The latest of each, for `kept_for` at most; the oldest is forgotten first."""

    kept_for: timedelta = timedelta(hours=10)
    _lists: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(
        self,
        actor: Actor,
        persons: Sequence[WatchedPerson],
        *,
        now: datetime,
        view: ListView = _FROM_THE_START,
    ) -> str:
        """The name under which whoever gathers the list finds it."""
        name = secrets.token_urlsafe(_NAME_BYTES)
        with self._lock:
            self._lists[name] = _Kept(actor, now, tuple(persons), view)
            self._end_old(now)
            theirs = [name for name, kept in self._lists.items() if kept.actor.name == actor.name]
            for old in [*theirs[:-_MOST_OF_EACH], *list(self._lists)[:-_MOST]]:
                self._lists.pop(old, None)
        return name

    def find(self, name: str, *, actor: Actor, now: datetime) -> Sequence[WatchedPerson]:
        """Nobody, if it is not kept, or is not theirs."""
        return kept.persons if (kept := self._find(name, actor, now)) else ()

    def view_of(self, name: str, *, actor: Actor, now: datetime) -> ListView:
        """How the page that looks again looks at it."""
        return kept.view if (kept := self._find(name, actor, now)) else _FROM_THE_START

    def _find(self, name: str, actor: Actor, now: datetime) -> _Kept | None:
        with self._lock:
            self._end_old(now)
            kept = self._lists.get(name)
        return kept if kept and kept.actor == actor else None

    def forget(self, staff_id: str) -> None:
        """Whoever it is has signed out."""
        with self._lock:
            for name in [name for name, k in self._lists.items() if k.actor.name == staff_id]:
                del self._lists[name]

    def end_old(self, *, now: datetime) -> None:
        """Forget those whose time is over."""
        with self._lock:
            self._end_old(now)

    def _end_old(self, now: datetime) -> None:
        for name in [name for name, k in self._lists.items() if now - k.at >= self.kept_for]:
            del self._lists[name]
