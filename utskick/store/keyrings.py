"""Where keys are kept, and what a change of keys may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utskick.domain.starting import RefusedToStart
from utskick.store.key_file import add_key, drop_keys


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that every process of the installation reads again when it meets a new key."""

    path: Path

    def add(self, key_id: str) -> None:
        add_key(self.path, key_id)

    def drop(self, key_ids: Sequence[str]) -> None:
        if key_ids:
            drop_keys(self.path, key_ids)


class KeysInSettings:
    """Only an operator changes them, and processes read them when they start."""

    def add(self, key_id: str) -> None:
        raise RefusedToStart(
            f"the keys are in settings: add a key {key_id} to UTSKICK_DATABASE__KEYS and"
            f" UTSKICK_DATABASE__INDEX_KEYS beside the others, set UTSKICK_DATABASE__CURRENT_KEY"
            f" to {key_id}, start every process again, and then do this again"
        )

    def drop(self, key_ids: Sequence[str]) -> None:
        """The operator is asked to."""
