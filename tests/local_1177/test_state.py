"""What a file from an earlier version holds is there afterwards."""

import sqlite3
from pathlib import Path

from tests.local_1177.region import ARCHIVED, NAFS, UNIT, write_region
from utskick.local_1177.seed import seed_once
from utskick.local_1177.state import open_state
from utskick.local_1177.templates import available_versions

AS_BEFORE = """
    DROP VIEW published_template;
    ALTER TABLE template ADD COLUMN version INTEGER NOT NULL DEFAULT 3;
    ALTER TABLE template ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
    UPDATE template SET archived = 1 WHERE key = 'gammal';
    DROP TABLE template_version;
    ALTER TABLE form DROP COLUMN template_version;
    ALTER TABLE person DROP COLUMN changed_to;
"""


def test_a_template_keeps_its_version_from_when_it_had_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = open_state(path)
    seed_once(before, write_region(tmp_path / "region"))
    before.executescript(AS_BEFORE)
    before.close()

    state = open_state(path)

    listed = [
        (each["id"], each["version"], each["publish_status"])
        for each in available_versions(state, UNIT)
        if each["id"] in (NAFS, ARCHIVED)
    ]
    assert sorted(listed) == [(NAFS, 3, "Published"), (ARCHIVED, 3, "Archived")]
    assert changed_to(state) == [""]
    state.close()


def changed_to(state: sqlite3.Connection) -> list[str]:
    return [person["changed_to"] for person in state.execute("SELECT * FROM person")]
