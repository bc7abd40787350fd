"""Dated code tables: a code that was abolished becomes its successor from the day on which it ended."""

import hashlib
from datetime import date
from functools import lru_cache

from pydantic import Field, model_validator

from configs.loader import StrictConfig, load_config
from features.sources.engine import literal


class CodeName(StrictConfig):
    """What the code stands for."""

    fi: str
    sv: str


class Code(StrictConfig):
    """One code.  It holds from `valid_from` until the day before `valid_to`; from `valid_to` on it is `becomes`."""

    code: str = Field(min_length=1)
    name: CodeName
    valid_from: date | None = None
    valid_to: date | None = None
    becomes: str | None = None


class CodeTable(StrictConfig):
    """A code system with its dates.  `origin` says where the codes were taken from."""

    origin: str = Field(min_length=1)
    codes: tuple[Code, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _holds_together(self) -> "CodeTable":
        faults = [*_doubled(self), *_broken_successions(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def known(self) -> tuple[str, ...]:
        """Every code that there is or was."""
        return tuple(code.code for code in self.codes)

    @property
    def sha256(self) -> str:
        """Changes when a code may become another one than before."""
        return hashlib.sha256(self.model_dump_json(include={"codes"}).encode()).hexdigest()

    def successions(self, code: str) -> tuple[tuple[date, str], ...]:
        """From which day on the code is written how, latest first; empty while the code holds."""
        by_code = {one.code: one for one in self.codes}
        found: list[tuple[date, str]] = []
        one = by_code[code]
        while one.valid_to is not None and one.becomes is not None:
            found.append((one.valid_to, one.becomes))
            one = by_code[one.becomes]
        return tuple(reversed(found))

    def at(self, code: str, day: date) -> str:
        """How the code of a row of that day is written: itself, or what it had become by then."""
        return next((new for since, new in self.successions(code) if day >= since), code)


@lru_cache
def load_codes(path: str) -> CodeTable:
    """Read and check one code table.  Raises ConfigError."""
    return load_config(path, CodeTable)


def dated_code(table: CodeTable, text: str, day: str, unknown: str | None) -> str:
    """SQL of `CodeTable.at`; a code outside the table stays, or becomes `unknown`."""
    whens = " ".join(
        f"WHEN {literal(one.code)} THEN {_succession(table, one.code, day)}" for one in table.codes if one.becomes
    )
    written = f"CASE {text} {whens} ELSE {text} END" if whens else text
    if unknown is None:
        return f"({written})"
    return f"(CASE WHEN {is_unknown(table.known, text)} THEN {literal(unknown)} ELSE {written} END)"


def is_unknown(known: tuple[str, ...], text: str) -> str:
    """SQL: there is a code, and it is none of the known ones."""
    return f"{text} NOT IN ({', '.join(map(literal, known))})"


def _succession(table: CodeTable, code: str, day: str) -> str:
    whens = " ".join(
        f"WHEN {day} >= DATE {literal(since)} THEN {literal(new)}" for since, new in table.successions(code)
    )
    return f"CASE {whens} ELSE {literal(code)} END"


def _doubled(table: CodeTable) -> list[str]:
    codes = [one.code for one in table.codes]
    return [f"the code {code} is there twice" for code in sorted({code for code in codes if codes.count(code) > 1})]


def _broken_successions(table: CodeTable) -> list[str]:
    by_code = {one.code: one for one in table.codes}
    faults = []
    for one in table.codes:
        new = by_code.get(one.becomes or "")
        if (one.valid_to is None) != (one.becomes is None):
            faults.append(f"{one.code} needs both `valid_to` and `becomes`, or neither")
        elif one.becomes is not None and new is None:
            faults.append(f"{one.code} becomes {one.becomes}, which the table has not")
        elif one.valid_to and new and new.valid_to and new.valid_to <= one.valid_to:
            faults.append(f"{one.code} becomes {new.code}, which had ended by then")
    return faults
