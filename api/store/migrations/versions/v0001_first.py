"""The first tables."""

from __future__ import annotations

from alembic import op

from api.store.migrations.guards import append_only, gapless
from api.store.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Tables, and the triggers that hold what must not change."""
    metadata.create_all(op.get_bind())
    for table in ("entries", "audit", "audit_heads"):
        append_only(table)
        gapless(table)
    append_only("messages", unless="OLD.status IN ('Test', 'System')")
