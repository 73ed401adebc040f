"""Where the files are that go with the code.

An installed wheel has the same folders beside each other as a checkout, so one place serves both.
What an installation writes is never there: see `config.settings.DATA`.
"""

import os
from pathlib import Path
from typing import TextIO

_PACKAGES = Path(__file__).parents[1]

TEMPLATES = _PACKAGES / "templates"
REGION = _PACKAGES / "config" / "region"
"""The demo region: units, forms, packages, persons and staff."""
EXAMPLE_ENV = _PACKAGES / "config" / "example.env"
PREFECT_LOGGING = _PACKAGES / "config" / "prefect-logging.yml"
PREFECT_YAML = _PACKAGES / "flows" / "prefect.yaml"
"""A link to the `prefect.yaml` above it; the wheel, which has no such place, gets a copy."""


OTHERS = 0o077
"""Of a file's mode: what the group and everybody may do."""


def keep_to_ourselves() -> None:
    """What this process and its children write from now on nobody else can read."""
    os.umask(OTHERS)


def open_private(path: Path) -> TextIO:
    """Make a file that only its owner reads, to write to. Raises `FileExistsError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")


def make_private(folder: Path) -> None:
    """Make the installation's folder, for its owner alone.

    One that was there and holds something else than an installation stays as open as it was.
    """
    ours = not folder.exists() or (folder / "keys.json").exists()
    folder.mkdir(parents=True, exist_ok=True)
    if ours:
        folder.chmod(0o700)
