"""several processes: nodes, leases, and where the rooms are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from orchestrator.adapters.columns import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "node",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("alive_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_node_alive_until", "node", ["alive_until"])
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "call_room",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("ix_call_room_node", "call_room", ["node"])


def downgrade() -> None:
    for table in ("call_room", "lease", "node"):
        op.drop_table(table)
