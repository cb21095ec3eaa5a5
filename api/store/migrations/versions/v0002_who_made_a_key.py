"""Who made a key: a key does not agree to what the key that made it has asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.store.columns import Words

revision = "0002"
down_revision = "0001"

# Keys there are already: whoever the audit says. Names that are no key ("command line") stay out.
_KNOWN = """
UPDATE keys SET made_by = coalesce((
    SELECT audit.actor FROM audit
    WHERE audit.action = 'key' AND audit.subject = keys.id AND audit.actor IN (SELECT maker.id FROM keys AS maker)
    ORDER BY audit.number LIMIT 1), '')
"""


def upgrade() -> None:
    """From 0001."""
    op.add_column("keys", sa.Column("made_by", Words, nullable=False, server_default=""))
    op.execute(_KNOWN)
