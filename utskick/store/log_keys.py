"""What the access log's entries and heads are sealed with.

Its keys are the log's own, so a change of the keys that seal them changes no entry. Whoever has
those and the database has these too: a newer one protects what is written from then on, and what
was written before is protected by the heads outside.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from utskick.domain.log_chain import LogHead
from utskick.store.data_keys import DataKeys

PURPOSE = "access log"
_OF_ENTRY = ("unit_id", "number", "at", "actor", "activity", "act", "person_id", "dispatch_id")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key with its number: they count from 1, and the newest seals."""

    number: int
    secret: bytes

    def entry_seal(self, previous: str, entry: Mapping[Any, Any]) -> str:
        """Of all that an entry says, and of the seal of the one before."""
        return self._seal("entry", previous, *map(entry.__getitem__, _OF_ENTRY))

    def head_seal(self, head: LogHead) -> str:
        return self._seal("head", head.unit_id, head.number, head.hash, head.at)

    def start_seal(self, start: LogHead, last_key: int | None) -> str:
        """Of the last of the entries that have been purged: the chain begins after it."""
        return self._seal("start", start.unit_id, start.number, start.hash, start.at, last_key)

    def before_keys_seal(self, unit_id: str, number: int, link: str) -> str:
        """Of the last entry that has no key."""
        return self._seal("before keys", unit_id, number, link)

    def _seal(self, *words: object) -> str:
        text = json.dumps([self.number, *map(_as_text, words)], ensure_ascii=False)
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()


def newest(keys: DataKeys) -> LogKey:
    """What seals now."""
    return LogKey(*keys.newest())


def every(keys: DataKeys) -> Mapping[int, LogKey]:
    """What something may have been sealed with; a key that somebody has changed proves nothing."""
    return {number: LogKey(number, secret) for number, secret in keys.openable().items()}


def proven(heads: Sequence[LogHead], keys: Mapping[int, LogKey]) -> Sequence[LogHead]:
    """Those of the heads that were sealed with one of the keys."""
    return [h for h in heads if (key := keys.get(h.key)) and same(h.seal, key.head_seal(h))]


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def unkeyed_link(previous: str, entry: Mapping[Any, Any]) -> str:
    """How entries were linked before there were keys: anyone can compute it."""
    sealed = (entry[name] for name in _OF_ENTRY)
    words = [each.isoformat() if isinstance(each, datetime) else str(each) for each in sealed]
    return hashlib.sha256("\x1f".join([previous, *words]).encode()).hexdigest()


def _as_text(word: object) -> str | int | None:
    if isinstance(word, datetime):
        return word.astimezone(UTC).isoformat()
    return word if isinstance(word, int) or word is None else str(word)
