"""A change of keys in a process of its own: `python -m tests.store.rotating URL KEYS [STAGE]`.

It begins when it gets a line. At the stage it says so, and waits there until it is killed.
"""

import sys
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from utskick.store.engine import open_engine
from utskick.store.key_file import changing, read_key_file
from utskick.store.keyrings import KeyFile
from utskick.store.rotate_keys import rotate_keys
from utskick.store.vault import Vault


def main(url: str, key_file: str, stage: str = "") -> None:
    def announce(reached: str) -> None:
        if reached == stage:
            print(stage, flush=True)  # noqa: T201  # whoever kills us waits for it
            threading.Event().wait()

    path = Path(key_file)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    read = partial(read_key_file, path)
    with changing(path) as alone:
        assert alone
        rotate_keys(
            open_engine(url),
            Vault(read(), reread=read),
            KeyFile(path),
            now=datetime.now(UTC),
            announce=announce,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
