"""What the local 1177 remembers: one SQLite file behind one connection."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

SCHEMA = """
CREATE TABLE unit (
    hsa_id TEXT COLLATE NOCASE PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL
);
CREATE TABLE template (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    resident_name TEXT NOT NULL,
    description TEXT NOT NULL,
    catalogue TEXT NOT NULL CHECK (catalogue IN ('own', 'shared', 'nafs')),
    owner TEXT COLLATE NOCASE,
    questions TEXT NOT NULL
);
CREATE TABLE subscription (
    unit TEXT COLLATE NOCASE NOT NULL,
    template_id TEXT NOT NULL REFERENCES template,
    PRIMARY KEY (unit, template_id)
);
CREATE TABLE person (
    ref INTEGER PRIMARY KEY,
    personnummer TEXT NOT NULL UNIQUE,
    given_name TEXT NOT NULL DEFAULT '',
    surname TEXT NOT NULL DEFAULT '',
    in_register INTEGER NOT NULL DEFAULT 1,
    protected TEXT NOT NULL DEFAULT '' CHECK (protected IN ('', 'indicator', 'population')),
    deregistered TEXT NOT NULL DEFAULT '' CHECK (deregistered IN ('', 'dead', 'emigrated')),
    account INTEGER NOT NULL DEFAULT 1,
    notified_by TEXT NOT NULL DEFAULT 'SMS Email',
    guardians TEXT NOT NULL DEFAULT ''
);
CREATE TABLE form (
    id TEXT PRIMARY KEY,
    template_id TEXT NOT NULL REFERENCES template,
    unit TEXT COLLATE NOCASE NOT NULL,
    person_ref INTEGER NOT NULL REFERENCES person,
    created_at TEXT NOT NULL,
    expire_date TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    banner TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ONGOING',
    answers TEXT NOT NULL DEFAULT '{}',
    completed_at TEXT,
    proxy_ref INTEGER REFERENCES person
);
CREATE INDEX form_of_person ON form (person_ref, unit);
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    person_ref INTEGER NOT NULL REFERENCES person,
    unit TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    link TEXT NOT NULL,
    source_system TEXT NOT NULL,
    notified TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX message_of_person ON message (person_ref);
"""
ADDED_TABLES = """
CREATE TABLE IF NOT EXISTS template_version (
    template_id TEXT NOT NULL REFERENCES template,
    version INTEGER NOT NULL,
    publish_status TEXT NOT NULL,
    PRIMARY KEY (template_id, version)
);
CREATE VIEW IF NOT EXISTS published_template AS
    SELECT DISTINCT template_id FROM template_version WHERE publish_status = 'Published';
CREATE TABLE IF NOT EXISTS seal (key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notice_receiver (
    url TEXT NOT NULL,
    logical_address TEXT NOT NULL,
    header TEXT NOT NULL,
    value TEXT NOT NULL,
    times INTEGER NOT NULL,
    retry_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY,
    form_id TEXT NOT NULL REFERENCES form,
    categorization TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0
);
CREATE TRIGGER IF NOT EXISTS form_created AFTER INSERT ON form
WHEN EXISTS (SELECT 1 FROM notice_receiver) BEGIN
    INSERT INTO notice (form_id, categorization) VALUES (new.id, 'FormCreated');
END;
CREATE TRIGGER IF NOT EXISTS form_completed AFTER UPDATE OF status ON form
WHEN new.status = 'COMPLETED' AND EXISTS (SELECT 1 FROM notice_receiver) BEGIN
    INSERT INTO notice (form_id, categorization) VALUES (new.id, 'FormComplete');
END;
"""
ADDED_COLUMNS = {
    "form": {
        "reference": "TEXT NOT NULL DEFAULT ''",
        "template_version": "INTEGER NOT NULL DEFAULT 1",
    },
    "person": {
        "changed_to": "TEXT NOT NULL DEFAULT ''",
        "deregistration_code": "TEXT NOT NULL DEFAULT ''",
        "deregistration_date": "TEXT NOT NULL DEFAULT ''",
        "found_dead": "TEXT NOT NULL DEFAULT ''",
        "coordination_deceased": "TEXT NOT NULL DEFAULT ''",
        "test_person": "INTEGER NOT NULL DEFAULT 1",
    },
}
"""What files from before do not have. A date that is '' is not there."""


def open_state(path: Path) -> sqlite3.Connection:
    """Open the file, and make it with empty tables if it is not there.

    Every statement commits by itself. The connection is opened in one thread and then used by
    the event loop's alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    state = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    state.row_factory = sqlite3.Row
    state.execute("PRAGMA journal_mode = WAL")
    state.execute("PRAGMA synchronous = NORMAL")
    state.execute("PRAGMA foreign_keys = ON")
    if not state.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        state.executescript(f"BEGIN; {SCHEMA} COMMIT;")
    state.executescript(ADDED_TABLES)
    for table, added in ADDED_COLUMNS.items():
        _add_columns(state, table, added)
    _give_versions_a_table(state)
    _make_seal(state)
    # Files from when a link was a whole address.
    state.execute("UPDATE message SET link = '{}' WHERE link NOT LIKE '{%'")
    return state


def _columns_of(state: sqlite3.Connection, table: str) -> set[str]:
    found = state.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return {column["name"] for column in found}


def _add_columns(state: sqlite3.Connection, table: str, added: Mapping[str, str]) -> None:
    for name in added.keys() - _columns_of(state, table):
        state.execute(f"ALTER TABLE {table} ADD COLUMN {name} {added[name]}")


def _give_versions_a_table(state: sqlite3.Connection) -> None:
    """In files from before a template had one version."""
    if "archived" in _columns_of(state, "template"):
        state.executescript("""
            BEGIN;
            INSERT INTO template_version SELECT id, version,
                CASE WHEN archived THEN 'Archived' ELSE 'Published' END FROM template;
            ALTER TABLE template DROP COLUMN archived;
            ALTER TABLE template DROP COLUMN version;
            COMMIT;
        """)


def _make_seal(state: sqlite3.Connection) -> None:
    """The key that pages' sealed fields are made with."""
    if not state.execute("SELECT 1 FROM seal").fetchone():
        state.execute("INSERT INTO seal VALUES (?)", (Fernet.generate_key().decode(),))


@contextmanager
def transaction(state: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. Never hold one over an `await`: everybody shares the connection."""
    state.execute("BEGIN IMMEDIATE")
    with state:
        yield
