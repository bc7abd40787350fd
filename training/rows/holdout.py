"""What a training run stores of its hold-out: predictions and proposed segments, with groups, without client ids."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.explaining.comparison import band_name, band_of

UNKNOWN = "unknown"
GROUP_COLUMNS: Mapping[str, str] = {
    "group_sex": "sex",
    "group_language": "language",
    "group_municipality": "municipality",
    "group_source": "source",
}


@dataclass(frozen=True)
class Rows:
    """Hold-out rows under numbers that mean nothing outside this run, with the groups they belong to."""

    numbers: pd.DataFrame
    """row, client, as_of and the group_* columns, in the order of the hold-out."""

    def predictions(self, output: str, label: np.ndarray, p: np.ndarray, baseline_p: np.ndarray) -> pd.DataFrame:
        """One output's rows of predictions.parquet."""
        return self.numbers.assign(output=output, label=label.astype(np.int8), p=p, baseline_p=baseline_p)

    def classes(self, label: np.ndarray, proposed: np.ndarray, baseline_proposed: np.ndarray) -> pd.DataFrame:
        """The rows of classes.parquet."""
        return self.numbers.assign(label=label, proposed=proposed, baseline_proposed=baseline_proposed)

    def part(self, mask: np.ndarray) -> "Rows":
        """The rows of a mask."""
        return Rows(self.numbers[mask])


def numbered(rows: pd.DataFrame, ages: np.ndarray, residents: pd.DataFrame, seed: int) -> Rows:
    """Number hold-out rows (client_id, as_of) at random and add their groups from the residents table."""
    rng = np.random.default_rng(seed)
    people, client = np.unique(rows["client_id"].astype(object).to_numpy(), return_inverse=True)
    numbers = pd.DataFrame(
        {
            "row": rng.permutation(len(rows)).astype(np.int64),
            "client": rng.permutation(len(people)).astype(np.int32)[client],
            "as_of": rows["as_of"].to_numpy().astype("datetime64[s]"),
            "group_age_band": [band_name(int(band)) for band in band_of(ages)],
        }
    )
    described = latest_stay(residents).reindex(people)
    for group, column in GROUP_COLUMNS.items() if len(residents) else ():
        numbers[group] = described[column].astype(object).fillna(UNKNOWN).astype(str).to_numpy()[client]
    return Rows(numbers)


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of their random numbers: their place in the file says nothing either."""
    return frame.sort_values([name for name in ("output", "row") if name in frame]).reset_index(drop=True)


def latest_stay(residents: pd.DataFrame) -> pd.DataFrame:
    """The latest known stay of each client."""
    current = residents[residents["superseded_at"].isna()].sort_values("valid_from", kind="stable")
    keyed = current.assign(client_id=current["client_id"].astype(object))
    return keyed.drop_duplicates("client_id", keep="last").set_index("client_id")
