"""Small CSV files written by people: every row checked, faults named by line and column."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from configs.errors import DataError

Check = Callable[[pd.Series], pd.Series]
"""Texts → values; a text that is not allowed becomes missing."""


def read_written(file: Path, columns: Mapping[str, Check], may_be_empty: tuple[str, ...], what: str) -> pd.DataFrame:
    """The columns of a UTF-8 CSV, checked.  Raises DataError with the line and column of the first fault.

    `what` says which driver asks for the file, and how to do without it.
    """
    if not file.is_file():
        raise DataError(f"The file {file.name} is missing: {what}")
    try:
        sheet = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise DataError(f"{file.name} is not a UTF-8 CSV file with the columns {', '.join(columns)}.") from None
    absent = [name for name in columns if name not in sheet.columns]
    if absent:
        raise DataError(f"{file.name} has no column {absent[0]}; it needs {', '.join(columns)}.")
    return pd.DataFrame(
        {name: _checked(file, sheet[name], name, check, may_be_empty) for name, check in columns.items()}
    )


def _checked(file: Path, texts: pd.Series, name: str, check: Check, may_be_empty: tuple[str, ...]) -> pd.Series:
    values = check(texts.str.strip())
    wrong = values.isna() & ~((texts.str.strip() == "") & (name in may_be_empty))
    if wrong.any():
        line = int(wrong.to_numpy().argmax()) + 2
        raise DataError(f"{file.name}, line {line}, column {name}: {texts[wrong].iloc[0]!r} is not {check.__doc__}.")
    return values


def a_day(texts: pd.Series) -> pd.Series:
    """a date like 2026-03-01"""
    return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")


def a_number(texts: pd.Series) -> pd.Series:
    """a number like 12 or 12.5"""
    return pd.to_numeric(texts, errors="coerce")


def a_word(texts: pd.Series) -> pd.Series:
    """a word"""
    return texts.where(texts != "")
