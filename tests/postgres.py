"""A throw-away PostgreSQL: its own cluster in a temporary folder, on a socket there, gone with the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_USER = "rongan"
# Durability is tested by killing processes, which lose nothing that the kernel has; so the disk need not be waited for.
_OPTIONS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")


def binaries() -> Path | None:
    """The folder with initdb and postgres, the newest there is; None: PostgreSQL is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        places.append(Path(found).resolve().parent)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def missing() -> str:
    """Why there can be no PostgreSQL here; "": there can."""
    if binaries() is None:
        return "PostgreSQL is not installed (Debian: postgresql)"
    if os.geteuid() == 0 and _other_user() is None:
        return "PostgreSQL does not run as root, and there is no other user"
    return ""


class Cluster:
    """A running server. `url(name)` is a database on it; `create` makes one, from a template where that is given."""

    def __init__(self) -> None:
        found = binaries()
        assert found is not None
        self._bin = found
        # Paths of sockets are short: not below the temporary folders of pytest.
        self.folder = Path(tempfile.mkdtemp(prefix="rg-pg-", dir="/tmp"))
        self._user = _other_user() if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._server: subprocess.Popen[bytes] | None = None
        made = ("-D", str(self.folder / "data"), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self._check(str(self._bin / "initdb"), *made)
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        said = [word for option in _OPTIONS for word in ("-c", option)]
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *said]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=_plain_environment(), **self._as_user()
            )
        for _ in range(600):
            ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder), "-U", _USER, "-d", "postgres"]
            if subprocess.run(ready, env=_plain_environment(), check=False).returncode == 0:
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """Stop the server: SIGQUIT at once, as a crash would; SIGINT after ending every connection."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(30)
            self._server = None

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The URL of a database on it."""
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database; returns its URL."""
        self.sql("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def sql(self, name: str, *statements: str) -> None:
        """Run statements as the owner of everything, each by itself."""
        import psycopg

        with psycopg.connect(self.url(name), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL, such as pg_dump, as whoever we are."""
        subprocess.run(
            [str(self._bin / program), *arguments], check=True, env=_plain_environment(), capture_output=True
        )

    def _check(self, *command: str) -> None:
        run = subprocess.run(command, capture_output=True, env=_plain_environment(), check=False, **self._as_user())
        assert run.returncode == 0, run.stderr.decode()

    def _as_user(self) -> dict:
        if self._user is None:
            return {"cwd": self.folder}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": self.folder}


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """A cluster for as long as the block lasts."""
    cluster = Cluster()
    try:
        yield cluster
    finally:
        cluster.remove()


def _other_user() -> pwd.struct_passwd | None:
    """Whom the server runs as where we are root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _plain_environment() -> dict[str, str]:
    """Without the settings of PostgreSQL that a developer may have."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
