"""Sessions with an id and a place; sign-ins under way are kept by the browsers.

Whoever is signed in signs in anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("DELETE FROM staff_session")
    with op.batch_alter_table("staff_session") as batch_op:
        batch_op.add_column(sa.Column("id", sa.Uuid(), nullable=False))
        batch_op.add_column(sa.Column("place", sa.String(), nullable=False))
        batch_op.create_unique_constraint("uq_staff_session_id", ["id"])
    op.drop_table("sign_in_attempt")
