"""Service at the same true need in a small simulated county, with or without a municipality that gets less."""

from functools import cache

import pandas as pd

from evaluation.fairness.comparing.figures import USUAL
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.subjects.true_need import people_at_need, service_table
from features.simulator.county import Simulated, simulate
from features.simulator.delivery.truth_files import monthly_table, unmet_table
from features.simulator.load import load_county
from features.simulator.settings import County

COUNTY = "configs/county/even.yaml"
PLANTED = "906"
"""An eighth of the residents, about the average municipality."""


def simulated(seed: int, underserved: dict[str, float]) -> Simulated:
    """The county of one seed."""
    return simulate(_county().model_copy(update={"seed": seed, "underserved": underserved}))


@cache
def _county() -> County:
    return load_county(COUNTY)


def table(made: Simulated) -> FairnessTable:
    """The table that the report has, from the truth and the registers as they were recorded."""
    towns = {town.code: town for town in made.county.municipalities}
    people = made.registers["asukkaat"]
    people = people.assign(
        legacy_org=people["municipality"].map({code: town.legacy_org for code, town in towns.items()}),
        instance=people["municipality"].map({code: town.instance for code, town in towns.items()}),
    )
    columns = ["person", "time", "service"]
    contacts = pd.concat([made.registers[name][columns] for name in ("avohilmo", "sosiaali")])
    monthly, unmet = monthly_table(made).to_pandas(), unmet_table(made).to_pandas()
    return service_table(people_at_need(monthly, unmet, people, contacts, "person"), USUAL, 5)


def flagged(seed: int, underserved: dict[str, float]) -> set[tuple[str, str]]:
    """(trait, group) of every group that the table flags."""
    return {(row.trait, row.group) for row in table(simulated(seed, underserved)).failures}
