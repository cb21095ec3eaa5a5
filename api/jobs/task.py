"""A job as its worker sees it: what is to be done, from values alone. The same task gives the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from data.errors import InputError

JOB_KINDS = ("drill", "forecast", "adequacy", "siting")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Task:
    """What a worker is handed. `params` have been read by `api.jobs.asked` before."""

    id: str  # 32 hexadecimal digits
    kind: str  # of JOB_KINDS
    params: dict[str, Any]
    seed: int

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Task:
        """The task of `to_json`."""
        return cls(**json.loads(line))


def new_id() -> str:
    """An id for a job: 128 random bits, so that nobody guesses another's."""
    return uuid.uuid4().hex


def check_id(text: str) -> str:
    """The id itself; InputError where the text is none, so that no path is ever made of one."""
    if not _ID.fullmatch(text):
        raise InputError("not the id of a job", place="id", value=text[:80], expected="32 hexadecimal digits")
    return text


def params_sha256(kind: str, params: dict[str, Any]) -> str:
    """SHA-256 (hex) over the kind and the params, whatever the order of their keys."""
    text = json.dumps([kind, params], ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
