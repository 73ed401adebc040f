"""Note that forms were answered, as the form engine says by itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.notices import AnsweredForm
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnswered:
    store: Store

    def __call__(self, answered: Collection[AnsweredForm], *, now: datetime) -> int:
        """Said again it stays so; what is not ours is passed over. Returns how many are ours."""
        if not answered:
            return 0
        with self.store.transaction() as records:
            return records.follow_up.note_answered(answered, now=now)
