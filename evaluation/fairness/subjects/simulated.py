"""Fairness against the simulator's truth: service at the same true need, and true need that nobody met, by group."""

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.figures import Certainty, Figure
from evaluation.fairness.comparing.parts import UNKNOWN, Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.subjects.true_need import people_at_need, service_table
from evaluation.fairness.traits import INSTANCE, LEGACY, homes, stays_of
from evaluation.truth import Truth
from features.store import Snapshot, read_table
from models.explaining.comparison import band_name, band_of

HOME_CARE = "home_care"
UNMET = "true_need_met"
CONTACTS = ("client_id", "time", "service", "legacy_org", "source", "superseded_at")


def truth_tables(snapshot: Snapshot, truth: Truth, testing: Certainty, smallest: int) -> list[FairnessTable]:
    """Two tables that only a simulated county can have."""
    residents = read_table(snapshot, "residents")
    residents = residents[residents["superseded_at"].isna()].astype({"client_id": object})
    contacts = read_table(snapshot, "contacts", columns=CONTACTS)
    contacts = contacts[contacts["superseded_at"].isna() & (contacts["service"] != HOME_CARE)]
    described = residents.drop(columns=LEGACY)
    for trait, home in homes(contacts, stays_of(snapshot)).items():
        described[trait] = described["client_id"].map(home).fillna(UNKNOWN)
    held = contacts.astype({"client_id": object})
    people = people_at_need(truth.monthly, truth.unmet_need, described, held)
    return [service_table(people, testing, smallest), met_table(truth.unmet_need, described, testing, smallest)]


def met_table(unmet: pd.DataFrame, residents: pd.DataFrame, testing: Certainty, smallest: int) -> FairnessTable:
    """Share of the months with a true need in which the service was there, per service and group; 1 = always met.

    Age is told too: the plans say that of the young in need of mental-health care half get it (S2 69).
    """
    stays = residents.drop_duplicates("client_id", keep="last").set_index("client_id")
    known = unmet[unmet["client_id"].isin(stays.index)]
    parts = [_met_part(str(service), rows, stays) for service, rows in known.groupby("service", observed=True)]
    return tabulate(UNMET, parts, testing, smallest)


def _met_part(service: str, rows: pd.DataFrame, stays: pd.DataFrame) -> Part:
    own = stays.loc[rows["client_id"]]
    met = rows["met"].to_numpy(bool)
    ages = rows["as_of"].dt.year.to_numpy() - own["birth_year"].to_numpy(np.float64)
    traits = pd.DataFrame(
        {f"group_{name}": own[name].astype(str).to_numpy() for name in ("municipality", "sex", "language")}
    ).assign(
        group_age_band=[band_name(int(band)) for band in band_of(ages)],
        trait_legacy_org=own[LEGACY].astype(str).to_numpy(),
        trait_instance=own[INSTANCE].astype(str).to_numpy(),
    )
    figure = Figure("met", met.astype(np.float64), np.ones(len(met)), margin=0.05, kinds=(met, ~met))
    return Part(service, rows["client_id"].to_numpy(), traits, [figure])
