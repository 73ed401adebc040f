"""The file with an installation's keys: `{"current": …, "keys": {…}, "index_keys": {…}}`.

It is always whole: a new content is written beside it, and takes its place once it is on the disk.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from utskick.files import open_private
from utskick.store.keys import KEY_BYTES, KeyRing, KeysRefused, read_ring

_FIRST = "1"


def read_key_file(path: Path) -> KeyRing:
    """Raises `FileNotFoundError` without one, and `KeysRefused`."""
    kept = _read(path)
    return read_ring(
        keys=_texts(kept.get("keys"), path),
        current=str(kept.get("current", "")),
        index_key=str(kept.get("index_key", "")),
        index_keys=_texts(kept.get("index_keys", {}), path),
        place=str(path),
    )


def make_key_file(path: Path) -> None:
    """Make keys for an installation that has none; an existing file is left as it is."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "current": _FIRST,
        "keys": {_FIRST: new_key()},
        "index_keys": {_FIRST: new_key()},
    }
    with open_private(path) as file:
        json.dump(content, file)


def add_key(path: Path, key_id: str) -> None:
    """Put a new key into the ring, to be the current one. It is on the disk on return."""
    kept = _read(path)
    index_keys = {name: kept.get("index_key", "") for name in kept["keys"]}
    _write(
        path,
        {
            "current": key_id,
            "keys": kept["keys"] | {key_id: new_key()},
            "index_keys": index_keys | kept.get("index_keys", {}) | {key_id: new_key()},
        },
    )


def drop_keys(path: Path, key_ids: Collection[str]) -> None:
    """Take keys that nothing is sealed with any more out of the ring."""
    kept = _read(path)

    def without(keys: Mapping[str, str]) -> Mapping[str, str]:
        return {key_id: key for key_id, key in keys.items() if key_id not in key_ids}

    content = {name: without(kept[name]) for name in ("keys", "index_keys")}
    _write(path, {"current": kept["current"], **content})


@contextmanager
def changing(path: Path) -> Iterator[bool]:
    """Whether nobody else is changing the keys of this file; nobody else will until the end."""
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def new_key() -> str:
    """As it is written in settings and files."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write(path: Path, content: Mapping[str, object]) -> None:
    beside = path.with_suffix(".new")
    # What a process that died has left there is nobody's.
    beside.unlink(missing_ok=True)
    with open_private(beside) as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text())
    except ValueError:
        raise _unreadable(path) from None
    if not isinstance(kept, dict):
        raise _unreadable(path)
    return kept


def _texts(found: object, path: Path) -> Mapping[str, str]:
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise _unreadable(path)
    return found


def _unreadable(path: Path) -> KeysRefused:
    return KeysRefused(f"{path}: is no file of keys: put it back from where its copy is kept")
