"""Form templates, their versions, and whose they are to send.

A template can be sent while any of its versions is published. What a version's `publish_status`
may be is nowhere said: any text is kept.
"""

import sqlite3
from collections.abc import Mapping, Sequence

PUBLISHED, ARCHIVED = "Published", "Archived"

AVAILABLE = """
    FROM template JOIN template_version ON template_id = id
    WHERE EXISTS (SELECT 1 FROM unit WHERE hsa_id = :unit) AND (
        catalogue = 'nafs'
        OR owner = :unit
        OR catalogue = 'shared' AND EXISTS (
            SELECT 1 FROM subscription s WHERE s.unit = :unit AND s.template_id = template.id
        )
    )
"""
"""A unit's own templates, the shared ones that it subscribes to, and the national ones."""


def available_versions(state: sqlite3.Connection, unit: str) -> Sequence[sqlite3.Row]:
    """Every version of what is the unit's to use: of each template the newest first."""
    return state.execute(
        f"SELECT * {AVAILABLE} ORDER BY name, id, version DESC", {"unit": unit}
    ).fetchall()


def set_versions(state: sqlite3.Connection, template_id: str, versions: Mapping[int, str]) -> None:
    """These and no others, each with its `publish_status`."""
    state.execute("DELETE FROM template_version WHERE template_id = ?", (template_id,))
    state.executemany(
        "INSERT INTO template_version VALUES (?, ?, ?)",
        [(template_id, version, status) for version, status in versions.items()],
    )


def newest_version(state: sqlite3.Connection, template_id: str) -> int:
    """Of those that are published, if any is."""
    newest = state.execute(
        "SELECT version FROM template_version WHERE template_id = ?"
        " ORDER BY publish_status = ? DESC, version DESC",
        (template_id, PUBLISHED),
    ).fetchone()
    return int(newest["version"])


def why_not_sendable(
    state: sqlite3.Connection, template_id: str, unit: str, version: int | None = None
) -> str | None:
    """The form service's own words for refusing, or `None`."""
    statuses = state.execute(
        "SELECT publish_status FROM template_version"
        " WHERE template_id = ? AND coalesce(? = version, 1)",
        (template_id, version),
    ).fetchall()
    if not statuses:
        return "mallen finns inte"
    if PUBLISHED not in {row["publish_status"] for row in statuses}:
        return "mallen är inte publicerad"
    available = state.execute(
        f"SELECT 1 {AVAILABLE} AND id = :id", {"unit": unit, "id": template_id}
    )
    return None if available.fetchone() else "enheten får inte använda mallen"
