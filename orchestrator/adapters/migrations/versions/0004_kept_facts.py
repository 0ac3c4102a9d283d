"""what was known when an event was decided, and the events that were refused: all that a replay needs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("event", sa.Column("facts", sa.Text(), nullable=True))
    op.add_column("refusal", sa.Column("body", sa.Text(), nullable=True))
    op.add_column("refusal", sa.Column("facts", sa.Text(), nullable=True))


def downgrade() -> None:
    for table, column in (("refusal", "facts"), ("refusal", "body"), ("event", "facts")):
        op.drop_column(table, column)
