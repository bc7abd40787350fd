"""How a source is had: delivered files, a query in a database, or a query over delivered files."""

import re
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig

Encoding = Literal["utf-8", "cp1252", "latin-1"]

_SELECT = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

PLACES = {"url", "inputs"}
"""Settings that say where the source lies: another place gives the same rows."""


class Format(StrictConfig):
    """How a source is had.  `separator`, `encoding` and `decimal` speak of CSV only, as delivered or as an input."""

    type: Literal["csv", "parquet", "sql", "query"]
    encoding: Encoding = "utf-8"
    separator: str = Field(default=";", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    url: str | None = Field(default=None, description="${NAME} of the variable that holds an SQLAlchemy URL")
    inputs: dict[str, str] = Field(default={}, description="name in the query -> file, glob or archive.zip#member")
    query: str | None = Field(default=None, description="one SELECT; its columns are what the mapping reads")
    covers_until: str | None = Field(
        default=None, description="the last day that the rows cover: a date column of the query, or a SELECT of one day"
    )

    @model_validator(mode="after")
    def _complete(self) -> "Format":
        faults = _faults(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def is_asked(self) -> bool:
        """True when rows are asked for by a query; False when they are delivered as files."""
        return self.type in ("sql", "query")

    @property
    def url_variable(self) -> str:
        """The environment variable that holds the database's URL."""
        found = _VARIABLE.fullmatch(self.url or "")
        return found[1] if found else ""

    @property
    def covers_until_is_query(self) -> bool:
        return bool(_SELECT.match(self.covers_until or ""))


def _faults(given: Format) -> list[str]:
    if not given.is_asked:
        named = {"url": given.url, "inputs": given.inputs, "query": given.query, "covers_until": given.covers_until}
        return [f"`{name}` is for `type: sql` and `type: query`" for name, value in named.items() if value]
    faults = _query_faults("query", given.query)
    if given.covers_until_is_query:
        faults += _query_faults("covers_until", given.covers_until)
    return faults + (_sql_faults(given) if given.type == "sql" else _input_faults(given))


def _query_faults(name: str, query: str | None) -> list[str]:
    if not query or not _SELECT.match(query):
        return [f"`{name}` must be one SELECT"]
    return [f"`{name}` must be one statement, take `;` away"] if ";" in _QUOTED.sub("", query) else []


def _sql_faults(given: Format) -> list[str]:
    faults = [] if given.url_variable else ["`url` must be `${NAME}`: the environment holds the URL, never a file"]
    return [*faults, *(["`inputs` is for `type: query`"] if given.inputs else [])]


def _input_faults(given: Format) -> list[str]:
    faults = ["`url` is for `type: sql`"] if given.url else []
    if not given.inputs:
        faults.append("`inputs` must name the files that the query reads")
    return [*faults, *(f"the input `{name}` is no name" for name in given.inputs if not _NAME.fullmatch(name))]
