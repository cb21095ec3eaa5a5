"""Only a pinned key that is valid makes a message believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.warning.cap import cap_signed
from api.warning.keys import PinnedKeys, new_key
from api.warning.signing import BadSignature, Signer, verify
from tests.api.test_notice import made

NOW = datetime(2026, 7, 15, 13, 0, tzinfo=UTC)
KEY = new_key("test", NOW - timedelta(days=1))
PINNED = PinnedKeys.of([KEY.certificate])


def test_a_signed_message_names_its_key() -> None:
    assert verify(cap_signed(made(), Signer(KEY)), PINNED, NOW) == KEY.id


def test_a_tampered_message_is_refused() -> None:
    xml = cap_signed(made(), Signer(KEY))
    assert b"Severe" in xml
    with pytest.raises(BadSignature):
        verify(xml.replace(b"Severe", b"Minor"), PINNED, NOW)
