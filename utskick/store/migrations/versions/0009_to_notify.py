"""An occasion whose run is to notify recipients says so: its aim was stored by another word."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("UPDATE occasion SET aim = 'notify' WHERE aim = 'tell'")
