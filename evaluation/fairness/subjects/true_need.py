"""Service at the same true need, by group: only a simulated county knows the need, so only there can it be asked.

Use is not need.  A model learns from use, so who is served less at the same need is also foretold less.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.figures import Certainty, Figure
from evaluation.fairness.comparing.parts import Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable

SUBJECT = "service_at_true_need"
OUTPUT = "contacts_to_need"
MARGIN = 1.1
"""A tenth more or less service at the same need is no finding (our choice)."""
CARE_STEPS = (-0.5, 0.5, 1.5, 2.5, 3.5)
"""Steps of the true need of care; from 1.46 on light home care is meant (configs/county/demo.yaml)."""
AGE_STEPS = (18, 30, 50, 65, 75, 85)


def service_table(people: pd.DataFrame, testing: Certainty, smallest: int) -> FairnessTable:
    """Contacts of each group over what everybody with the same true need has; 1 = the same, below 1 = under-served.

    `people`, one line per client: client_id, contacts (in the years looked at), exposed (months lived there), stratum
    (text: people of the same need), and group_* / trait_* columns.
    """
    expected = expected_contacts(people)
    figures = [
        Figure("contacts_to_need", people["contacts"].to_numpy(np.float64), expected, "ratio", "lower", MARGIN),
    ]
    traits = people[[name for name in people.columns if str(name).startswith(("group_", "trait_"))]]
    part = Part(OUTPUT, people["client_id"].astype(object).to_numpy(), traits, figures)
    return tabulate(SUBJECT, [part], testing, smallest)


def expected_contacts(people: pd.DataFrame) -> np.ndarray:
    """Contacts that everybody of the same stratum has per month lived there, times the client's own months."""
    grouped = people.groupby("stratum", observed=True)
    rate = grouped["contacts"].transform("sum") / grouped["exposed"].transform("sum")
    return np.asarray(rate * people["exposed"], np.float64)


def strata(age: np.ndarray, care_need: np.ndarray, needs: Sequence[np.ndarray]) -> np.ndarray:
    """A text per client that is the same for people of the same true need: age, need of care, needs of services."""
    parts = [np.digitize(age, AGE_STEPS), np.digitize(care_need, CARE_STEPS), *(need.astype(int) for need in needs)]
    return np.array(["-".join(map(str, one)) for one in np.stack(parts, axis=1).tolist()], dtype=object)


def people_at_need(
    monthly: pd.DataFrame, unmet: pd.DataFrame, residents: pd.DataFrame, contacts: pd.DataFrame, key: str = "client_id"
) -> pd.DataFrame:
    """The lines of `service_table` from the simulator's truth and the registers.

    `monthly` (key, as_of, care_need), `unmet` (key, as_of, service), `residents` (key, birth_year, sex, language,
    municipality, history_start), `contacts` (key, time, service).  Months before a client's registers begin are left
    out of the need, as they are of the contacts.
    """
    monthly, unmet = (_since_start(one, residents, key) for one in (monthly, unmet))
    grouped = monthly.groupby(key, observed=True)
    found = pd.DataFrame({"exposed": grouped.size(), "care_need": grouped["care_need"].mean()})
    stays = residents.drop_duplicates(key, keep="last").set_index(key)
    found = found[found.index.isin(stays.index)]
    own, year = stays.loc[found.index], pd.to_datetime(monthly["as_of"]).dt.year.max()
    needs = [_share_in_need(unmet, service, found, key) for service in sorted(unmet["service"].unique())]
    found["stratum"] = strata(
        year - own["birth_year"].to_numpy(np.float64), found["care_need"].to_numpy(), [share > 0.5 for share in needs]
    )
    found["contacts"] = service_months(contacts, key).reindex(found.index).fillna(0).to_numpy(np.float64)
    for trait in ("sex", "language", "municipality"):
        found[f"group_{trait}"] = own[trait].astype(object).to_numpy()
    for trait in ("legacy_org", "instance"):
        if trait in own:
            found[f"trait_{trait}"] = own[trait].astype(object).to_numpy()
    return found.rename_axis("client_id").reset_index()


def service_months(contacts: pd.DataFrame, key: str) -> pd.Series:
    """Per client: months with a contact, counted once per service.  Ten visits of one month are one month of service,
    so that a few intensive clients do not speak for a municipality."""
    month = contacts["time"].to_numpy().astype("datetime64[M]").astype(np.int64)
    kept = contacts.assign(month=month).drop_duplicates([key, "service", "month"])
    return kept[key].value_counts()


def _since_start(rows: pd.DataFrame, residents: pd.DataFrame, key: str) -> pd.DataFrame:
    start = rows[key].map(residents.drop_duplicates(key, keep="last").set_index(key)["history_start"])
    return rows[pd.to_datetime(rows["as_of"]) > pd.to_datetime(start)]


def _share_in_need(unmet: pd.DataFrame, service: str, people: pd.DataFrame, key: str) -> np.ndarray:
    """Share of a client's months in which the need of one service was there."""
    months = unmet[unmet["service"] == service].groupby(key, observed=True).size()
    return np.asarray(months.reindex(people.index).fillna(0) / people["exposed"])
