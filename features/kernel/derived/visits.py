"""Compiled loops over the visits of one row after another: who was met, what came back, what came first."""

import numpy as np

from features.kernel.compiled import F64, FLAG, I64, REAL, WHOLE, compiled
from features.kernel.derived.loops import ASKED, PAIRS


@compiled(I64, WHOLE)
def end_of_row(row, first):  # type: ignore[no-untyped-def]
    """The pair after the last one of the row that begins at `first`."""
    end = first + 1
    while end < len(row) and row[end] == row[first]:
        end += 1
    return end


@compiled(*PAIRS, I64, WHOLE, *ASKED, REAL, FLAG)
def concentration(row, age, code, value, values, windows, shape, least, usual):  # type: ignore[no-untyped-def]
    """Bice-Boxerman index over `value`, or (usual) the share of the most usual value; NaN below `least` visits."""
    found, seen = np.full(shape, np.nan), np.zeros(values)
    first = 0
    while first < len(row):
        end = end_of_row(row, first)
        for c in range(shape[1]):
            for window in range(shape[2]):
                n, squares, most = 0.0, 0.0, 0.0
                for pair in range(first, end):
                    if code[pair] == c and value[pair] >= 0 and age[pair] <= windows[window]:
                        squares += 2.0 * seen[value[pair]] + 1.0
                        seen[value[pair]] += 1.0
                        most = max(most, seen[value[pair]])
                        n += 1.0
                for pair in range(first, end):
                    if value[pair] >= 0:
                        seen[value[pair]] = 0.0
                if n >= least:
                    found[row[first], c, window] = most / n if usual else (squares - n) / (n * (n - 1.0))
        first = end
    return found


@compiled(*PAIRS, I64, WHOLE, *ASKED)
def entropies(row, age, code, value, values, windows, shape):  # type: ignore[no-untyped-def]
    """Shannon entropy of the visits over `value`, in bits; NaN without a visit."""
    found, seen = np.full(shape, np.nan), np.zeros(values)
    first = 0
    while first < len(row):
        end = end_of_row(row, first)
        for c in range(shape[1]):
            for window in range(shape[2]):
                n, bits = 0.0, 0.0
                for pair in range(first, end):
                    if code[pair] == c and value[pair] >= 0 and age[pair] <= windows[window]:
                        seen[value[pair]] += 1.0
                        n += 1.0
                for pair in range(first, end):
                    if value[pair] >= 0 and seen[value[pair]] > 0.0:
                        share = seen[value[pair]] / n
                        bits -= share * np.log2(share)
                        seen[value[pair]] = 0.0
                if n > 0.0:
                    found[row[first], c, window] = bits
        first = end
    return found


@compiled(*PAIRS, I64, I64, WHOLE, *ASKED, WHOLE)
def repeats(row, age, code, value, second, values, windows, shape, within):  # type: ignore[no-untyped-def]
    """Share of visits that come at a later second, and at most `within` days, after one of the same value."""
    found = np.full(shape, np.nan)
    # Of each value: the latest visit so far, and the latest one at an earlier second than that.
    latest, before = np.full(values, -1), np.full(values, -1)
    first = 0
    while first < len(row):
        end = end_of_row(row, first)
        for c in range(shape[1]):
            for window in range(shape[2]):
                n, again = 0.0, 0.0
                for pair in range(first, end):
                    v = value[pair]
                    if code[pair] != c or v < 0 or age[pair] > windows[window]:
                        continue
                    n += 1.0
                    if latest[v] < 0 or second[latest[v]] < second[pair]:
                        before[v], latest[v] = latest[v], pair
                    if before[v] >= 0 and age[before[v]] - age[pair] <= within:
                        again += 1.0
                for pair in range(first, end):
                    if value[pair] >= 0:
                        latest[value[pair]], before[value[pair]] = -1, -1
                if n > 0.0:
                    found[row[first], c, window] = again / n
        first = end
    return found


@compiled(*PAIRS, F64, I64, *ASKED)
def firsts(row, age, code, value, second, windows, shape):  # type: ignore[no-untyped-def]
    """`value` of the earliest pair; of several at one second the greatest, an unknown one only when none is 1."""
    found = np.full(shape, np.nan)
    at = np.full(shape, -1)
    for pair in range(len(row)):
        if code[pair] < 0:
            continue
        for window in range(len(windows)):
            if age[pair] > windows[window]:
                continue
            r, c = row[pair], code[pair]
            held = at[r, c, window]
            if held < 0:
                at[r, c, window], found[r, c, window] = pair, value[pair]
            elif second[held] == second[pair] and found[r, c, window] != 1.0 and value[pair] != 0.0:
                found[r, c, window] = value[pair]
    return found
