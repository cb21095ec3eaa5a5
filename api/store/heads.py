"""Signed heads of the audit: made with the key that signs messages, believed by the pinned keys alone."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from api.store.audit import head_bytes
from api.store.records import AuditHead
from api.store.store import Store
from api.warning.keys import PinnedKeys, SigningKey

_ECDSA = ec.ECDSA(hashes.SHA256())


def sign_end(store: Store, key: SigningKey, actor: str = "service") -> AuditHead | None:
    """Sign the end of the audit as it is now; None where nothing was added since the last head. For now and then."""
    with store.writing(actor) as tx:
        return tx.sign_audit(lambda told: key.private.sign(told, _ECDSA), key.id)


def verifier(keys: PinnedKeys) -> Callable[[AuditHead], bool]:
    """What `check_audit` asks of a head: signed by a pinned key that was valid and not revoked at its time."""

    def holds(head: AuditHead) -> bool:
        key = keys.usable(head.key, head.time)
        public = None if key is None else key.certificate.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        try:
            public.verify(head.signature, head_bytes(head.number, head.audit, head.hash, head.time), _ECDSA)
        except InvalidSignature:
            return False
        return True

    return holds
