"""The kernel's compiled loops: row by row over the events of the row's client, in a fixed order, single-threaded.

Every loop reads plain integer arrays and writes its part of the output.  A function that calls another one must stand
in this file: the kept machine code of a function is thrown away only when its own file changes.
"""

import numpy as np

from features.kernel.compiled import (
    EVENTS,
    F64,
    FLAGS,
    FRAMED,
    I32,
    I64,
    I64_OUT,
    PLACES,
    WHOLE,
    WINDOWED,
    compiled,
)


@compiled(I32, WHOLE, WHOLE, WHOLE)
def lower_bound(day, low, high, wanted):  # type: ignore[no-untyped-def]
    """The first place in [low, high) whose day is not before `wanted`."""
    while low < high:
        middle = (low + high) >> 1
        if day[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@compiled(I32, I32, I64, I64, I64_OUT, I64_OUT)
def client_runs(client, day, seconds, recorded, begin, end):  # type: ignore[no-untyped-def]
    """Fill where each client's rows begin and end; False when rows do not lie by client, time and recording."""
    for place in range(client.shape[0]):
        one = client[place]
        if one < 0:
            continue
        if day[place] >= 1 << 30:
            return False
        if place > 0 and client[place - 1] == one:
            if seconds[place - 1] > seconds[place]:
                return False
            if seconds[place - 1] == seconds[place] and recorded[place - 1] > recorded[place]:
                return False
        elif end[one] > 0:
            return False
        else:
            begin[one] = place
        end[one] = place + 1
    return True


@compiled(I64, I64, F64, FLAGS)
def in_value_order(seconds, recorded, value, edge):  # type: ignore[no-untyped-def]
    """False when of two neighbours with the same client, time and recording the greater value comes first."""
    for place in range(1, seconds.shape[0]):
        tied = seconds[place - 1] == seconds[place] and recorded[place - 1] == recorded[place]
        if tied and not edge[place] and value[place - 1] > value[place]:
            return False
    return True


@compiled(FLAGS, I64_OUT, I64_OUT)
def places_of(chosen, places, before):  # type: ignore[no-untyped-def]
    """Fill the places of the chosen events, and for each place how many chosen ones lie before it."""
    found = 0
    for place in range(chosen.shape[0]):
        before[place] = found
        if chosen[place]:
            places[found] = place
            found += 1
    before[chosen.shape[0]] = found


@compiled(I32, I32, I64, I64, I32, I32, PLACES)
def ring_bounds(client, as_of, begin, end, day, edges, bounds):  # type: ignore[no-untyped-def]
    """Ring k of a row, at most edges[k] and more than edges[k - 1] days old, lies in [bounds[k + 1], bounds[k])."""
    for row in range(client.shape[0]):
        low, date = begin[client[row]], as_of[row]
        high = lower_bound(day, low, end[client[row]], date)
        bounds[row, 0] = high
        for ring in range(edges.shape[0]):
            high = lower_bound(day, low, high, date - edges[ring])
            bounds[row, ring + 1] = high


@compiled(WHOLE, I32, WHOLE)
def known_windows(date, windows, start):  # type: ignore[no-untyped-def]
    """How many windows, shortest first, do not reach before `start`."""
    known = 0
    while known < windows.shape[0] and date - windows[known] >= start:
        known += 1
    return known


@compiled(*WINDOWED, *FRAMED)
def count_windows(as_of, start, bounds, first, last, code, codes, windows, frame, top, left):  # type: ignore[no-untyped-def]
    """Known events by code and ring, rings added up to windows; windows that reach before `start` are NaN."""
    reach = windows.shape[0]
    total = np.zeros((codes + 1) * reach, np.int32)
    for row in range(as_of.shape[0]):
        date = as_of[row]
        known = known_windows(date, windows, start[row])
        total[:] = 0
        for ring in range(known):
            low, high = bounds[row, ring + 1], bounds[row, ring]
            if code.shape[0] == 0:
                for event in range(low, high):
                    total[ring] += first[event] <= date and date <= last[event]
            else:
                for event in range(low, high):
                    total[code[event] * reach + ring] += first[event] <= date and date <= last[event]
        for kind in range(codes):
            added = 0
            for window in range(known):
                added += total[kind * reach + window]
                frame[top + row, left + kind * reach + window] = added
            for window in range(known, reach):
                frame[top + row, left + kind * reach + window] = np.nan


@compiled(*WINDOWED, F64, *FRAMED)
def sum_windows(as_of, start, bounds, first, last, code, codes, windows, value, frame, top, left):  # type: ignore[no-untyped-def]
    """As count_windows, with each event's value in place of 1; added in float64 in the order of the events."""
    reach = windows.shape[0]
    total = np.zeros((codes + 1) * reach)
    for row in range(as_of.shape[0]):
        date = as_of[row]
        known = known_windows(date, windows, start[row])
        total[:] = 0
        for ring in range(known):
            for event in range(bounds[row, ring + 1], bounds[row, ring]):
                if first[event] <= date and date <= last[event]:
                    kind = code[event] if code.shape[0] else 0
                    total[kind * reach + ring] += value[event]
        for kind in range(codes):
            added = 0.0
            for window in range(known):
                added += total[kind * reach + window]
                frame[top + row, left + kind * reach + window] = added
            for window in range(known, reach):
                frame[top + row, left + kind * reach + window] = np.nan


@compiled(*WINDOWED, I32, WHOLE, *FRAMED)
def distinct_windows(  # type: ignore[no-untyped-def]
    as_of, start, bounds, first, last, code, codes, windows, value, values, frame, top, left
):
    """Different values by code and window: the newest ring first, so that a value counts in its narrowest ring."""
    reach = windows.shape[0]
    total = np.zeros((codes + 1) * reach, np.int32)
    seen = np.full((codes + 1) * values, -1, np.int32)
    for row in range(as_of.shape[0]):
        date = as_of[row]
        known = known_windows(date, windows, start[row])
        total[:] = 0
        for ring in range(known):
            for event in range(bounds[row, ring + 1], bounds[row, ring]):
                if value[event] >= 0 and first[event] <= date and date <= last[event]:
                    kind = code[event] if code.shape[0] else 0
                    new = seen[kind * values + value[event]] != row
                    seen[kind * values + value[event]] = row
                    total[kind * reach + ring] += new
        for kind in range(codes):
            added = 0
            for window in range(known):
                added += total[kind * reach + window]
                frame[top + row, left + kind * reach + window] = added
            for window in range(known, reach):
                frame[top + row, left + kind * reach + window] = np.nan


@compiled(I32, I32, *EVENTS, I32, WHOLE, WHOLE, PLACES)
def outermost(client, as_of, begin, end, day, first, last, code, codes, step, found):  # type: ignore[no-untyped-def]
    """For each row and code the latest (step -1) or the earliest (step 1) known event; -1 when there is none."""
    is_coded = code.shape[0] > 0
    for row in range(client.shape[0]):
        date, one, waiting = as_of[row], client[row], codes
        for kind in range(codes):
            found[row, kind] = -1
        low, high = begin[one], lower_bound(day, begin[one], end[one], date)
        event = high - 1 if step < 0 else low
        while low <= event and event < high and waiting > 0:
            if first[event] <= date and date <= last[event]:
                kind = code[event] if is_coded else 0
                if kind < codes and found[row, kind] < 0:
                    found[row, kind] = event
                    waiting -= 1
            event += step


@compiled(I32, I32, *EVENTS, WHOLE, I64_OUT)
def count_pairs(client, as_of, begin, end, day, first, last, widest, count):  # type: ignore[no-untyped-def]
    """For each row how many events of its last `widest` days were known."""
    for row in range(client.shape[0]):
        date, one = as_of[row], client[row]
        low = lower_bound(day, begin[one], end[one], date - widest)
        known = 0
        for event in range(low, lower_bound(day, low, end[one], date)):
            known += first[event] <= date and date <= last[event]
        count[row] = known


@compiled(I32, I32, *EVENTS, WHOLE, I64_OUT, I64_OUT, I64_OUT)
def fill_pairs(client, as_of, begin, end, day, first, last, widest, rows, places, ages):  # type: ignore[no-untyped-def]
    """The pairs that count_pairs counted: row, event and age in days, row by row, oldest event first."""
    at = 0
    for row in range(client.shape[0]):
        date, one = as_of[row], client[row]
        low = lower_bound(day, begin[one], end[one], date - widest)
        for event in range(low, lower_bound(day, low, end[one], date)):
            if first[event] <= date and date <= last[event]:
                rows[at], places[at], ages[at] = row, event, date - day[event]
                at += 1
