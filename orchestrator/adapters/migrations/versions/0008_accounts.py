"""accounts that are closed, and how much an agent takes when it is not as the group says"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.adapters.columns import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("chat_slots", sa.Integer(), nullable=True))
    op.add_column("user_account", sa.Column("video_slots", sa.Integer(), nullable=True))
    op.add_column("user_account", sa.Column("deactivated_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("user_account") as table:
        for column in ("deactivated_at", "video_slots", "chat_slots"):
            table.drop_column(column)
