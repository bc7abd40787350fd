"""What is done to the cells of one file before its rows are typed, counted over all its pieces."""

from collections import Counter
from collections.abc import Sequence

from features.sources.checking.freetext import mask
from features.sources.checking.unknown import Unknown, count_unknown, noted, refuse_unknown
from features.sources.checking.validity import leave_to_others
from features.sources.engine import Engine
from features.sources.mapping import SourceMapping


class Notes:
    """One file's rows left to other mappings, masked cells and unknown codes."""

    def __init__(self, mapping: SourceMapping, others: Sequence[SourceMapping] = ()) -> None:
        self._mapping, self._others = mapping, others
        self._masked: Counter[str] = Counter()
        self._unknown: dict[str, Unknown] = {}

    def take_piece(self, engine: Engine, is_ascii: bool) -> int:
        """Prepare the table `cells`; returns how many of its rows another mapping reads."""
        left = leave_to_others(engine, self._mapping, self._others)
        self._masked.update(mask(engine, self._mapping))
        self._unknown = count_unknown(engine, self._mapping, is_ascii, self._unknown)
        return left

    def conclude(self, name: str) -> Counter[str]:
        """The counts for the report.  Raises DataError when a column has too many unknown codes."""
        refuse_unknown(name, self._mapping, self._unknown)
        return self._masked + noted(self._unknown)
