"""What jobs may name: the cities and rain that the operator has put into the home folder. No path comes over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

from data.errors import InputError
from data.suggest import closest

CITIES, RAIN = "cities", "rain"  # folders of the home folder
SERVED = "served"  # name of the city that the service was started with: what a job means that names none
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RAIN_KINDS = (".csv", ".nc")


class Registry:
    """Names and where they lead, relative to the home folder: the same wherever that lies."""

    def __init__(self, home: str | Path) -> None:
        self.home = Path(home)

    def cities(self) -> list[str]:
        """Names of the packs in `cities`."""
        return sorted(
            path.name for path in self._entries(CITIES) if _NAME.fullmatch(path.name) and (path / "city.toml").is_file()
        )

    def rains(self) -> list[str]:
        """Names of the files in `rain`, without their endings."""
        return sorted(
            path.stem
            for path in self._entries(RAIN)
            if _NAME.fullmatch(path.stem) and path.suffix in _RAIN_KINDS and path.is_file()
        )

    def city(self, name: str, place: str = "city.name") -> Path:
        """The pack of this name, relative to the home folder. InputError where there is none."""
        self._check(name, self.cities(), place, "city")
        return Path(CITIES) / name

    def rain(self, name: str, place: str = "storm.rain") -> Path:
        """The rain of this name (CSV or NetCDF), relative to the home folder. InputError where there is none."""
        self._check(name, self.rains(), place, "rain")
        kind = next(kind for kind in _RAIN_KINDS if (self.home / RAIN / f"{name}{kind}").is_file())
        return Path(RAIN) / f"{name}{kind}"

    def register_city(self, name: str, pack: str | Path) -> None:
        """Let jobs name a city pack that lies elsewhere on this machine. InputError where the name is no name."""
        if not _NAME.fullmatch(name):
            raise InputError("not a name", place="city", value=name, expected="letters, digits, _ and -, at most 64")
        folder = self.home / CITIES
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / name
        if link.exists() and not link.is_symlink():
            raise InputError("a city of this name is there", file=link, expected="another name")
        fresh = folder / f".{name}.link"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path(pack).resolve(), target_is_directory=True)
        fresh.replace(link)  # at once: no moment without the city

    def serve_city(self, pack: str | Path | None) -> None:
        """Say which city pack a job means that names none; None: the sample city."""
        if pack is not None:
            self.register_city(SERVED, pack)
        elif (link := self.home / CITIES / SERVED).is_symlink():
            link.unlink()

    def _entries(self, folder: str) -> list[Path]:
        place = self.home / folder
        return list(place.iterdir()) if place.is_dir() else []

    def _check(self, name: object, known: list[str], place: str, what: str) -> None:
        if not isinstance(name, str) or name not in known:
            raise InputError(
                f"no such {what} is registered",
                place=place,
                value=name,
                expected=closest(name, known)
                if isinstance(name, str) and known
                else f"the name of a registered {what}",
            )
