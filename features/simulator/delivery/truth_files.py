"""What is truly so, written beside the extracts.  Only `evaluation/truth.py` may read it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.simulator.county import Simulated
from features.simulator.delivery.write import Written
from features.simulator.residents.targets import TOP
from features.simulator.residents.walk import thresholds
from features.simulator.residents.world import LIGHT, NONE, RESIDENTIAL, in_mental_need, recent

HORIZON = 6
"""Months ahead of the true move to heavier care."""


def write_truth(folder: Path, made: Simulated, written: list[Written]) -> None:
    """monthly.parquet, unmet_need.parquet, persons.csv, drivers.json, care.json, planted_faults.json."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(monthly_table(made), folder / "monthly.parquet", compression="zstd")
    pq.write_table(unmet_table(made), folder / "unmet_need.parquet", compression="zstd")
    pd.DataFrame({"person": np.arange(made.people.count), "henkilotunnus": made.people.identifier}).to_csv(
        folder / "persons.csv", index=False
    )
    faults = {one.name: one.faults for one in written}
    (folder / "drivers.json").write_text(json.dumps(drivers(made), indent=1) + "\n")
    (folder / "care.json").write_text(json.dumps(care(made), indent=1) + "\n")
    (folder / "planted_faults.json").write_text(json.dumps(faults, indent=1, sort_keys=True) + "\n")


def drivers(made: Simulated) -> dict[str, list[dict[str, str | float]]]:
    """Per target its driver families, the weight and the direction."""
    return {
        target: [
            {"family": family, "weight": weight, "direction": "raises" if weight > 0 else "lowers"}
            for family, weight in weights.items()
        ]
        for target, weights in made.county.drivers.items()
    }


def care(made: Simulated) -> dict[str, list[float] | float]:
    """The need of care from which each step is meant (lightest first), and the monthly chance of a heavier one."""
    rules = made.county.home_care
    steps = [float(one) for one in thresholds(made.county)[LIGHT : RESIDENTIAL + 1]]
    return {"thresholds": steps, "heavier": rules.heavier, "steepness": rules.steepness}


def _kept(made: Simulated) -> tuple[np.ndarray, np.ndarray]:
    """Month and person of every month that somebody lived in the county at its end."""
    months, people = made.months, made.people
    last = months.first_day[1:, None]
    there = made.world.alive & (people.from_day < last) & (people.to_day >= last)
    there[: months.data_month] = False
    month, person = np.nonzero(there)
    return month, person


def monthly_table(made: Simulated) -> pa.Table:
    """One row per client and month; everything is as it was at the end of the month (`as_of`)."""
    at = _kept(made)
    month, person = at
    truth, world = made.truth, made.world
    ends = made.months.origin + made.months.first_day[1:]
    columns: dict[str, pa.Array] = {
        "person": pa.array(person.astype(np.int32)),
        "as_of": pa.array(ends[month].astype("datetime64[D]")),
        "long_term": pa.array(truth.long_term[at]),
        "complexity": pa.array(truth.complexity[at].astype(np.float32)),
        "resources": pa.array(truth.resources[at].astype(np.float32)),
        "complexity_high": pa.array(truth.complexity_high[at]),
        "resources_weak": pa.array(truth.resources_weak[at]),
        "care_need": pa.array(world.care_need[at]),
        "care_level": pa.array(world.level[at]),
        "emergencies": pa.array(world.emergencies[at]),
        "heavier_within_6_months": _heavier(made, at),
    }
    for target, codes in truth.top.items():
        names = pa.array(truth.families[target])
        for place in range(TOP):
            code = codes[place][at]
            columns[f"{target}_driver_{place + 1}"] = pa.DictionaryArray.from_arrays(
                pa.array(code, mask=code < 0), names
            )
    return pa.table(columns)


def _heavier(made: Simulated, at: tuple[np.ndarray, np.ndarray]) -> pa.Array:
    """Moved to heavier care within the horizon; unknown in the last months."""
    level = made.world.level
    ahead = np.stack(
        [np.vstack([level[step:], np.zeros((step, level.shape[1]), np.int8)]) for step in range(1, HORIZON + 1)]
    ).max(axis=0)
    home_care = (level > NONE) & (level < RESIDENTIAL)
    known = home_care & (np.arange(len(level)) < len(level) - HORIZON)[:, None]
    return pa.array((ahead > level)[at], mask=~known[at])


def unmet_table(made: Simulated) -> pa.Table:
    """True need by service: one row per client and month with need, and whether it was met within a year."""
    county, people, world, counts = made.county, made.people, made.world, made.counts
    in_home_care = world.level > NONE
    needs = {
        "mental_health": (in_mental_need(county, people, world), recent(counts["mental_health"], 12) > 0),
        "substance_care": (np.broadcast_to(world.substance, world.age.shape), recent(counts["substance_care"], 12) > 0),
        "home_care": ((world.care_need > thresholds(county)[LIGHT]) & (world.age >= 18), in_home_care),
        "adult_social_work": (
            (world.social > 1.3) & (world.age >= 18) & (world.age < 65),
            recent(counts["adult_social_work"], 12) > 0,
        ),
    }
    kept = np.zeros(world.age.shape, dtype=bool)
    kept[_kept(made)] = True
    ends = made.months.origin + made.months.first_day[1:]
    frames = []
    for service, (need, met) in needs.items():
        month, person = np.nonzero(need & kept)
        frames.append(
            pd.DataFrame(
                {"person": person.astype(np.int32), "as_of": ends[month], "met": met[month, person], "service": service}
            )
        )
    found = pd.concat(frames, ignore_index=True).astype({"service": "category"})
    return pa.Table.from_pandas(found, preserve_index=False)
