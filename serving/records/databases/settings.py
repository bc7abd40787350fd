"""Where the logs lie and how long they are kept, as the service's config says it."""

import os
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, model_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from configs.errors import ConfigError
from configs.loader import StrictConfig

URL_VARIABLE = "LUOTAIN_RECORDS_URL"
"""Wins over the config's `url`."""
PASSWORD_VARIABLE = "LUOTAIN_RECORDS_PASSWORD"
PASSWORD_FILE_VARIABLE = "LUOTAIN_RECORDS_PASSWORD_FILE"
EXAMPLE = "postgresql+psycopg://luotain@db.example.fi:5432/luotain"

RetentionClass = Literal["client", "planning", "oversight"]
"""client: whatever concerns a client; planning: forecasts and scenarios; oversight: sign-ins, reports, the logs."""
FLOOR_MONTHS = 6
"""AI Act Art. 19(1) and 26(6): logs of a high-risk system are kept for at least six months."""
USUAL_MONTHS = 144
"""12 years: how long logs of client data are usually kept in Finland; the county confirms it for its archive plan."""


class RetentionSettings(StrictConfig):
    """How long the entries of each class are kept (months)."""

    client: int = USUAL_MONTHS
    planning: int = USUAL_MONTHS
    oversight: int = USUAL_MONTHS

    @model_validator(mode="after")
    def _at_least_the_law(self) -> "RetentionSettings":
        for name in get_args(RetentionClass):
            if getattr(self, name) < FLOOR_MONTHS:
                raise ValueError(
                    f"`retention.{name}` is {getattr(self, name)} months; logs are kept for at least {FLOOR_MONTHS} "
                    f"(AI Act Art. 19 and 26), write e.g. `{name}: {USUAL_MONTHS}`"
                )
        return self


class RecordsSettings(StrictConfig):
    """The database of the logs, the second place of the checkpoints, and how long entries are kept."""

    url: str | None = None
    """None: an SQLite file in the data folder.  A PostgreSQL URL holds no password: the environment does."""
    checkpoints: str | None = None
    """A folder where the database's administrator cannot write; None: `checkpoints` in the data folder."""
    retention: RetentionSettings = Field(default_factory=RetentionSettings)

    @model_validator(mode="after")
    def _no_password(self) -> "RecordsSettings":
        if self.url is not None and _parsed(self.url, "`records: url:`").password:
            raise ValueError(
                f"`records: url:` holds a password; take it out and set {PASSWORD_VARIABLE}, or name a file that "
                f"holds it in {PASSWORD_FILE_VARIABLE}"
            )
        return self

    def database(self) -> URL | None:
        """The PostgreSQL server with its password; None = SQLite.  Raises ConfigError; never shows the URL."""
        given = os.environ.get(URL_VARIABLE)
        if not given and self.url is None:
            return None
        url = _parsed(given or self.url or "", URL_VARIABLE if given else "`records: url:`")
        secret = _password()
        return url.set(password=secret) if secret else url


def _parsed(text: str, where: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError(f"{where} is no database URL. Write e.g. {EXAMPLE}.") from None
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise ConfigError(
            f"{where} names the database {url.drivername}; the logs take PostgreSQL. Write e.g. {EXAMPLE}."
        )
    return url.set(drivername="postgresql+psycopg")


def _password() -> str | None:
    file = os.environ.get(PASSWORD_FILE_VARIABLE)
    if not file:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError:
        raise ConfigError(f"{PASSWORD_FILE_VARIABLE} names a file that cannot be read. Check its path.") from None
