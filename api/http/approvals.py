"""A message that waits for a second person, as it is told."""

from __future__ import annotations

from typing import Any

from api.http.chains import moment
from api.store.records import Approval


def approval_form(approval: Approval) -> dict[str, Any]:
    """The question with what would be sent."""
    return {
        "id": approval.id,
        "state": approval.state,
        "askedBy": approval.asked_by,
        "asked": moment(approval.asked),
        "messageType": approval.message_type,
        "area": approval.area,
        "level": approval.level,
        "note": approval.body.get("note", ""),
        "decidedBy": approval.decided_by,
        "decided": moment(approval.decided),
        "notice": approval.body.get("notice"),
    }
