"""What those who may agree are told of requests that wait for a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.service.places import Places
    from api.store.records import Approval, Entry
    from api.store.store import Writer

KIND = "approval"  # of the entry; never told to the public


def tell(tx: Writer, places: Places, approval: Approval) -> Entry:
    """An entry that the request was asked, approved, rejected or lapsed: `state` says which."""
    body = {
        "state": approval.state,
        "status": approval.body["status"],
        "area": approval.area,
        "level": approval.level,
        "msg_type": approval.message_type,
    }
    return tx.entry(KIND, approval.id, body, places.lineage(approval.area), approval.level)
