"""A template's id is called `template_id`, and a form's id `form_id`; so are their constraints.

Only names change, so no table is written anew, whatever its size.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# In this order: `form_id` of a delivery is free when its template's id has been renamed.
_COLUMNS = (
    ("delivery", "form_id", "template_id"),
    ("delivery", "external_form_id", "form_id"),
    ("dispatch_form", "form_id", "template_id"),
    ("subscription", "form_id", "template_id"),
    ("blocked_form", "form_id", "template_id"),
    ("package_template", "form_ids", "template_ids"),
)
_CONSTRAINTS = (
    (
        "delivery",
        "uq_delivery_occasion_id_recipient_id_form_id",
        "uq_delivery_occasion_id_recipient_id_template_id",
    ),
    ("delivery", "uq_delivery_external_form_id", "uq_delivery_form_id"),
    ("dispatch_form", "fk_dispatch_form_form_id", "fk_dispatch_form_template_id"),
    ("subscription", "fk_subscription_form_id", "fk_subscription_template_id"),
)


def upgrade() -> None:
    for table, old, new in _COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    if op.get_bind().dialect.name == "sqlite":
        _rename_in_sqlite()
        return
    for table, old, new in _CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    op.execute("ALTER INDEX ix_dispatch_form_form_id RENAME TO ix_dispatch_form_template_id")


def _rename_in_sqlite() -> None:
    """As sqlite.org/lang_altertable.html says for what leaves the rows as they are.

    SQLite renames no constraint. To copy `delivery` and drop it would break the foreign keys that
    point at it.
    """
    op.drop_index("ix_dispatch_form_form_id", "dispatch_form")
    op.create_index("ix_dispatch_form_template_id", "dispatch_form", ["template_id"])
    connection = op.get_bind()
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    rename = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :old, :new)"
        " WHERE type = 'table' AND name = :table"
    )
    for table, old, new in _CONSTRAINTS:
        connection.execute(rename, {"table": table, "old": old, "new": new})
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))
