"""Settings of the service: environment variables RONGAN_*, or a file `rongan.env` in its home folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROLES = ("viewer", "poller", "officer", "approver", "planner", "admin")


class Settings(BaseSettings):
    """Every setting with its default: one machine, no set-up, exercise only."""

    model_config = SettingsConfigDict(env_prefix="RONGAN_", extra="forbid", frozen=True)

    home: Path = Path("out/service")  # database, keys of signatures, jobs, states of the forecast
    database_url: str = ""  # SQLAlchemy URL; "": SQLite in `home`
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)  # processes that answer HTTP
    jobs: int = Field(1, ge=0, le=64)  # jobs that run at a time
    scheduler: str = ""  # Dask scheduler for jobs and ensembles; "": local processes
    jobs_per_key: int = Field(10, ge=1)  # jobs of one key that wait or run
    job_samples: tuple[str, ...] = ("small", "city")  # sizes of the sample city that jobs may ask for
    job_water_h: float = Field(72.0, gt=0.0)  # simulated hours of one job
    job_replicates: int = Field(200, ge=0)
    job_minutes: float = Field(240.0, gt=0.0)  # on the machine's clock, for one attempt

    mode: Literal["exercise", "actual"] = "exercise"
    allow_actual: bool = False  # the separate switch: without it nothing is ever Actual
    allow_actual_synthetic: bool = False  # Actual about a city with made-up layers too: for acceptance tests
    allow_unknown_signer: bool = False  # start although what is in force was signed by a key that is not in `keys`
    watch_key: str = ""  # id of the key in whose name the watch publishes Actual; "": all it sends is an exercise
    drill: str = "standing-exercise"  # names the exercise in every note
    sender: str = "drill@rongan.invalid"
    sector: str = "000"
    unit: str = "000"
    extension: str = "00"
    event_codes: Path | None = None  # code table of events (docs/messages.md); None: our own words, no code made up

    public_read: bool = True  # reading needs no key
    docs: bool = True  # page /docs
    cors_origins: tuple[str, ...] = ()
    reads_per_minute: int = Field(6000, ge=1)  # per key or address
    writes_per_minute: int = Field(600, ge=1)
    largest_body_bytes: int = Field(2_000_000, ge=1)
    slowest_body_s: float = Field(10.0, gt=0.0)

    refresh_s: float = Field(0.05, gt=0.0)  # how often a web process asks the database for news
    heartbeat_s: float = Field(15.0, gt=0.0)  # comments on event streams
    stale_after_s: float = Field(120.0, gt=0.0)  # without news from the database or a canary: stale
    canary_s: float = Field(60.0, gt=0.0)  # between two canaries
    audit_sign_s: float = Field(3600.0, gt=0.0)  # between two signed heads of the audit
    keep_days: float = Field(400.0, ge=1.0)  # observations, old plans, answers kept for idempotency keys
    ack_within_min: float = Field(15.0, gt=0.0)  # else it is escalated to the area above
    webhook_attempts: int = Field(8, ge=1)  # then it is a dead letter
    webhook_timeout_s: float = Field(10.0, gt=0.0)  # of one call, from the name look-up to the last byte
    webhook_retry_s: float = Field(5.0, gt=0.0)  # before the second attempt; each later wait is three times as long
    webhook_longest_retry_s: float = Field(3600.0, gt=0.0)
    webhooks_per_key: int = Field(20, ge=1)  # subscriptions of one key
    webhook_private: bool = False  # subscribers may be in the own network and on this machine

    @property
    def actual(self) -> bool:
        """Whether anything may be Actual here: both switches say so."""
        return self.allow_actual and self.mode == "actual"

    @property
    def url(self) -> str:
        """The database."""
        return self.database_url or f"sqlite:///{(self.home / 'rongan.db').as_posix()}"


def settings_of(home: Path | None = None, **given: object) -> Settings:
    """Environment over `home`/rongan.env over defaults; `given` (from the command line, None: not given) over all."""
    said = {name: value for name, value in given.items() if value is not None}
    folder = Path(home) if home is not None else Settings().home
    return Settings(_env_file=folder / "rongan.env", home=folder, **said)  # type: ignore[call-arg,arg-type]
