"""What the service will not do, and why, in a word for programs and a sentence for people."""

from __future__ import annotations

from data.errors import RonganError


class Refused(RonganError):
    """Nothing was published and nothing changed.

    `reason`: "role" (this role may not), "scope" (not in the area of this key), "actual" (Actual is not allowed here,
    or not to this key), "second_person" (whoever asked, or may have, cannot agree to it), "state" (the episode is not
    in a state for it), "over" (the message is not in force any more, or the question is void), "fault" (the message
    would break the rules of messages; it was not sent).
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)
