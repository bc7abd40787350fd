"""Compiled loops over pairs: plain integers in, [rows, codes, windows] out, NaN where nothing can be said.

Every loop reads pairs that come row by row, the oldest first inside a row.  `age` is whole days before as_of, so a
window of `w` days holds the ages 1 to w.
"""

import numpy as np

from features.kernel.compiled import F64, I64, SHAPE, compiled

DAYS_PER_SLOPE = 30.0
LEAST_SPREAD = 1e-6
"""Days on two different dates spread at least 0.5 / n; rounding of equal days stays far below this."""
PAIRS = (I64, I64, I64)
"""Row, age in days and code of each pair."""
ASKED = (I64, SHAPE)
"""Windows in days, and how many rows, codes and windows there are."""


@compiled(*PAIRS, F64, *ASKED)
def means(row, age, code, value, windows, shape):  # type: ignore[no-untyped-def]
    """Mean of `value` over the pairs that have one."""
    total, n = np.zeros(shape), np.zeros(shape)
    for pair in range(len(row)):
        if code[pair] < 0 or np.isnan(value[pair]):
            continue
        for window in range(len(windows)):
            if age[pair] <= windows[window]:
                total[row[pair], code[pair], window] += value[pair]
                n[row[pair], code[pair], window] += 1.0
    return np.where(n > 0.0, total / np.maximum(n, 1.0), np.nan)


@compiled(*PAIRS, *ASKED)
def counts(row, age, code, windows, shape):  # type: ignore[no-untyped-def]
    """How many pairs."""
    n = np.zeros(shape)
    for pair in range(len(row)):
        if code[pair] >= 0:
            for window in range(len(windows)):
                if age[pair] <= windows[window]:
                    n[row[pair], code[pair], window] += 1.0
    return n


@compiled(*PAIRS, F64, *ASKED)
def slopes(row, age, code, value, windows, shape):  # type: ignore[no-untyped-def]
    """Least-squares slope of `value` over time per 30 days; days and values are centred first, so that it is exact."""
    middle = means(row, age, code, np.where(np.isnan(value), np.nan, -age.astype(np.float64)), windows, shape)
    level = means(row, age, code, value, windows, shape)
    both, spread = np.zeros(shape), np.zeros(shape)
    for pair in range(len(row)):
        if code[pair] < 0 or np.isnan(value[pair]):
            continue
        for window in range(len(windows)):
            if age[pair] <= windows[window]:
                r, c = row[pair], code[pair]
                late = -float(age[pair]) - middle[r, c, window]
                both[r, c, window] += late * (value[pair] - level[r, c, window])
                spread[r, c, window] += late * late
    return np.where(spread > LEAST_SPREAD, DAYS_PER_SLOPE * both / np.maximum(spread, LEAST_SPREAD), np.nan)


@compiled(*PAIRS, F64, I64, I64, *ASKED)
def changes(row, age, code, value, second, recorded, windows, shape):  # type: ignore[no-untyped-def]
    """Latest value minus the latest of an earlier day; at one second and recording the greatest value is the latest."""
    latest, before = np.full(shape[:2], -1), np.full(shape[:2], -1)
    for pair in range(len(row)):
        if code[pair] < 0 or np.isnan(value[pair]):
            continue
        r, c = row[pair], code[pair]
        held = latest[r, c]
        if (
            held >= 0
            and second[held] == second[pair]
            and recorded[held] == recorded[pair]
            and value[held] > value[pair]
        ):
            continue
        latest[r, c] = pair
        if held >= 0 and age[held] > age[pair]:
            before[r, c] = held
    found = np.full(shape, np.nan)
    for r in range(shape[0]):
        for c in range(shape[1]):
            for window in range(shape[2]):
                if before[r, c] >= 0 and age[latest[r, c]] <= windows[window]:
                    found[r, c, window] = value[latest[r, c]] - value[before[r, c]]
    return found
