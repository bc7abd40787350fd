"""Rows 002 about channels, on the small county: its contacts counted, planned over, and the work they bring.

The plan's numbers are told once more by playing each matter through its channels, contact by contact.
"""

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from features.store import Snapshot
from models.planning.channels.config import Channel, ChannelsConfig, Group
from models.planning.channels.plan import ChannelPlan, plan
from models.planning.staffing.config import Assumed
from tests.plans import covers
from tests.plans.county import known, panel_of, until

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
WEEK = pd.Timestamp("2024-10-07")
YEAR = pd.Timedelta(days=365)
CHANNELS = {
    "digital_clinic": {"service": "digital_clinic"},
    "chat": {"channel": "chat"},
    "remote_reception": {"channel": "video"},
    "phone": {"channel": "phone"},
}
"""The order in which a contact is given to a channel."""


def channel_of(contacts: pd.DataFrame) -> pd.Series:
    """The channel of each contact that took place; the others are missing."""
    found = pd.Series(None, index=contacts.index, dtype=object)
    for name, told in CHANNELS.items():
        (column, value), *_ = told.items()
        found = found.mask(found.isna() & (contacts[column] == value), name)
    return found


def contacts_of(county: Snapshot) -> pd.DataFrame:
    """Contacts that took place, home care excepted, with their channel."""
    contacts = known(county, "contacts")
    done = contacts[(contacts["status"] == "done") & (contacts["service"] != "home_care")]
    return done.assign(asked_by=channel_of(done))


@covers("002-A2", "002-H1", "002-H2", "002-H4", county=True)
def test_each_channel_has_its_contacts_and_working_hours_of_every_week(county: Snapshot) -> None:
    panel = panel_of(county, "configs/demand/counted/digital_weekly.yaml")
    contacts = contacts_of(county)
    stays = known(county, "residents")[["client_id", "municipality"]]
    here = contacts.merge(stays, on="client_id").dropna(subset=["asked_by"])
    since = pd.Timestamp("2023-01-02")
    recent = here[(here["time"] >= since) & (here["time"] < WEEK + pd.Timedelta(days=7))]
    for measure, value in (("count", recent["minutes"].notna() + 0), ("hours", recent["minutes"] / 60)):
        own = panel[(panel["measure"] == measure) & (panel["ds"] >= since) & (panel["ds"] <= WEEK)]
        told = own.groupby("digital_channel")["y"].sum()
        counted = value.groupby(recent["asked_by"]).sum()
        for name in CHANNELS:
            assert told[name] == pytest.approx(counted[name], rel=0.03), (measure, name)  # a few had moved away
            assert told[name] > 0
    assert not panel.loc[panel["digital_channel"] == "chatbot", "y"].sum()  # the county has none
    weeks = panel.loc[panel["measure"] == "count"].groupby("ds")["y"].sum()
    assert set(weeks.index.dayofweek) == {0}


@covers("002-A2", "002-H1", county=True)
def test_the_digital_clinic_grows_as_it_was_made_to(county: Snapshot) -> None:
    """`growth` of the county: .34 a year in log rate, so three years later about 2.8-fold."""
    panel = panel_of(county, "configs/demand/counted/digital_weekly.yaml")
    clinic = panel[(panel["measure"] == "count") & (panel["digital_channel"] == "digital_clinic")]
    years = clinic.groupby(clinic["ds"].dt.year)["y"].sum()
    assert list(years.loc[2021:2024]) == sorted(years.loc[2021:2024])
    assert years[2024] > 1.5 * years[2021]


def of_county(county: Snapshot) -> ChannelsConfig:
    """The shipped channels with the county's last year: matters, channels of today, who uses no digital one."""
    shipped = load_config("configs/channels.yaml", ChannelsConfig)
    contacts = contacts_of(county)
    year = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["sector"] == "primary")]
    begun = year["asked_by"].fillna("in_person")
    shares = begun.value_counts(normalize=True).reindex(list(shipped.channels), fill_value=0.0)
    digital = begun.isin([name for name, one in shipped.channels.items() if one.digital])
    silent = 1 - digital.groupby(year["client_id"]).any().mean()
    told = {"source": "counted"}
    group = Group.model_validate(
        {
            "name": {"fi": "kaikki", "sv": "alla", "en": "all"},
            "matters": {"value": len(year) / 52, **told},
            "digitally_excluded": {"value": round(float(silent), 4), **told},
            "digitally_suitable": {"value": round(1 - float(silent), 4), **told},
            "today": dict(shares),
        }
    )
    return shipped.model_copy(update={"groups": {"all": group}})


@pytest.fixture(scope="module")
def asked(county: Snapshot) -> ChannelsConfig:
    return of_county(county)


@pytest.fixture(scope="module")
def planned(asked: ChannelsConfig) -> ChannelPlan:
    return plan(asked.model_copy(update={"smallest_digital_share": None}))


def played(config: ChannelsConfig, begun: dict[str, float]) -> dict[str, float]:
    """Contacts by channel when matters are taken up again, round after round, until hardly any is left."""
    met, waiting = dict.fromkeys(config.channels, 0.0), dict(begun)
    while sum(waiting.values()) > 1e-10:
        again = dict.fromkeys(config.channels, 0.0)
        for name, count in waiting.items():
            met[name] += count
            one = config.channels[name]
            again[one.repeat_to] += count * (1 - one.first_contact_resolution.value)
        waiting = again
    return met


@covers("002-A3", "002-H1", "002-H4", county=True)
def test_the_county_s_mix_keeps_everybody_and_the_excluded_out_of_digital_channels(
    asked: ChannelsConfig, planned: ChannelPlan
) -> None:
    assert planned.solved
    group = asked.groups["all"]
    assert planned.mix["matters"].sum() == pytest.approx(group.matters.value)
    digital = {name for name, one in asked.channels.items() if one.digital}
    excluded = planned.mix[planned.mix["clients"] == "excluded"]
    assert excluded["matters"].sum() == pytest.approx(group.matters.value * group.digitally_excluded.value)
    assert not set(excluded.loc[excluded["matters"] > 0, "channel"]) & digital
    begun = planned.mix.groupby("channel")["matters"].sum() / group.matters.value
    moved = (begun.reindex(list(group.today)) - pd.Series(group.today)).abs()
    assert asked.largest_change is not None
    assert moved.max() <= asked.largest_change.value + 1e-9
    assert moved.max() > 0.01


@covers("002-A3", "002-F9", county=True)
def test_the_load_of_staff_is_that_of_every_contact_until_the_matter_is_solved(
    asked: ChannelsConfig, planned: ChannelPlan
) -> None:
    group = asked.groups["all"]
    lines = planned.channels.set_index("channel")
    for state, begun in (
        ("", planned.mix.groupby("channel")["matters"].sum()),
        ("_today", pd.Series(group.today) * group.matters.value),
    ):
        met = played(asked, {str(name): float(count) for name, count in begun.items()})
        for name, one in asked.channels.items():
            assert lines.loc[name, f"contacts{state}"] == pytest.approx(met[name])
            assert lines.loc[name, f"hours{state}"] == pytest.approx(met[name] * one.minutes.value / 60)
    staff = planned.professions.set_index("profession")
    assert staff["hours"].sum() == pytest.approx(lines["hours"].sum())
    assert staff["hours"].sum() < staff["hours_today"].sum()
    team = [name for name, one in asked.channels.items() if one.profession == "digital_team"]
    moved = lines.loc[team, "hours"].sum() - lines.loc[team, "hours_today"].sum()
    assert staff.loc["digital_team", "moved"] == pytest.approx(moved)


@covers("002-F9", "002-H1", county=True)
def test_a_digital_clinic_that_solves_fewer_matters_is_given_fewer_of_them(asked: ChannelsConfig) -> None:
    found = []
    for solved in (0.95, 0.20):
        clinic = asked.channels["digital_clinic"]
        worse = clinic.first_contact_resolution.model_copy(update={"value": solved})
        channels = {
            **asked.channels,
            "digital_clinic": clinic.model_copy(update={"first_contact_resolution": worse}),
        }
        made = plan(asked.model_copy(update={"channels": channels, "smallest_digital_share": None}))
        begun = made.mix.groupby("channel")["matters"].sum()
        found.append((begun["digital_clinic"], made.professions["hours"].sum()))
    (well, few), (badly, many) = found
    assert well > badly
    assert few < many
    assert np.isfinite([well, badly]).all()


def booked(county: Snapshot) -> float:
    """Days from booking to a nurse's appointment in the last year, as the appointment books tell it."""
    slots = known(county, "appointment_slots")
    year = slots[(slots["profession"] == "nurse") & (slots["slot_at"] >= until(county) - YEAR)]
    waited = (year["slot_at"] - year["taken_at"]).dropna()  # a free slot nobody waited for
    assert len(waited) > 500
    return float(waited.mean() / pd.Timedelta(days=1))


def of_days(config: ChannelsConfig, channel: str, value: float) -> dict[str, Channel]:
    """The channels, one of them with another wait."""
    told = Assumed.model_validate({"value": value, "source": "counted from the appointment books"})
    one = config.channels[channel].model_copy(update={"wait": told, "wait_by_group": {}})
    return {**config.channels, channel: one}


@pytest.fixture(scope="module")
def waiting(county: Snapshot, asked: ChannelsConfig) -> ChannelsConfig:
    """The county's channels, where an appointment in person is waited for as long as the county's clients did."""
    channels = of_days(asked, "in_person", booked(county))
    return asked.model_copy(update={"channels": channels, "smallest_digital_share": None})


@covers("002-F9", "002-H1", county=True)
def test_a_matter_waits_as_long_as_its_contacts_do_when_they_are_played_one_by_one(waiting: ChannelsConfig) -> None:
    made, group = plan(waiting), waiting.groups["all"]
    days = {name: one.wait.value for name, one in waiting.channels.items()}
    assert days["digital_clinic"] < days["phone"] < 1 < days["in_person"] < 7
    told = made.waits.set_index(["group", "clients"]).loc[("all", "everyone")]
    planned = {str(name): float(count) for name, count in made.mix.groupby("channel")["matters"].sum().items()}
    today = {name: share * group.matters.value for name, share in group.today.items()}
    for state, begun in (("", planned), ("_today", today)):
        first = sum(count * days[name] for name, count in begun.items())
        until_solved = sum(count * days[name] for name, count in played(waiting, begun).items())
        assert told[f"until_first{state}"] == pytest.approx(first / group.matters.value)
        assert told[f"until_solved{state}"] == pytest.approx(until_solved / group.matters.value)
        assert told[f"until_first{state}"] < told[f"until_solved{state}"] < days["in_person"] * 2
    assert told["until_first"] < told["until_first_today"]  # the county's mix moves matters to quicker channels
    parts = made.waits.set_index(["group", "clients"])["until_first"]
    assert parts["all", "excluded"] > parts["all", "reachable"]  # no digital channel shortens their wait
    share = group.digitally_excluded.value
    whole = share * parts["all", "excluded"] + (1 - share) * parts["all", "reachable"]
    assert whole == pytest.approx(parts["all", "everyone"])


@covers("002-F9", county=True)
def test_the_county_s_limit_on_the_wait_is_kept_for_the_excluded_too_and_costs_staff_hours(
    waiting: ChannelsConfig,
) -> None:
    group, free = waiting.groups["all"], plan(waiting)
    before = free.waits.set_index(["group", "clients"])["until_first"]
    limit = Assumed.model_validate({"value": float(before["all", "excluded"]) - 0.1, "source": "tried"})
    limited = waiting.model_copy(update={"groups": {"all": group.model_copy(update={"largest_wait": limit})}})
    kept = plan(limited)
    assert kept.solved, [text["en"] for text in kept.in_the_way]
    after = kept.waits.set_index(["group", "clients"])["until_first"]
    assert max(after["all", "excluded"], after["all", "reachable"]) <= limit.value + 1e-9
    assert kept.professions["hours"].sum() > free.professions["hours"].sum() + 0.01
    slow = plan(limited.model_copy(update={"channels": {**of_days(limited, "phone", 30.0)}}))
    assert not slow.solved  # the excluded have two channels, and now both are slow
    assert any("mean wait (all, digitally excluded)" in text["en"] for text in slow.in_the_way)
