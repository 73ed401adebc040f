"""The file with an installation's keys: `{"current": …, "keys": {…}, "index_keys": {…}}`."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utskick.store.keys import KEY_BYTES, KeyRing, KeysRefused, read_ring

_FIRST = "1"
_PRIVATE = 0o600


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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)


def new_key() -> str:
    """As it is written in settings and files."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


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
