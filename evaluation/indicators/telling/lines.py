"""The lines of one indicator: county, areas, bands, segments and splits, protected, or why there is no value."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from evaluation.indicators.compute import Found, reference_span, told_spans
from evaluation.indicators.kinds import Change, Measure, NthFree, Shortfall, SlotWait, UnitsWith, Wait
from evaluation.indicators.periods import Span
from evaluation.indicators.settings import Definition, IndicatorsConfig
from evaluation.indicators.telling.figures import NOBODY, NOTHING, Figure, figure
from evaluation.indicators.telling.hiding import hidden_alone, hidden_lines

Line = dict[str, Any]
COUNTY, AREA, BAND, SEGMENT = "county", "area", "band", "segment"
NO_ROWS, NOT_COVERED, SOURCE_MISSING = "no_rows", "not_covered", "source_missing"
SHOWN = ("value", "median", "lowest", "highest", "low", "high")


def lines_of(id: str, definition: Definition, found: Found, config: IndicatorsConfig) -> list[Line]:
    """Every line of every told period, oldest period first; bands, segments and splits of the latest period only."""
    told = told_spans(definition, found.as_of, config)
    return [line for span in told for line in _of_span(id, definition, found, config, span, span == told[-1])]


def _of_span(
    id: str, definition: Definition, found: Found, config: IndicatorsConfig, span: Span, latest: bool
) -> list[Line]:
    measure = definition.measure
    assert measure is not None
    areas = _areas(measure, found, config)
    covered = {area: _covered(found, measure, area, span) for area in areas}
    rows = _of_covered_areas(_rows(id, measure, found, span), covered)
    share = found.coverage.share_of_residents(area for area, yes in covered.items() if yes)
    lacking = bool(found.coverage.lacking(measure))
    counts_none = definition.unit == "count" and not lacking

    def made(part: pd.DataFrame, group: str) -> Figure:
        seed = f"{id} {definition.version} {span.name} {group}"
        own = figure(part, definition.unit, config.repeats, config.smallest_cell, seed)
        own = NOBODY if counts_none and part.empty else _finished(own, measure)
        # An area is covered or not; everything wider rests on the covered areas' share of the residents.
        whole = own.completeness is None or group in covered
        return own if whole else replace(own, completeness=(own.completeness or 0.0) * min(1.0, share))

    lines = [_county(made(rows, COUNTY), measure, definition, config, covered)]
    lines += _table(AREA, areas, rows, made, measure, definition, config, covered)
    if latest and (rows["band"] != "").any():
        for by in (BAND, SEGMENT):
            lines += _table(by, sorted(rows[by].unique()), rows, made, measure, definition, config, {})
    for column, codes in definition.split.items() if latest else ():
        parts = _of_covered_areas(found.divided(id, column, codes, span), covered)
        lines += _table(column, list(codes), parts, made, measure, definition, config, {})
    if lacking:
        lines = [_line(line["by"], line["group"], NOTHING, "", SOURCE_MISSING) for line in lines]
    named = {"id": id, "version": definition.version, "period": span.name}
    dates = {"start": f"{span.start:%Y-%m-%d}", "end": f"{span.end:%Y-%m-%d}"}
    return [{**named, **dates, **line} for line in lines]


def _county(
    own: Figure, measure: Measure, definition: Definition, config: IndicatorsConfig, covered: dict[str, bool]
) -> Line:
    why = "" if any(covered.values()) else NOT_COVERED
    hides = hidden_alone(own, definition.unit, config.smallest_cell) if protected(measure) else ""
    return _line(COUNTY, "", own, hides, why)


def _table(
    by: str,
    groups: Sequence[str],
    rows: pd.DataFrame,
    made: Callable[[pd.DataFrame, str], Figure],
    measure: Measure,
    definition: Definition,
    config: IndicatorsConfig,
    covered: dict[str, bool],
) -> list[Line]:
    split = {str(group): part for group, part in rows.groupby(by)}
    figures = [made(split.get(group, rows.iloc[:0]), group) for group in groups]
    hides = [""] * len(figures)
    if protected(measure):
        hides = hidden_lines(figures, definition.unit, config.smallest_cell)
    whys = [NOT_COVERED if not covered.get(group, True) else "" for group in groups]
    return [_line(by, *one) for one in zip(groups, figures, hides, whys, strict=True)]


def _line(by: str, group: str, own: Figure, hides: str, why: str) -> Line:
    if own.value is None or why:
        empty = dict.fromkeys(SHOWN)
        return {"by": by, "group": group, "n": None, **empty, "method": "", "completeness": None, "why": why or NO_ROWS}
    shown = {name: None if hides else getattr(own, name) for name in SHOWN}
    few = hides not in ("", "uniform")
    n, complete = (None, None) if few else (own.n, own.completeness)
    method = "" if hides else own.method
    return {"by": by, "group": group, "n": n, **shown, "method": method, "completeness": complete, "why": hides}


def protected(measure: Measure) -> bool:
    """True when the rows are people (or their booked times), not units and days."""
    centres = isinstance(measure, SlotWait) and measure.per == "centre"
    return not (centres or isinstance(measure, NthFree | UnitsWith))


def _areas(measure: Measure, found: Found, config: IndicatorsConfig) -> list[str]:
    if isinstance(measure, SlotWait | NthFree | UnitsWith):
        return sorted(set(config.unit_areas.values()))
    return found.coverage.areas()


def _covered(found: Found, measure: Measure, area: str, span: Span) -> bool:
    both = [span]
    if isinstance(measure, Change):
        both.append(span.earlier(measure.years))
    if isinstance(measure, Shortfall):
        both.append(reference_span(measure, span))
    inner = measure.of if isinstance(measure, Change) else measure
    return all(found.coverage.covers(inner, area, one) for one in both)


def _of_covered_areas(rows: pd.DataFrame, covered: dict[str, bool]) -> pd.DataFrame:
    """What lies in an area that the store does not cover is left out: it is never a zero."""
    return rows[rows["area"].map(covered).fillna(True).to_numpy(bool)].reset_index(drop=True)


def _rows(id: str, measure: Measure, found: Found, span: Span) -> pd.DataFrame:
    own = found.parts(id, span)
    if isinstance(measure, UnitsWith):
        return own.groupby("who", as_index=False).max()
    if isinstance(measure, Change):
        return _changed(own, found.parts(id, span.earlier(measure.years)), isinstance(measure.of, Wait))
    if isinstance(measure, Shortfall):
        return _expected(own, found.parts(id, reference_span(measure, span)))
    return own


def _changed(now: pd.DataFrame, then: pd.DataFrame, mean: bool) -> pd.DataFrame:
    """num now over num then; of a mean, the earlier sum is put on the present number of rows."""
    factor = now["den"].sum() / then["den"].sum() if mean and then["den"].sum() > 0 else 1.0
    return pd.concat([now.assign(den=0.0), then.assign(den=then["num"] * factor, num=0.0)], ignore_index=True)


def _expected(now: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """The contacts that each resident would have had at the reference year's rate of her age band."""
    sums = reference.groupby("band")[["num", "den"]].sum()
    rates = sums["num"] / sums["den"]
    expected = now["band"].map(rates)
    return now.assign(den=expected.fillna(0.0), missing=expected.isna().astype(float))


def _finished(own: Figure, measure: Measure) -> Figure:
    """A ratio to before becomes a change; observed over expected becomes a shortfall."""
    if own.value is None or not isinstance(measure, Change | Shortfall):
        return own
    if isinstance(measure, Change):
        return replace(own, value=own.value - 1, low=_less(own.low), high=_less(own.high), median=None)
    return replace(own, value=1 - own.value, low=_rest(own.high), high=_rest(own.low))


def _less(value: float | None) -> float | None:
    return None if value is None else value - 1


def _rest(value: float | None) -> float | None:
    return None if value is None else 1 - value
