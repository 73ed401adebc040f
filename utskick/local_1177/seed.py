"""Units, form templates, subscriptions and test persons, read from the region's folder."""

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import yaml

from utskick.local_1177.people import save_person
from utskick.local_1177.state import transaction
from utskick.local_1177.templates import ARCHIVED, PUBLISHED, set_versions

SEEDED = 1
"""`PRAGMA user_version` of a file that has been seeded."""


def seed_once(state: sqlite3.Connection, region: Path) -> None:
    """Fill an empty file. A seeded one keeps its changes: what was archived stays archived."""
    if state.execute("PRAGMA user_version").fetchone()[0] == SEEDED:
        return
    with transaction(state):
        _seed_units(state, region)
        _seed_templates(state, region)
        _seed_subscriptions(state, region)
        _seed_persons(state, region)
        state.execute(f"PRAGMA user_version = {SEEDED}")


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _seed_units(state: sqlite3.Connection, region: Path) -> None:
    for unit in read_yaml(region / "units.yaml"):
        state.execute(
            "INSERT INTO unit VALUES (?, ?, ?)", (unit["hsa_id"], unit["name"], unit["phone"])
        )


def _seed_templates(state: sqlite3.Connection, region: Path) -> None:
    for path in sorted((region / "forms").glob("*.yaml")):
        form = read_yaml(path)
        state.execute(
            "INSERT INTO template VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(form["id"]),
                form["key"],
                form["name"],
                form["resident_name"],
                form["description"],
                form["catalogue"],
                form["owner"],
                json.dumps(form["questions"], ensure_ascii=False),
            ),
        )
        newest = ARCHIVED if form["archived"] else PUBLISHED
        older = dict.fromkeys(range(1, form["version"]), ARCHIVED)
        set_versions(state, str(form["id"]), {**older, form["version"]: newest})


def _seed_subscriptions(state: sqlite3.Connection, region: Path) -> None:
    for subscription in read_yaml(region / "subscriptions.yaml"):
        state.execute(
            "INSERT INTO subscription SELECT ?, id FROM template WHERE key = ?",
            (subscription["unit"], subscription["form"]),
        )


def _seed_persons(state: sqlite3.Connection, region: Path) -> None:
    with (region / "persons.csv").open(encoding="utf-8", newline="") as lines:
        for person in csv.DictReader(lines):
            flags = {flag: person[flag] == "yes" for flag in ("in_register", "account")}
            save_person(state, person | flags)
