"""What the tests of the demo region read."""

import csv
from typing import Any

import yaml

from utskick.files import REGION


def read(name: str) -> Any:
    return yaml.safe_load((REGION / name).read_text(encoding="utf-8"))


def read_folder(name: str) -> dict[str, Any]:
    return {
        path.stem: read(f"{name}/{path.name}") for path in sorted((REGION / name).glob("*.yaml"))
    }


def read_persons() -> list[dict[str, str]]:
    with (REGION / "persons.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PACKAGES = read_folder("packages")
