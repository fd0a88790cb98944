"""The settings of a run, and the only module that reads environment variables.

Every setting has a safe default and a `CCDATA_*` variable. The command line sets the variables before anything
else is loaded, so a run started by hand, by the web UI or by a schedule is configured the same way.
"""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ccdata_assets.errors import WrongUse

PROJECT_DIR = Path(__file__).resolve().parent.parent
"""The checkout: it holds dbt_project/, data/sample and dagster.yaml beside the package."""


class Settings(BaseSettings):
    """Where a run reads and writes, the centre's time zone, business time and limits."""

    model_config = SettingsConfigDict(env_prefix="CCDATA_", extra="ignore")

    home: Path = Field(PROJECT_DIR / "data", description="Everything a run writes lies below this folder.")
    inbox: Path | None = Field(None, description="Folder of <feed>/<file>; default: <home>/inbox.")
    contracts: str = Field("", description=f"Extra contract folders, separated by {os.pathsep!r}.")
    now: str = Field("", description="Business time: a date (its end in the centre's zone) or an ISO instant.")
    time_zone: str = Field("Asia/Shanghai", description="The centre's time zone.")
    history_from: str = Field("1999-01", description="First month that reports can be asked for (YYYY-MM).")
    closing_days: int = Field(0, ge=0, description="Days after the end of a month on which its reports close.")
    report_language: Literal["both", "zh", "en"] = Field("both", description="Language of workbooks and the web page.")
    memory_limit: str = Field("8GB", description="DuckDB's memory limit, ours and dbt's.")
    threads: int = Field(2, ge=1, description="DuckDB's threads, ours and dbt's.")
    max_columns: int = Field(1000, ge=1, description="A file with more columns is rejected whole.")
    max_field_bytes: int = Field(131_072, ge=1024, description="A longer cell is read as an unclosed quote.")
    max_line_bytes: int = Field(268_435_456, ge=1024, description="A text file with a longer line is rejected whole.")
    max_expanded_bytes: int = Field(
        50_000_000_000, ge=1024, description="An archive or workbook that expands beyond this is rejected whole."
    )
    max_expansion: int = Field(
        300, ge=2, description="So is one that expands to more than so many times its size and more than 100 MB."
    )
    max_members: int = Field(1000, ge=1, description="So is an archive of more files.")
    max_depth: int = Field(3, ge=1, description="So is an archive within more archives.")
    settle_s: float = Field(2, ge=0, description="A file that changes within so many seconds is left for the next run.")
    lock_timeout_s: float = Field(3600, ge=0, description="How long a run waits for another to finish.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Key that secret values are hashed with; default: <home>/secret.key, made at first use.",
    )
    publish_personal: bool = Field(False, description="Publish personal columns in clear instead of masked.")
    run_retention_days: int = Field(180, ge=1, description="Finished runs older than this leave Dagster's history.")
    docs_runs: int = Field(5, ge=1, description="Runs of each table's checks that Data Docs show.")
    retired_feeds: str = Field(
        "", description="Feeds given up for good, separated by commas: their rows leave the warehouse."
    )

    @field_validator("home", "inbox")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path else None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("not a time zone; give one such as Asia/Shanghai") from None
        return name

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < 16:
            raise ValueError("the key is shorter than 16 characters; give a long random one")
        return key

    @field_validator("now")
    @classmethod
    def _a_time(cls, text: str) -> str:
        parse_as_of(text, ZoneInfo("UTC"))
        return text

    @property
    def inbox_dir(self) -> Path:
        return self.inbox or self.home / "inbox"

    @property
    def contract_dirs(self) -> list[Path]:
        return [Path(part).expanduser().resolve() for part in self.contracts.split(os.pathsep) if part]

    @property
    def raw_dir(self) -> Path:
        return self.home / "lake" / "raw"

    @property
    def secret_key_path(self) -> Path:
        return self.home / "secret.key"

    @property
    def secret_mark_path(self) -> Path:
        """A mark of the key that the raw store's values were hashed with."""
        return self.home / "lake" / "secret.mark"

    @property
    def quarantine_dir(self) -> Path:
        return self.home / "quarantine"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse" / "ccdata.duckdb"

    @property
    def published_path(self) -> Path:
        return self.home / "published" / "ccdata.duckdb"

    @property
    def reports_dir(self) -> Path:
        return self.home / "reports"

    @property
    def review_path(self) -> Path:
        """The workbook of pairs that stewards are asked about."""
        return self.home / "review" / "organisations.xlsx"

    @property
    def models_dir(self) -> Path:
        """Match models trained on this home's own records, and which of them was adopted."""
        return self.home / "models"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt_project"

    @property
    def sample_dir(self) -> Path:
        return PROJECT_DIR / "data" / "sample"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def as_of(self) -> datetime:
        """Business time of this run, an aware UTC instant; fixed at the first look, so one run has one time."""
        return parse_as_of(self.now, self.zone)

    @property
    def business_date(self) -> date:
        """The centre's local date at `as_of`."""
        return self.as_of.astimezone(self.zone).date()


def parse_as_of(text: str, zone: ZoneInfo) -> datetime:
    """Read a business time: '' is the wall clock, a date is its last second in `zone`, else an ISO instant.

    Returns an aware datetime in UTC. Raises ValueError, saying what is accepted, for anything else.
    """
    if not text:
        return datetime.now(timezone.utc).replace(microsecond=0)
    try:
        try:
            moment = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone) - timedelta(seconds=1)
        except ValueError:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        raise ValueError(
            f"business time {text!r} is not a date (2026-01-31) or an ISO instant (2026-01-31T18:00+08:00)"
        ) from None
    return moment.astimezone(timezone.utc)


def load_settings() -> Settings:
    """The settings as the environment has them now; WrongUse names each variable that has an impossible value."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"CCDATA_{str(detail['loc'][0]).upper()}: {detail['msg']}" for detail in error.errors()]
        raise WrongUse("; ".join(problems) + "; fix: correct the variable, README.md lists them") from None


def configure(
    home: Path | None = None,
    inbox: Path | None = None,
    contracts: list[Path] | None = None,
    as_of: str | None = None,
    language: str | None = None,
) -> None:
    """Put a command's options into the environment, so that every part of the run reads the same settings. WrongUse: no time."""
    if home:
        os.environ["CCDATA_HOME"] = str(home.expanduser().resolve())
    if inbox:
        os.environ["CCDATA_INBOX"] = str(inbox.expanduser().resolve())
    if contracts:
        known = [part for part in os.environ.get("CCDATA_CONTRACTS", "").split(os.pathsep) if part]
        os.environ["CCDATA_CONTRACTS"] = os.pathsep.join([*known, *(str(path.resolve()) for path in contracts)])
    if language:
        os.environ["CCDATA_REPORT_LANGUAGE"] = language
    if as_of:
        try:
            parse_as_of(as_of, load_settings().zone)
        except ValueError as error:
            raise WrongUse(f"--as-of: {error}") from None
        os.environ["CCDATA_NOW"] = as_of
