"""By what people are compared: organisation, recording instance, deprivation, and the vulnerable groups of the plans.

For judging only: no model sees these columns, and many of them are sensitive.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from configs.loader import StrictConfig
from evaluation.fairness.comparing.parts import TRAIT, UNKNOWN
from features.rules.spec import Condition
from features.store import Snapshot, read_table
from models.texts import Texts

TRAITS_FILE = "traits.parquet"
LEGACY, INSTANCE, DEPRIVATION = "legacy_org", "instance", "deprivation"
THIRDS = ("least deprived", "middle", "most deprived")
CONTACTS = ("client_id", "time", "service", "legacy_org", "source", "superseded_at")
STAYS = ("client_id", "municipality", "postal_area", "valid_from", "superseded_at")


class Services(StrictConfig):
    """A contact with one of these services within the days before `as_of`."""

    services: tuple[str, ...] = Field(min_length=1)
    days: int = Field(ge=1)


class Group(StrictConfig):
    """A vulnerable group: bounds that all hold, or contacts with services."""

    name: Texts
    all: tuple[Condition, ...] = ()
    services: tuple[str, ...] = ()
    days: int = Field(default=365, ge=1)
    source: str
    """The plan line that names the group."""

    @model_validator(mode="after")
    def _says_something(self) -> "Group":
        if bool(self.all) == bool(self.services):
            raise ValueError("a group is told either by `all` or by `services`")
        return self


class NotRecorded(StrictConfig):
    """A vulnerable group that the registers do not tell of."""

    id: str
    source: str


class NotCompared(StrictConfig):
    """A trait by which people are not compared, because the register knows it by the outcome only."""

    id: str
    why: str = Field(min_length=20)


class TraitsConfig(StrictConfig):
    """configs/traits.yaml."""

    deprivation: Services
    groups: Mapping[str, Group]
    not_recorded: tuple[NotRecorded, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()

    def compared(self, stored: pd.DataFrame) -> pd.DataFrame:
        """Stored rows without the group_* columns of what is not compared; the table lists those as missing."""
        return stored.drop(columns=[f"group_{one.id}" for one in self.not_compared], errors="ignore")

    @property
    def asked(self) -> tuple[str, ...]:
        """Every trait that a table should have."""
        unrecorded = (one.id for one in self.not_recorded)
        return ("age_band", "sex", "language", "municipality", LEGACY, INSTANCE, DEPRIVATION, *self.groups, *unrecorded)


def traits_of(
    snapshot: Snapshot, config: TraitsConfig, rows: pd.DataFrame, features: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """trait_* columns in the order of `rows` (client_id, as_of); `features` are columns of the same rows by name.

    A group whose features or services are not in the data has no column.
    """
    contacts = read_table(snapshot, "contacts", columns=CONTACTS)
    contacts = contacts[contacts["superseded_at"].isna()]
    asked = rows.reset_index(drop=True).astype({"client_id": object})
    found = pd.DataFrame(index=asked.index)
    for trait, home in homes(contacts, stays_of(snapshot)).items():
        found[TRAIT + trait] = asked["client_id"].map(home).fillna(UNKNOWN).to_numpy()
    found[TRAIT + DEPRIVATION] = _deprivation(snapshot, contacts, config.deprivation, asked)
    for name, group in config.groups.items():
        held = _held(group, features) if group.all else had_contact(contacts, asked, group.services, group.days)
        if held is not None:
            found[TRAIT + name] = held
    return found


def stays_of(snapshot: Snapshot) -> pd.DataFrame:
    """client_id, municipality, postal_area of everybody's latest stay."""
    residents = read_table(snapshot, "residents", columns=STAYS)
    current = residents[residents["superseded_at"].isna()].sort_values("valid_from", kind="stable")
    return current.astype({"client_id": object}).drop_duplicates("client_id", keep="last")


def homes(contacts: pd.DataFrame, stays: pd.DataFrame) -> dict[str, pd.Series]:
    """legacy_org and instance -> client_id -> that of the client's municipality: the one most of its residents use.

    Not the client's own: who mostly visits the hospital would be the hospital's, and groups would differ by use.
    """
    town = stays.set_index("client_id")["municipality"].astype(str)
    instance = contacts["source"].astype(str).str.split("/").str[-1]
    found = {}
    for trait, values in ((LEGACY, contacts["legacy_org"]), (INSTANCE, instance)):
        own = most_used(contacts["client_id"], values)
        usual = most_used(pd.Series(town.reindex(own.index).fillna(UNKNOWN).to_numpy()), own)
        found[trait] = town.map(usual).dropna()
    return found


def most_used(clients: pd.Series, values: pd.Series) -> pd.Series:
    """client_id -> the value of most of the client's rows; equal counts: the first by name."""
    if clients.empty:
        return pd.Series(dtype=object)
    pairs = pd.DataFrame({"client": clients.astype(object).to_numpy(), "value": values.astype(str).to_numpy()})
    counted = pairs.groupby(["client", "value"], observed=True).size().reset_index(name="n")
    first = counted.sort_values(["client", "n", "value"], ascending=[True, False, True])
    return first.drop_duplicates("client").set_index("client")["value"]


def had_contact(contacts: pd.DataFrame, rows: pd.DataFrame, services: Sequence[str], days: int) -> np.ndarray | None:
    """Per row: a contact with one of the services in [as_of - days, as_of).  None when nobody ever had one."""
    own = contacts[contacts["service"].isin(services)]
    if own.empty:
        return None
    pairs = rows.assign(place=np.arange(len(rows))).merge(
        own[["client_id", "time"]].astype({"client_id": object}), on="client_id"
    )
    as_of = pairs["as_of"].astype("datetime64[s]")
    inside = (pairs["time"] < as_of) & (pairs["time"] >= as_of - pd.Timedelta(days=days))
    held = np.zeros(len(rows), bool)
    held[pairs["place"][inside].to_numpy()] = True
    return held


def _held(group: Group, features: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Per row: every bound holds (unknown = does not).  None when a feature is not there."""
    if any(one.feature not in features for one in group.all):
        return None
    return np.asarray(np.logical_and.reduce([one.holds(features[one.feature]) for one in group.all]))


def _deprivation(snapshot: Snapshot, contacts: pd.DataFrame, asked: Services, rows: pd.DataFrame) -> np.ndarray:
    """Which third of the residents, by their postal area's share of residents with such a contact in the last days."""
    stays = stays_of(snapshot)
    if stays.empty or contacts.empty:
        return np.full(len(rows), UNKNOWN, object)
    last = stays[["client_id"]].assign(as_of=contacts["time"].max())
    had = had_contact(contacts, last, asked.services, asked.days)
    areas = stays["postal_area"].astype(str)
    share = pd.Series(had if had is not None else np.zeros(len(stays)), areas.to_numpy()).groupby(level=0).mean()
    place = pd.Series(areas.to_numpy(), stays["client_id"]).map(thirds(share, areas))
    return np.asarray(rows["client_id"].map(place).fillna(UNKNOWN).to_numpy())


def thirds(share: pd.Series, areas: pd.Series) -> dict[str, str]:
    """postal area -> its third, each with about a third of the residents; the same for every resident of an area."""
    people = areas.value_counts()
    ordered = share.sort_values(kind="stable").index
    middle = (people[ordered].cumsum() - people[ordered] / 2) / people.sum()
    return {str(area): THIRDS[min(int(at * 3), 2)] for area, at in middle.items()}
