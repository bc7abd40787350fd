"""Who waits longer?  Days from a request to its assessment and start, by group, at the same mix of services."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.figures import Certainty, Figure
from evaluation.fairness.comparing.parts import GROUP, TRAIT, Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable
from features.store import Snapshot, read_table
from models.explaining.comparison import band_name, band_of

SUBJECT = "waiting"
STEPS: Mapping[str, tuple[str, str]] = {
    "days_to_assessment": ("requested_at", "assessed_at"),
    "days_to_start": ("requested_at", "started_at"),
}
COLUMNS = ("client_id", "requested_at", "assessed_at", "started_at", "service", "legacy_org", "superseded_at")
PEOPLE = {"sex": "sex", "language": "language", "municipality": "municipality"}
MARGIN = 1.1
"""A wait up to a tenth longer is no finding (our choice; S1 7 calls 10 % longer waits worth acting on)."""


def waiting_table(snapshot: Snapshot, days: int, testing: Certainty, smallest: int) -> FairnessTable | None:
    """Mean waits of requests made in the last `days`, each group against the rest at the same mix of services.

    None when the registers hold no request with a start.
    """
    requests = read_table(snapshot, "requests", columns=COLUMNS)
    requests = requests[requests["superseded_at"].isna()]
    if requests.empty:
        return None
    recent = requests[requests["requested_at"] >= requests["requested_at"].max() - pd.Timedelta(days=days)]
    people = read_table(snapshot, "residents")
    parts = [part for name, ends in STEPS.items() if (part := _part(name, ends, recent, people)) is not None]
    return tabulate(SUBJECT, parts, testing, smallest) if parts else None


def _part(name: str, ends: tuple[str, str], requests: pd.DataFrame, residents: pd.DataFrame) -> Part | None:
    waited = (requests[ends[1]] - requests[ends[0]]).dt.total_seconds() / 86_400
    known = requests[waited.notna()].assign(waited=waited[waited.notna()]).reset_index(drop=True)
    if len(known) < 2:
        return None
    return waiting_part(name, known, described(known, residents))


def waiting_part(name: str, waits: pd.DataFrame, traits: pd.DataFrame) -> Part:
    """One kind of wait: `client_id, service, waited`, held against the mean wait of the same service."""
    own = waits["waited"].to_numpy(np.float64)
    usual = waits.groupby("service", observed=True)["waited"].transform("mean").to_numpy(np.float64)
    ones = np.ones(len(own))
    figures = [
        Figure("mean_days", own, ones, worse="higher", tested=False),
        # 1 = as long as everybody waits for the same services; above 1 = longer
        Figure("wait_to_usual", own, usual, "ratio", "higher", MARGIN),
    ]
    return Part(name, waits["client_id"].astype(object).to_numpy(), traits, figures)


def described(requests: pd.DataFrame, residents: pd.DataFrame) -> pd.DataFrame:
    """Sex, language, municipality, age band and organisation of each request's person."""
    current = residents[residents["superseded_at"].isna()].sort_values("valid_from", kind="stable")
    stays = current.astype({"client_id": object}).drop_duplicates("client_id", keep="last").set_index("client_id")
    own = stays.reindex(requests["client_id"].astype(object))
    found = {GROUP + trait: own[column].astype(object).fillna("unknown").to_numpy() for trait, column in PEOPLE.items()}
    ages = requests["requested_at"].dt.year.to_numpy() - own["birth_year"].to_numpy(np.float64)
    found[GROUP + "age_band"] = np.array([band_name(int(band)) for band in band_of(ages)])
    found[TRAIT + "legacy_org"] = requests["legacy_org"].astype(str).to_numpy()
    return pd.DataFrame(found)
