"""Whether a package looks, at each occasion, who has its forms already."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column(
        "package_template",
        sa.Column("checks_already_has", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
