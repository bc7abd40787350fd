"""Two groups at the last day: light home-care clients with what may replace a part of it, and frequent users."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.guidance.settings import FrequentUsers, LightClients
from evaluation.guidance.uses import chosen, spells
from features.panel.dimensions import band_of

ANY, NEITHER = "any", "neither"


def light_clients(
    contacts: pd.DataFrame, episodes: pd.DataFrame, wanted: LightClients, until: pd.Timestamp
) -> dict[str, int]:
    """`clients`, and of them those with each replacing service in the last days, with ANY of them and with NEITHER."""
    own = episodes[chosen(episodes, wanted.episodes) & ~(episodes["end"] < until).to_numpy()]
    clients = set(own["client_id"].astype(str))
    since = until - pd.Timedelta(days=wanted.days)
    found = spells(contacts, episodes, tuple(wanted.replacing.values()), until)
    recent = found[(found["end"] > since) & found["client_id"].isin(clients)]
    having = [set(recent.loc[recent["level"] == level, "client_id"]) for level in range(len(wanted.replacing))]
    with_any = set().union(*having)
    counts = {name: len(who) for name, who in zip(wanted.replacing, having, strict=True)}
    return {"clients": len(clients), **counts, ANY: len(with_any), NEITHER: len(clients - with_any)}


def frequent_users(contacts: pd.DataFrame, wanted: FrequentUsers, until: pd.Timestamp) -> pd.Series:
    """client_id → whether a frequent user, of everybody with a contact in the days."""
    done = contacts[contacts["status"].astype(object) == "done"]
    recent = done[done["time"] >= until - pd.Timedelta(days=wanted.days)]
    often = recent["urgency"].astype(object) == wanted.urgency
    visits = often.astype(int).groupby(recent["client_id"].astype(object), observed=True).sum()
    return visits >= wanted.visits


def profile(frequent: pd.Series, traits: Mapping[str, pd.Series]) -> pd.DataFrame:
    """trait, group, frequent, others: people of each group of each trait; a person without a value is `unknown`."""
    parts = []
    for trait, values in traits.items():
        group = values.reindex(frequent.index).astype(object).fillna("unknown")
        frame = pd.DataFrame({"trait": trait, "group": group.to_numpy(), "frequent": frequent.to_numpy(int)})
        frame["others"] = 1 - frame["frequent"]
        parts.append(frame.groupby(["trait", "group"], as_index=False).sum())
    return pd.concat(parts, ignore_index=True)


def traits_of(tables: Mapping[str, pd.DataFrame], wanted: FrequentUsers, until: pd.Timestamp) -> dict[str, pd.Series]:
    """Age band, sex, sectors used in the days, a valid plan, a named professional, and the newest recorded segment."""
    newest = _newest(tables["residents"], "valid_from")
    records = _newest(tables["segment_records"], "time")
    contacts = tables["contacts"]
    recent = contacts[contacts["time"] >= until - pd.Timedelta(days=wanted.days)]
    sectors = recent.groupby(recent["client_id"].astype(object), observed=True)["sector"].nunique().astype(str)
    bands = pd.Series(band_of(pd.Series(until.year, newest.index), newest["birth_year"].astype(float)), newest.index)
    plans, named = tables["plans"], tables["relations"]
    named = named[named["role"].astype(object).isin(("named_doctor", "named_nurse", "own_worker"))]
    everybody = pd.Index(sectors.index)
    return {
        "age_band": bands,
        "sex": newest["sex"].astype(object),
        "sectors": sectors,
        "plan": _open(plans, until, everybody),
        "named_professional": _open(named, until, everybody),
        "segment": records["segment"].astype(object),
    }


def _newest(rows: pd.DataFrame, when: str) -> pd.DataFrame:
    ordered = rows.assign(client_id=rows["client_id"].astype(object)).sort_values(when, kind="stable")
    return ordered.drop_duplicates("client_id", keep="last").set_index("client_id")


def _open(rows: pd.DataFrame, until: pd.Timestamp, everybody: pd.Index) -> pd.Series:
    held = set(rows.loc[~(rows["valid_to"] < until), "client_id"].astype(str))
    return pd.Series(np.where([one in held for one in everybody], "yes", "no"), everybody)
