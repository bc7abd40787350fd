"""Published sums with borrowed parts: what their own parts say, and what similar areas lend to the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from models.demand.cold_start.borrow import Loan
from models.demand.cold_start.status import SeriesStatus, sum_status
from models.demand.cold_start.widths import Widths, with_borrowed_intervals
from models.demand.hierarchy import AREA, Published, aggregate
from models.texts import Text

NUMBERS = ("value", "low80", "high80", "low95", "high95")
BOUNDS = NUMBERS[1:]


def area_of(name: str) -> str:
    """The area of a bottom or published id."""
    return name.split("|", 1)[0]


def group_of(name: str) -> str:
    """What an id counts, without its area: series of one group share the width of borrowed intervals."""
    return name.partition("|")[2]


def own_parts(published: Sequence[Published], borrowed: frozenset[str]) -> tuple[Published, ...]:
    """The sums without their borrowed parts; a series that borrows whole is left out."""
    kept = [replace(one, parts=tuple(part for part in one.parts if part not in borrowed)) for one in published]
    return tuple(one for one in kept if one.parts)


def hidden_group_errors(errors: pd.DataFrame, published: Sequence[Published]) -> pd.DataFrame:
    """`group, y, value` of every published sum of a hidden area, from those of its parts (`unique_id, origin, ds`)."""
    areas = [one for one in published if one.level == AREA]
    summed = aggregate(errors[["unique_id", "origin", "ds", "y", "value"]], areas, ["origin", "ds"])
    return summed.assign(group=summed["series_id"].map(group_of))


def with_borrowed_sums(
    own: pd.DataFrame, lent: pd.DataFrame, published: Sequence[Published], loans: Mapping[str, Loan], widths: Widths
) -> pd.DataFrame:
    """The published forecast `series_id, ds, value, step, low80 … high95` with every sum that has borrowed parts.

    `own` is the same of `own_parts`, `lent` the borrowed parts `unique_id, ds, value`.  Half-widths of own and
    borrowed parts are added: a lender's error is borrowed with its forecast, so they do not cancel.  A date on which a
    part lacks is left out.  Raises ModelError for a group whose width was not measured.
    """
    borrowed = frozenset(lent["unique_id"])
    pieces = pd.DataFrame(_pieces(published, borrowed), columns=["series_id", "piece"])
    wanted = {f"{area}|{group}": (area, group) for area, group in _lent_sums(published, borrowed)}
    sums = tuple(_area_sum(name, *key, published, borrowed) for name, key in wanted.items())
    table = _as_the_lenders(aggregate(lent, sums, ["ds"]), own, loans)
    of_area = with_borrowed_intervals(table.assign(group=table["series_id"].map(group_of)), widths)
    named = [of_area.assign(piece="lent:" + of_area["series_id"]), own.assign(piece="own:" + own["series_id"])]
    known = pd.concat(named)[["piece", "ds", *NUMBERS]]
    grouped = pieces.merge(known, on="piece").groupby(["series_id", "ds"])
    whole = grouped.size() == grouped["series_id"].first().map(pieces.groupby("series_id").size())
    found = grouped[list(NUMBERS)].sum()[whole].reset_index()
    found["step"] = found.groupby("series_id")["ds"].rank(method="first").astype(int)
    return found[["series_id", "ds", "value", "step", *BOUNDS]]


def published_statuses(
    published: Sequence[Published],
    statuses: Mapping[str, SeriesStatus],
    names: Mapping[str, Text],
) -> dict[str, SeriesStatus]:
    """Published series → the status of its parts; a sum over areas names those that borrow."""
    found = {}
    for one in published:
        parts = [statuses[part] for part in one.parts]
        lent = {area_of(part) for part in one.parts if statuses[part].status == "borrowed"}
        told = [names[area] for area in names if area in lent] if one.level != AREA else []
        found[one.series_id] = sum_status(parts, told)
    return found


def _pieces(published: Sequence[Published], borrowed: frozenset[str]) -> list[tuple[str, str]]:
    """(series, piece): the sum of its own parts, and one sum per area that borrows."""
    found = []
    for one in published:
        if not one.members <= borrowed:
            found.append((one.series_id, f"own:{one.series_id}"))
        areas = dict.fromkeys(area_of(part) for part in one.parts if part in borrowed)
        found += [(one.series_id, f"lent:{area}|{group_of(one.series_id)}") for area in areas]
    return found


def _lent_sums(published: Sequence[Published], borrowed: frozenset[str]) -> list[tuple[str, str]]:
    return [(area_of(part), group_of(one.series_id)) for one in published for part in one.parts if part in borrowed]


def _area_sum(name: str, area: str, group: str, published: Sequence[Published], borrowed: frozenset[str]) -> Published:
    """The borrowed parts of one area in the sums of one group."""
    one = next(one for one in published if group_of(one.series_id) == group and _has(one, area, borrowed))
    parts = tuple(part for part in one.parts if area_of(part) == area)
    return replace(one, series_id=name, area=area, place=AREA, parts=parts)


def _has(one: Published, area: str, borrowed: frozenset[str]) -> bool:
    return any(area_of(part) == area and part in borrowed for part in one.parts)


def _as_the_lenders(table: pd.DataFrame, own: pd.DataFrame, loans: Mapping[str, Loan]) -> pd.DataFrame:
    """The lenders' intervals brought to the borrowed value; the value itself where no lender's is known."""
    pairs = [
        (name, f"{lender}|{group_of(name)}")
        for name in table["series_id"].unique()
        for lender in loans[area_of(name)].lenders
    ]
    lenders = pd.DataFrame(pairs, columns=["series_id", "lender"]).merge(
        own.rename(columns={"series_id": "lender"}), on="lender"
    )
    sums = lenders.groupby(["series_id", "ds"])[list(NUMBERS)].sum().add_prefix("lender_").reset_index()
    joined = table.merge(sums, on=["series_id", "ds"], how="left")
    ratio = joined["value"] / joined["lender_value"].where(joined["lender_value"] > 0)
    bounds = {name: (joined[f"lender_{name}"] * ratio).fillna(joined["value"]) for name in BOUNDS}
    return joined[["series_id", "ds", "value"]].assign(**bounds)
