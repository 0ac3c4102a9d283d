"""what a quoted band was made of, so that a restart keeps the calibration"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("queue_stay", sa.Column("forecast", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("queue_stay") as table:
        table.drop_column("forecast")
