"""Keys of signatures on disk: one signs, several are pinned; each has a time of validity and can be revoked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data.errors import InputError

PINNED = "pinned.json"  # in the folder of keys
VALIDITY = timedelta(days=397)
_SLACK = timedelta(minutes=5)  # of clocks, before a new key is valid


@dataclass(frozen=True)
class PinnedKey:
    """A public key that is believed, from when until when."""

    certificate: x509.Certificate
    revoked: datetime | None = None

    @property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the certificate."""
        return key_id(self.certificate)

    @property
    def not_before(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc

    def valid_at(self, moment: datetime) -> bool:
        """Whether a message sent then may carry its signature."""
        return self.not_before <= moment <= self.not_after and (self.revoked is None or moment < self.revoked)


@dataclass(frozen=True)
class SigningKey:
    """The private key that signs and its certificate."""

    private: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def id(self) -> str:
        return key_id(self.certificate)

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc


@dataclass(frozen=True)
class PinnedKeys:
    """The keys that are believed, by id."""

    keys: tuple[PinnedKey, ...]

    def usable(self, name: str, at: datetime) -> PinnedKey | None:
        """The key of that id, if it is valid and not revoked at the moment."""
        return next((key for key in self.keys if key.id == name and key.valid_at(at)), None)

    def with_key(self, certificate: x509.Certificate) -> PinnedKeys:
        """These and one more."""
        return PinnedKeys((*(k for k in self.keys if k.id != key_id(certificate)), PinnedKey(certificate)))

    def revoke(self, name: str, at: datetime) -> PinnedKeys:
        """The same with one key not believed from the moment on; InputError where there is none of that id."""
        if all(key.id != name for key in self.keys):
            raise InputError("no such key", value=name, expected=", ".join(key.id for key in self.keys))
        return PinnedKeys(tuple(replace(k, revoked=at) if k.id == name else k for k in self.keys))

    @staticmethod
    def of(certificates: Iterable[x509.Certificate]) -> PinnedKeys:
        """All of them, none revoked."""
        return PinnedKeys(tuple(PinnedKey(certificate) for certificate in certificates))

    @staticmethod
    def read(folder: Path) -> PinnedKeys:
        """The keys of `folder`/pinned.json; InputError where the file cannot be read."""
        path = folder / PINNED
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))["keys"]
            return PinnedKeys(tuple(_pinned(row) for row in rows))
        except FileNotFoundError:
            raise InputError("no pinned keys", file=path, expected="a folder made by `rongan serve`") from None
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise InputError(f"not a file of pinned keys: {fault!r}", file=path) from None

    def write(self, folder: Path) -> None:
        """`folder`/pinned.json, whole or not at all. It holds public parts only and is meant to be handed out."""
        rows = [
            {
                "id": key.id,
                "not_before": key.not_before.isoformat(),
                "not_after": key.not_after.isoformat(),
                "revoked": None if key.revoked is None else key.revoked.isoformat(),
                "certificate": key.certificate.public_bytes(serialization.Encoding.PEM).decode(),
            }
            for key in self.keys
        ]
        _put(folder / PINNED, json.dumps({"keys": rows}, indent=1).encode() + b"\n", 0o644)


def key_id(certificate: x509.Certificate) -> str:
    """First 16 hex digits of the SHA-256 of the certificate."""
    return certificate.fingerprint(hashes.SHA256()).hex()[:16]


def new_key(name: str, now: datetime, validity: timedelta = VALIDITY) -> SigningKey:
    """A fresh P-256 key with a self-signed certificate, valid from `now` on."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _SLACK)
        .not_valid_after(now.astimezone(UTC) + validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    return SigningKey(private, certificate)


def write_key(key: SigningKey, folder: Path) -> Path:
    """`folder`/<id>.pem, private key and certificate, readable by its owner alone."""
    private = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{key.id}.pem"
    _put(path, private + key.certificate.public_bytes(serialization.Encoding.PEM), 0o600)
    return path


def read_key(path: Path) -> SigningKey:
    """The key of such a file; InputError where it is none, or not on P-256."""
    try:
        content = path.read_bytes()
        private = serialization.load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
    except FileNotFoundError:
        raise InputError("no such key", file=path) from None
    except (OSError, ValueError, TypeError) as fault:
        raise InputError(f"not a key: {fault}", file=path, expected="a private key and its certificate, PEM") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise InputError("not a key of P-256", file=path)
    if private.public_key() != certificate.public_key():
        raise InputError("key and certificate do not belong together", file=path)
    return SigningKey(private, certificate)


def _pinned(row: dict[str, str]) -> PinnedKey:
    certificate = x509.load_pem_x509_certificate(row["certificate"].encode())
    if row["id"] != key_id(certificate):
        raise ValueError(f"{row['id']} is not the id of its certificate")
    revoked = row["revoked"]
    return PinnedKey(certificate, None if revoked is None else datetime.fromisoformat(revoked))


def _put(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
