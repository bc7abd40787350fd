"""Tables as plain arrays: text as numbers into words, times as whole seconds, everything decoded when first asked for.

What the kernel reads.  It comes straight from Arrow, from a packed file or, through an adapter, from pandas.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from features.windows import NEVER

DAY_SECONDS = 86_400
NO_TIME = np.iinfo(np.int64).min
"""NumPy's own number for a missing time."""


class Words:
    """The different texts of a column.  What is asked of all of them is worked out once and remembered."""

    def __init__(self, texts: np.ndarray | Callable[[], np.ndarray]) -> None:
        self._texts = texts
        self._memo: dict[Hashable, np.ndarray] = {}

    @property
    def texts(self) -> np.ndarray:
        """The texts in the order of their codes; fetched when first needed."""
        if callable(self._texts):
            self._texts = self._texts()
        return self._texts

    def __len__(self) -> int:
        return len(self.texts)

    def places(self, wanted: tuple[str, ...], otherwise: int = -1) -> np.ndarray:
        """For each code its place in `wanted`; `otherwise` for a text outside it; -1 for the missing text."""
        return self.remembered(("places", wanted, otherwise), lambda: self._places(wanted, otherwise))

    def ranks(self) -> np.ndarray:
        """For each code its place in alphabetical order; NaN for the missing text."""
        return self.remembered("ranks", self._ranks)

    def remembered(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """What `make` says of all texts; worked out once per key."""
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = make()
        return found

    def _places(self, wanted: tuple[str, ...], otherwise: int) -> np.ndarray:
        place = {text: number for number, text in enumerate(wanted)}
        return np.array([place.get(text, otherwise) for text in self.texts] + [-1], np.int32)

    def _ranks(self) -> np.ndarray:
        rank = np.full(len(self.texts) + 1, np.nan)
        rank[np.argsort(self.texts.astype(str))] = np.arange(len(self.texts))
        return rank


@dataclass(frozen=True)
class Coded:
    """A text column as numbers: `codes` point into `words`, -1 is a missing text."""

    codes: np.ndarray
    words: Words

    @property
    def categories(self) -> np.ndarray:
        return self.words.texts

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def of(cls, column: pd.Series) -> "Coded":
        """From a categorical column without a copy, from plain text by numbering it."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            held = column.array
            return cls(np.asarray(held.codes), Words(np.asarray(held.categories, dtype=object)))
        codes, texts = pd.factorize(column.to_numpy(dtype=object))
        return cls(codes, Words(np.asarray(texts, dtype=object)))

    def present(self) -> list[str]:
        """The different texts that occur."""
        codes = np.unique(self.codes)
        return [str(text) for text in self.categories[codes[codes >= 0]]]

    def numbered(self, texts: tuple[str, ...], otherwise: int = -1) -> np.ndarray:
        """Each row's place in `texts`; `otherwise` for a text outside it; -1 for a missing one."""
        return self.words.places(texts, otherwise)[self.codes]


Raw = np.ndarray | Coded
"""Text as Coded, times as whole seconds (int64, NO_TIME = missing), numbers as float64, flags as bool."""


class Columns:
    """One table by columns.  A column is loaded when it is first asked for."""

    def __init__(self, rows: int, load: Callable[[str], Raw], days: Callable[[str], np.ndarray] | None = None) -> None:
        self._rows, self._load = rows, load
        self._load_days = days
        self._held: dict[str, Raw] = {}
        self._days: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Raw:
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = self._load(name)
        return found

    def text(self, name: str) -> Coded:
        column = self[name]
        assert isinstance(column, Coded), f"{name} is no text"
        return column

    def values(self, name: str) -> np.ndarray:
        """A column that is no text, as it lies there."""
        column = self[name]
        assert isinstance(column, np.ndarray), f"{name} is text"
        return column

    def days(self, name: str) -> np.ndarray:
        """A time column as whole days since 1970-01-01; a missing time is NEVER."""
        found = self._days.get(name)
        if found is None:
            loaded = self._load_days(name) if self._load_days else days_of_seconds(self.values(name))
            found = self._days[name] = loaded
        return found

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> "Columns":
        """The adapter for pandas: text as categories or plain, times as datetime64 of any unit."""
        return cls(len(frame), lambda name: _of_series(frame[name]))

    @classmethod
    def of_arrow(cls, table: pa.Table) -> "Columns":
        """From Arrow: text as dictionaries, times as timestamps."""
        return cls(table.num_rows, lambda name: of_arrow(table[name]))


def as_columns(table: "Columns | pd.DataFrame") -> Columns:
    """The table by columns, whatever it came as."""
    return table if isinstance(table, Columns) else Columns.of_frame(table)


def days_of_seconds(seconds: np.ndarray) -> np.ndarray:
    """Whole days of whole seconds since 1970-01-01; a missing time is NEVER."""
    days = (seconds // DAY_SECONDS).astype(np.int32)
    days[seconds == NO_TIME] = NEVER
    return days


def of_arrow(column: pa.ChunkedArray) -> Raw:
    """One Arrow column as the kernel reads it."""
    if pa.types.is_dictionary(column.type):
        return _of_dictionary(column)
    if pa.types.is_timestamp(column.type):
        return column.to_numpy().astype("datetime64[s]", copy=False).view(np.int64)
    return column.to_numpy()


def _of_dictionary(column: pa.ChunkedArray) -> Coded:
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # Arrow keeps an empty column in chunks
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    indices = whole.indices.fill_null(-1) if whole.indices.null_count else whole.indices
    words = whole.dictionary
    return Coded(indices.to_numpy(), Words(lambda: words.to_numpy(zero_copy_only=False)))


def _of_series(column: pd.Series) -> Raw:
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
        return Coded.of(column)
    values = column.to_numpy()
    return values.astype("datetime64[s]").view(np.int64) if values.dtype.kind == "M" else values
