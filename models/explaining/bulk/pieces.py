"""Trees cut into pieces so small that every state of a piece can be explained beforehand.

A piece is a subtree with the conditions on the way to it.  What it adds to a row's contributions depends only on how
many of its thresholds the row passes in each of its ways: on one of a few dozen states.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.explaining.bulk.trees import Split, Tree, Way

MOST_STATES = 64
"""Of a piece with several leaves: measured on trees of 31 leaves, tables of more states do not stay in the cache."""
MOST_STATES_OF_A_LEAF = 1024
"""A leaf with more is not kept in a table."""


@dataclass(frozen=True)
class Part:
    """One feature's part in the way to a leaf."""

    share: float = 1.0
    """Of the training rows, the part that this feature's conditions let through."""
    bounds: Mapping[Way, tuple[float, float]] = field(default_factory=dict)
    """Way to (low, high): the value lies above low and is at most high; NaN where there is no such bound."""

    def narrowed(self, split: Split, goes_left: bool, share: float) -> "Part":
        """With one more condition."""
        low, high = self.bounds.get(split.way, (math.nan, math.nan))
        edge = split.threshold
        if goes_left:
            high = edge if math.isnan(high) else min(high, edge)
        else:
            low = edge if math.isnan(low) else max(low, edge)
        return Part(self.share * share, {**self.bounds, split.way: (low, high)})


@dataclass(frozen=True)
class Leaf:
    """A leaf's value and the conditions on the way to it, feature by feature."""

    value: float
    parts: Mapping[int, Part]


@dataclass(frozen=True)
class Piece:
    """Leaves that are explained together."""

    leaves: tuple[Leaf, ...]
    edges: Mapping[Way, tuple[float, ...]]
    """The thresholds of each way, rising."""
    states: int
    """In how many states a row can be."""

    @property
    def features(self) -> tuple[int, ...]:
        """Each feature once, in order of first use."""
        return tuple(dict.fromkeys(way.feature for way in self.edges))


def pieces_of(tree: Tree, most_states: int = MOST_STATES) -> Iterator[Piece]:
    """The tree in pieces of at most so many states; a leaf that alone has more is a piece of its own."""
    below = _splits_below(tree)
    waiting: list[tuple[int, tuple[int, ...], Mapping[int, Part]]] = [(0, (), {})] if tree.splits else []
    while waiting:
        node, path, parts = waiting.pop()
        edges = _edges(tree, path if node < 0 else (*path, *below[node]))
        if node < 0 or _states(edges) <= most_states:
            yield Piece(tuple(_leaves(tree, node, parts)), edges, _states(edges))
        else:
            waiting += [(child, (*path, node), narrowed) for child, narrowed in _children(tree, node, parts)]


def _edges(tree: Tree, splits: tuple[int, ...]) -> Mapping[Way, tuple[float, ...]]:
    found: dict[Way, set[float]] = {}
    for split in splits:
        way, threshold = tree.splits[split]
        found.setdefault(way, set()).add(threshold)
    return {way: tuple(sorted(edges)) for way, edges in found.items()}


def _states(edges: Mapping[Way, tuple[float, ...]]) -> int:
    return math.prod(len(one) + 1 for one in edges.values())


def _splits_below(tree: Tree) -> list[tuple[int, ...]]:
    """The splits of the subtree at each split, itself included.  LightGBM numbers a child after its parent."""
    below: list[tuple[int, ...]] = [()] * len(tree.splits)
    for node in reversed(range(len(tree.splits))):
        children = (child for child in (tree.left[node], tree.right[node]) if child >= 0)
        below[node] = (node, *(split for child in children for split in below[child]))
    return below


def _leaves(tree: Tree, node: int, parts: Mapping[int, Part]) -> Iterator[Leaf]:
    if node < 0:
        yield Leaf(tree.values[~node], parts)
        return
    for child, narrowed in _children(tree, node, parts):
        yield from _leaves(tree, child, narrowed)


def _children(tree: Tree, node: int, parts: Mapping[int, Part]) -> Iterator[tuple[int, Mapping[int, Part]]]:
    split = tree.splits[node]
    feature = split.way.feature
    for child, goes_left in ((tree.left[node], True), (tree.right[node], False)):
        part = parts.get(feature, Part()).narrowed(split, goes_left, tree.share(node, child))
        yield child, {**parts, feature: part}
