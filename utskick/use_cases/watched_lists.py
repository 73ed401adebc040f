"""Lists that staff gather, while the inbox is asked about those on them.

At the national pace that takes minutes, and the page looks now and then how far it has come. What
it looks at lies in the web process' memory, for whoever gathers it alone, under a name that says
nothing of anybody; after a restart staff's next click looks everybody up anew.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Actor
from utskick.ports import InboxUser

_MOST = 500
_NAME_BYTES = 16


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


@dataclass(slots=True)
class WatchedLists:
    """The latest; the oldest is forgotten first."""

    _lists: OrderedDict[str, tuple[Actor, Sequence[WatchedPerson]]] = field(
        default_factory=OrderedDict
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, actor: Actor, persons: Sequence[WatchedPerson]) -> str:
        """The name under which whoever gathers the list finds it."""
        name = secrets.token_urlsafe(_NAME_BYTES)
        with self._lock:
            self._lists[name] = actor, tuple(persons)
            while len(self._lists) > _MOST:
                self._lists.popitem(last=False)
        return name

    def find(self, name: str, *, actor: Actor) -> Sequence[WatchedPerson]:
        """Nobody, if it is not kept, or is not theirs."""
        with self._lock:
            whose, persons = self._lists.get(name, (None, ()))
        return persons if whose == actor else ()
