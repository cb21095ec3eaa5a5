"""The errors of the project: one base, few children, each with the exit code a command ends with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class RonganError(Exception):
    """Base of every error the project raises on purpose."""

    exit_code = 1


class InputError(RonganError):
    """Bad input: names the file, the place in it, the value found and what was expected.

    Nothing has been written when this is raised out of a command; the command ends with exit code 2.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        place: str = "",
        value: object = None,
        expected: str = "",
    ) -> None:
        self.message = message
        self.file = "" if file is None else str(file)
        self.place = place
        self.value = value
        self.expected = expected
        super().__init__(str(self))

    def __reduce__(self) -> tuple:
        told = {"file": self.file, "place": self.place, "value": self.value, "expected": self.expected}
        return _told_again, (InputError, self.message, told)

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.message}" if where else self.message
        if self.value is not None:
            text += f" (found {_shorten(self.value)})"
        if self.expected:
            text += f"; expected {self.expected}"
        return text


class RunStopped(RonganError):
    """A run stopped itself (not a number, or water lost beyond the limit); exit code 3.

    `time_s` is the simulated second and `place` says where; what was computed until then is kept.
    """

    exit_code = 3

    def __init__(self, message: str, *, time_s: float, place: str = "") -> None:
        self.message = message
        self.time_s = time_s
        self.place = place
        super().__init__(f"{message} at t = {time_s:.1f} s" + (f", {place}" if place else ""))

    def __reduce__(self) -> tuple:
        return _told_again, (RunStopped, self.message, {"time_s": self.time_s, "place": self.place})

    @property
    def told(self) -> dict[str, str | float]:
        """What the summary of a stopped run keeps of it."""
        return {"message": self.message, "time_s": self.time_s, "place": self.place}


@dataclass(frozen=True)
class Finding:
    """One defect or doubt that a check found: what `rongan city check` lists a line each."""

    severity: str  # "error" or "warning"
    file: str
    place: str  # row, field, section or coordinate
    value: str
    message: str
    remedy: str

    def as_error(self) -> InputError:
        """The same defect as an exception."""
        return InputError(
            self.message, file=self.file, place=self.place, value=self.value or None, expected=self.remedy
        )


def _told_again(kind: type, message: str, told: dict) -> Exception:
    """An error out of another process; keyword arguments need help on their way."""
    return kind(message, **told)


def _shorten(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
