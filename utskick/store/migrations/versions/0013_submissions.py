"""Submissions are known by keys of their own, and no more by the index key.

What was kept by that key could be tried against it for ever, and is of no use now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    dispatch = sa.table(
        "dispatch", sa.column("id"), sa.column("submission_key"), sa.column("content_seal")
    )
    op.execute(
        dispatch.update().values(
            submission_key=sa.cast(dispatch.c.id, sa.String(64)), content_seal=None
        )
    )
