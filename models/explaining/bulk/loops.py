"""The compiled loops: tables of every state's contributions, and rows that look theirs up.

A function that calls another one must stand in this file: the kept machine code of a function is thrown away only when
its own file changes.  The innermost loop runs over rows (or states) that lie side by side, so that the processor takes
many at once; numbers are added in the same order for every row, however the rows are divided.
"""

import numpy as np
from numba import types

from features.kernel.compiled import compiled
from models.explaining.bulk.arrays import Line, Long, Lookup, Recipe, codes
from models.learners.baseline import LARGEST_STANDARDISED

BLOCK = 256
"""Rows taken at once.  Values, scores and tables of a block stay in the processor's own memory."""
PAD = 16
"""Free places after each column of a block: columns a power of two apart would push each other out of the cache."""
ZERO = np.float32(1e-35)
"""Nearer to 0 than this is 0 (LightGBM's kZeroThreshold)."""

_KINDS = {"q": types.int64, "d": types.float64, "f": types.float32, "I": types.uint32, "b": types.int8}
LOOKUP, RECIPE, LONG, LINE = (
    types.BaseTuple.from_types([types.Array(_KINDS[code], 1, "C") for code in codes(kind)], kind)
    for kind in (Lookup, Recipe, Long, Line)
)
WHOLE, REAL = types.int64, types.float64
NUMBERS, GRID = types.float64[::1], types.float64[:, ::1]
ROWS = types.Array(types.float32, 2, "C", readonly=True)
VALUES = types.float32[:, ::1]


@compiled(GRID, NUMBERS, WHOLE, WHOLE, REAL, GRID, GRID, NUMBERS, types.int64[::1])
def add_leaf(holds, shares, features, lanes, value, weights, work, into, start):  # type: ignore[no-untyped-def]
    """Add one leaf's contributions for many lanes (rows or states) side by side.

    holds[j, lane] is 1 where feature j lets the lane pass and 0 where not; shares[j] is the part of the training rows
    that it lets pass.  work[k] becomes the coefficient of y**k in the product of (share + holds * y): the sum over all
    sets of k passing features.  One feature's contribution weighs the product without its own factor, which is
    divided out: Shapley values as in "Linear TreeSHAP" (Yu, Xu, Liu et al. 2022), formula 6, leaf by leaf.
    """
    rest, total = features + 1, features + 2
    work[0, :lanes] = 1.0
    for j in range(features):
        share, one = shares[j], holds[j]
        work[j + 1, :lanes] = 0.0
        for k in range(j + 1, 0, -1):
            upper, lower = work[k], work[k - 1]
            for lane in range(lanes):
                upper[lane] = share * upper[lane] + one[lane] * lower[lane]
        lowest = work[0]
        for lane in range(lanes):
            lowest[lane] *= share
    stopped = work[features + 3]
    stopped[:lanes] = 0.0
    for k in range(features):
        weight, coefficient = weights[features, k], work[k]
        for lane in range(lanes):
            stopped[lane] += weight * coefficient[lane]
    for j in range(features):
        share, one = shares[j], holds[j]
        quotient, passed = work[rest], work[total]
        quotient[:lanes] = 0.0
        passed[:lanes] = 0.0
        for k in range(features, 0, -1):
            weight, coefficient = weights[features, k - 1], work[k]
            for lane in range(lanes):
                quotient[lane] = coefficient[lane] - share * quotient[lane]
                passed[lane] += weight * quotient[lane]
        out = into[start[j] : start[j] + lanes]
        for lane in range(lanes):
            out[lane] += value * (one[lane] * (1.0 - share) * passed[lane] - (1.0 - one[lane]) * stopped[lane])


@compiled(LOOKUP, RECIPE, GRID, NUMBERS)
def fill_tables(lookup, recipe, weights, tables):  # type: ignore[no-untyped-def]
    """Every piece's table: contributions of each of its features in each of its states."""
    most = weights.shape[0]
    widest = 0
    for piece in range(lookup.piece_states.shape[0]):
        widest = max(widest, lookup.piece_states[piece])
    holds, work = np.empty((most, widest)), np.empty((most + 4, widest))
    start = np.empty(most, np.int64)
    for piece in range(lookup.piece_states.shape[0]):
        states = lookup.piece_states[piece]
        for leaf in range(recipe.piece_leaf_first[piece], recipe.piece_leaf_first[piece + 1]):
            first = recipe.leaf_part_first[leaf]
            features = recipe.leaf_part_first[leaf + 1] - first
            for j in range(features):
                start[j] = lookup.piece_table[piece] + recipe.part_place[first + j] * states
                holds[j, :states] = 1.0
                for bound in range(recipe.part_bound_first[first + j], recipe.part_bound_first[first + j + 1]):
                    step, size = recipe.bound_step[bound], recipe.bound_size[bound]
                    low, high = recipe.bound_low[bound], recipe.bound_high[bound]
                    for state in range(states):
                        digit = state // step % size
                        if digit < low or digit >= high:
                            holds[j, state] = 0.0
            shares = recipe.part_share[first : first + features]
            add_leaf(holds, shares, features, states, recipe.leaf_value[leaf], weights, work, tables, start)


@compiled(ROWS, WHOLE, WHOLE, LOOKUP, VALUES)
def read_block(rows, top, lanes, lookup, values):  # type: ignore[no-untyped-def]
    """Turn the block's rows into columns as the splits read them."""
    for lane in range(lanes):
        for column in range(lookup.column_feature.shape[0]):
            value = rows[top + lane, lookup.column_feature[column]]
            if abs(value) <= ZERO:
                value = np.float32(np.nan) if lookup.column_zero[column] else np.float32(0.0)
            values[column, lane] = value


@compiled(VALUES, WHOLE, LOOKUP, NUMBERS, types.uint32[::1], NUMBERS)
def look_up(values, lanes, lookup, tables, state, sums):  # type: ignore[no-untyped-def]
    """Each piece: the state of every row, then one number per feature of the piece."""
    stride = values.shape[1]
    for piece in range(lookup.piece_states.shape[0]):
        state[:lanes] = 0
        for test in range(lookup.piece_test_first[piece], lookup.piece_test_first[piece + 1]):
            column, edge, step = values[lookup.test_column[test]], lookup.test_threshold[test], lookup.test_step[test]
            if lookup.test_left[test]:
                for lane in range(lanes):
                    state[lane] += step if column[lane] > edge else np.uint32(0)
            else:
                for lane in range(lanes):
                    state[lane] += np.uint32(0) if column[lane] <= edge else step
        line, states = lookup.piece_table[piece], lookup.piece_states[piece]
        for place in range(lookup.piece_slot_first[piece], lookup.piece_slot_first[piece + 1]):
            first = lookup.slot[place] * stride
            out, table = sums[first : first + lanes], tables[line : line + states]
            for lane in range(lanes):
                out[lane] += table[state[lane]]
            line += states


@compiled(VALUES, WHOLE, LONG, GRID, GRID, GRID, NUMBERS, types.int64[::1])
def compute_long(values, lanes, long, weights, holds, work, sums, start):  # type: ignore[no-untyped-def]
    """The leaves without a table: which conditions each row fulfils, then the same sums."""
    stride = values.shape[1]
    for leaf in range(long.leaf_value.shape[0]):
        first = long.leaf_part_first[leaf]
        features = long.leaf_part_first[leaf + 1] - first
        for j in range(features):
            start[j] = long.part_slot[first + j] * stride
            holds[j, :lanes] = 1.0
            for bound in range(long.part_bound_first[first + j], long.part_bound_first[first + j + 1]):
                column, low, high = values[long.bound_column[bound]], long.bound_low[bound], long.bound_high[bound]
                stopped = not np.isnan(low if long.bound_left[bound] else high)
                for lane in range(lanes):
                    value = column[lane]
                    if value <= low or value > high or (stopped and np.isnan(value)):
                        holds[j, lane] = 0.0
        shares = long.part_share[first : first + features]
        add_leaf(holds, shares, features, lanes, long.leaf_value[leaf], weights, work, sums, start)


@compiled(ROWS, GRID, WHOLE, WHOLE, LINE)
def begin_block(rows, out, top, lanes, line):  # type: ignore[no-untyped-def]
    """The linear half's contributions, or zeros."""
    for row in range(top, top + lanes):
        out[row, :] = 0.0
        for feature in range(line.weight.shape[0]):
            value = np.float64(rows[row, feature])
            centred = ((line.filled[feature] if np.isnan(value) else value) - line.mean[feature]) * line.scale[feature]
            out[row, feature] = line.weight[feature] * min(max(centred, -LARGEST_STANDARDISED), LARGEST_STANDARDISED)


@compiled(ROWS, GRID, LOOKUP, NUMBERS, LONG, GRID, LINE)
def explain_rows(rows, out, lookup, tables, long, weights, line):  # type: ignore[no-untyped-def]
    """Fill out [rows x features], block by block."""
    stride, slots, most = BLOCK + PAD, lookup.slot_feature.shape[0], weights.shape[0]
    values = np.empty((lookup.column_feature.shape[0], stride), np.float32)
    state, sums = np.empty(BLOCK, np.uint32), np.empty(slots * stride)
    holds, work = np.empty((most, BLOCK)), np.empty((most + 4, BLOCK))
    start = np.empty(most, np.int64)
    for top in range(0, rows.shape[0], BLOCK):
        lanes = min(BLOCK, rows.shape[0] - top)
        read_block(rows, top, lanes, lookup, values)
        sums[:] = 0.0
        look_up(values, lanes, lookup, tables, state, sums)
        compute_long(values, lanes, long, weights, holds, work, sums, start)
        begin_block(rows, out, top, lanes, line)
        for lane in range(lanes):
            for slot in range(slots):
                out[top + lane, lookup.slot_feature[slot]] += sums[slot * stride + lane]
