"""Trees laid out as arrays: pieces with a table, and the leaves that are too long for one."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan

from models.explaining.bulk.arrays import Long, Lookup, Recipe, growing, grown
from models.explaining.bulk.pieces import MOST_STATES, MOST_STATES_OF_A_LEAF, Leaf, Piece, pieces_of
from models.explaining.bulk.trees import Tree, Way


@dataclass(frozen=True)
class Layout:
    """Everything that the loops read of the trees."""

    lookup: Lookup
    recipe: Recipe
    long: Long


def laid_out(
    trees: Iterable[Tree], most_states: int = MOST_STATES, most_states_of_a_leaf: int = MOST_STATES_OF_A_LEAF
) -> Layout:
    """The arrays of all trees."""
    desk = _Desk()
    for tree in trees:
        for piece in pieces_of(tree, most_states):
            if piece.states <= max(most_states, most_states_of_a_leaf):
                desk.add(piece)
            else:
                desk.add_long(piece.leaves[0])
    return desk.layout()


class _Desk:
    """Lists that become the arrays."""

    def __init__(self) -> None:
        self.columns: dict[tuple[int, bool], int] = {}
        self.slots: dict[int, int] = {}
        self.lookup, self.recipe, self.long = growing(Lookup), growing(Recipe), growing(Long)

    def add(self, piece: Piece) -> None:
        """A piece with a table."""
        lookup, places = self.lookup, {feature: place for place, feature in enumerate(piece.features)}
        steps = self._add_tests(piece)
        for leaf in piece.leaves:
            self._add_leaf(leaf, piece, steps, places)
        lookup["slot"].extend(self._slot(feature) for feature in places)
        lookup["piece_states"].append(piece.states)
        lookup["piece_table"].append(lookup["piece_table"][-1] + piece.states * len(places))
        lookup["piece_test_first"].append(len(lookup["test_step"]))
        lookup["piece_slot_first"].append(len(lookup["slot"]))
        self.recipe["piece_leaf_first"].append(len(self.recipe["leaf_value"]))

    def _add_tests(self, piece: Piece) -> Mapping[Way, int]:
        """Every threshold passed adds its way's step to the state; returns the steps."""
        lookup, steps, step = self.lookup, {}, 1
        for way, edges in piece.edges.items():
            lookup["test_column"].extend([self._column(way)] * len(edges))
            lookup["test_threshold"].extend(edges)
            lookup["test_left"].extend([way.unknown_goes_left] * len(edges))
            lookup["test_step"].extend([step] * len(edges))
            steps[way] = step
            step *= len(edges) + 1
        return steps

    def _add_leaf(self, leaf: Leaf, piece: Piece, steps: Mapping[Way, int], places: Mapping[int, int]) -> None:
        recipe = self.recipe
        for feature, part in leaf.parts.items():
            for way, (low, high) in part.bounds.items():
                edges = piece.edges[way]
                recipe["bound_step"].append(steps[way])
                recipe["bound_size"].append(len(edges) + 1)
                recipe["bound_low"].append(0 if isnan(low) else bisect_right(edges, low))
                recipe["bound_high"].append(len(edges) + 1 if isnan(high) else bisect_right(edges, high))
            recipe["part_share"].append(part.share)
            recipe["part_place"].append(places[feature])
            recipe["part_bound_first"].append(len(recipe["bound_step"]))
        recipe["leaf_value"].append(leaf.value)
        recipe["leaf_part_first"].append(len(recipe["part_share"]))

    def add_long(self, leaf: Leaf) -> None:
        """A leaf without a table."""
        long = self.long
        for feature, part in leaf.parts.items():
            for way, (low, high) in part.bounds.items():
                long["bound_column"].append(self._column(way))
                long["bound_left"].append(way.unknown_goes_left)
                long["bound_low"].append(low)
                long["bound_high"].append(high)
            long["part_share"].append(part.share)
            long["part_slot"].append(self._slot(feature))
            long["part_bound_first"].append(len(long["bound_column"]))
        long["leaf_value"].append(leaf.value)
        long["leaf_part_first"].append(len(long["part_share"]))

    def layout(self) -> Layout:
        """The arrays."""
        self.lookup["column_feature"].extend(feature for feature, _ in self.columns)
        self.lookup["column_zero"].extend(zero for _, zero in self.columns)
        self.lookup["slot_feature"].extend(self.slots)
        return Layout(grown(Lookup, self.lookup), grown(Recipe, self.recipe), grown(Long, self.long))

    def _column(self, way: Way) -> int:
        return self.columns.setdefault((way.feature, way.zero_is_unknown), len(self.columns))

    def _slot(self, feature: int) -> int:
        return self.slots.setdefault(feature, len(self.slots))
