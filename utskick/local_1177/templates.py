"""Form templates, and whose they are to send."""

import sqlite3
from collections.abc import Sequence

AVAILABLE = """
    FROM template WHERE EXISTS (SELECT 1 FROM unit WHERE hsa_id = :unit) AND (
        catalogue = 'nafs'
        OR owner = :unit
        OR catalogue = 'shared' AND EXISTS (
            SELECT 1 FROM subscription s WHERE s.unit = :unit AND s.template_id = template.id
        )
    )
"""
"""A unit's own templates, the shared ones that it subscribes to, and the national ones."""


def available_templates(state: sqlite3.Connection, unit: str) -> Sequence[sqlite3.Row]:
    return state.execute(f"SELECT * {AVAILABLE} ORDER BY name", {"unit": unit}).fetchall()


def why_not_sendable(
    state: sqlite3.Connection, template_id: str, unit: str, version: int | None = None
) -> str | None:
    """The word that the form service gives for refusing, or `None`."""
    template = state.execute(
        "SELECT archived, version FROM template WHERE id = ?", (template_id,)
    ).fetchone()
    if template is None or version not in (None, template["version"]):
        return "TEMPLATE_UNKNOWN"
    if template["archived"]:
        return "TEMPLATE_ARCHIVED"
    available = state.execute(
        f"SELECT 1 {AVAILABLE} AND id = :id", {"unit": unit, "id": template_id}
    )
    return None if available.fetchone() else "TEMPLATE_NOT_AVAILABLE"
