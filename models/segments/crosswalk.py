"""A table between two schemes: which segment of one stands for which of the other, and why where it is not one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config
from models.segments.scheme import Scheme, load_scheme
from models.segments.scheme_faults import unknown
from models.texts import Texts


class Pair(StrictConfig):
    """One segment of the first scheme and one that it may stand for in the other."""

    segment: str
    to: str
    note: Texts | None = None
    """When this pair holds; needed where either segment has several pairs."""


class CrosswalkConfig(StrictConfig):
    """A file of configs/crosswalks/."""

    id: str
    version: str
    from_scheme: str
    to_scheme: str
    notice: Texts
    """What the table rests on."""
    pairs: tuple[Pair, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Crosswalk:
    """A checked table with both of its schemes.  Made by `load_crosswalk`."""

    config: CrosswalkConfig
    from_scheme: Scheme
    to_scheme: Scheme

    def targets(self, segment: str) -> tuple[str, ...]:
        """The segments of the other scheme that one may stand for.  Raises ConfigError for an unknown segment."""
        self.from_scheme.segment(segment)
        return tuple(pair.to for pair in self.config.pairs if pair.segment == segment)

    def allows(self, segment: str, other: str) -> bool:
        """True when the table has the pair."""
        return other in self.targets(segment)


def load_crosswalk(path: str) -> Crosswalk:
    """Read a table and check it against both schemes.  Raises ConfigError with every fault in one sentence."""
    config = load_config(path, CrosswalkConfig)
    found = Crosswalk(config, load_scheme(config.from_scheme), load_scheme(config.to_scheme))
    faults = list(_faults(found))
    if faults:
        raise ConfigError(f"{path}: {' '.join(faults)}")
    return found


def _faults(table: Crosswalk) -> Iterable[str]:
    first, other, pairs = table.from_scheme, table.to_scheme, table.config.pairs
    if first.id == other.id:
        yield f"both schemes are `{first.id}`; name two different ones."
        return
    yield from _of_side(first, [pair.segment for pair in pairs])
    yield from _of_side(other, [pair.to for pair in pairs])
    yield from _of_pairs(pairs)


def _of_side(scheme: Scheme, named: Sequence[str]) -> Iterable[str]:
    known = scheme.segment_ids
    yield from (unknown(f"segment of `{scheme.id}`", one, known) for one in dict.fromkeys(named) if one not in known)
    yield from (f"the segment `{one}` of `{scheme.id}` has no pair; add one." for one in known if one not in named)


def _of_pairs(pairs: Sequence[Pair]) -> Iterable[str]:
    firsts, others = Counter(pair.segment for pair in pairs), Counter(pair.to for pair in pairs)
    for (first, other), times in Counter((pair.segment, pair.to) for pair in pairs).items():
        if times > 1:
            yield f"the pair ({first}, {other}) is given {times} times; keep one."
    for pair in pairs:
        if pair.note is None and (firsts[pair.segment] > 1 or others[pair.to] > 1):
            yield f"the pair ({pair.segment}, {pair.to}) is not its segments' only one; add a `note` on when it holds."
