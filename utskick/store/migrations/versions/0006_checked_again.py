"""How many recipients of an occasion could not be checked again shortly before its moment."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("occasion") as batch_op:
        for name in ("unchecked_persons", "unchecked_accounts"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
