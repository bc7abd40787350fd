"""The wait of a channel in its plan, on cases whose days are worked by hand, and as a limit."""

from typing import Any

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import ChannelPlan, plan
from models.planning.channels.waits import MEASURES, lasting
from tests.models.demand.demand_data import words
from tests.models.planning.test_channels import channel, config, matters, told
from tests.plans import covers


def days(found: ChannelPlan, group: str = "all", clients: str = "everyone") -> list[float]:
    """Days to the first contact today and planned, until solved today and planned."""
    return [float(one) for one in found.waits.set_index(["group", "clients"]).loc[(group, clients), list(MEASURES)]]


def limited(largest_wait: float, **more: Any) -> ChannelsConfig:
    values = config(**more).model_dump(mode="json")
    values["groups"]["all"]["largest_wait"] = told(largest_wait)
    return validate_config(values, ChannelsConfig, "channels")


@covers("002-F9")
def test_a_matter_waits_for_its_channel_and_again_for_every_repeat() -> None:
    found = plan(config())
    # Today 100 visits of 6 days.  Planned: 20 visits, and 80 digital matters of half a day, 1 of 4 with a visit after.
    first, solved = (20 * 6 + 80 * 0.5) / 100, (20 * 6 + 80 * (0.5 + 0.25 * 6)) / 100
    assert days(found) == pytest.approx([6, first, 6, solved])
    assert days(found, "") == pytest.approx([6, first, 6, solved])
    assert days(found, clients="excluded") == pytest.approx([np.nan, 6, np.nan, 6], nan_ok=True)
    assert days(found, clients="reachable") == pytest.approx([np.nan, 0.5, np.nan, 2], nan_ok=True)


@covers("002-F9")
def test_the_wait_is_told_in_sentences_of_three_languages() -> None:
    whole, apart = plan(config()).waited
    assert whole["en"] == (
        "A matter waits for a professional 1.6 days on average (today 6.0 days), 2.8 days in all until it is solved "
        "(today 6.0 days)."
    )
    assert apart["en"] == "The digitally excluded wait 6.0 days on average, the others 0.5 days."
    assert whole["fi"].startswith("Asia odottaa ammattilaista keskimäärin 1,6 vrk (nyt 6,0 vrk)")
    assert whole["sv"].startswith("Ett ärende väntar på en yrkesutbildad person i genomsnitt 1,6 dygn (nu 6,0 dygn)")


@covers("002-F9")
def test_a_contact_of_a_channel_waits_as_its_group_does() -> None:
    values = config().model_dump(mode="json")
    values["channels"]["visit"]["wait_by_group"] = {"soon": told(1)}
    values["groups"]["soon"] = {**values["groups"]["all"], "name": words("soon"), "matters": told(300)}
    found = plan(validate_config(values, ChannelsConfig, "channels"))
    table = found.channels.set_index("channel")
    assert table.loc["visit", "wait_today"] == pytest.approx((100 * 6 + 300 * 1) / 400)
    assert table.loc["visit", "wait"] == pytest.approx((100 * 6 + 300 * 1) / 400)  # both groups have the same mix
    assert days(found, "soon") == pytest.approx([1, 0.2 + 0.8 * 0.5, 1, 0.2 + 0.8 * (0.5 + 0.25 * 1)])
    assert np.isnan(table.loc["digital", "wait_today"])  # nobody begins there today
    assert table.loc["digital", "wait"] == pytest.approx(0.5)


@covers("002-F9")
def test_a_limit_on_the_wait_moves_matters_to_a_channel_that_costs_more() -> None:
    """Phone is as slow to solve as a visit but quick to answer: only the limit makes it worth its minutes."""
    channels = {"visit": channel(False, 20, 1.0, "visit"), "phone": channel(False, 30, 1.0, "phone", wait=told(1))}
    assert matters(plan(config(channels=channels)), "phone") == pytest.approx(0)
    found = plan(limited(4, channels=channels))
    assert matters(found, "phone") == pytest.approx(40)  # 60 × 6 + 40 × 1 = 100 × 4 days
    assert matters(found, "phone", "excluded") == pytest.approx(8)  # 2 of 5 of the excluded and of the others alike
    assert days(found)[1] == pytest.approx(4)
    prices = [text["en"] for text in found.prices]
    assert prices == [  # a day is a fifth of the matters, and each of them 10 minutes
        "A mean wait longer by one day (all en, digitally excluded) would save 0.67 hours of all staff time.",
        "A mean wait longer by one day (all en, digitally reachable) would save 2.67 hours of all staff time.",
    ]


@covers("002-F9")
def test_a_wait_that_no_channel_keeps_is_named_with_the_days_that_are_missing() -> None:
    found = plan(limited(4))
    assert [text["en"] for text in found.in_the_way] == [
        "No solution: in the way is mean wait (all en, digitally excluded), short by 2.0 days. Alone it would take 2.0."
    ]
    assert found.in_the_way[0]["fi"].startswith("Ei ratkaisua: esteenä keskimääräinen odotus (all fi, digipalvelujen")
    assert days(found) == pytest.approx([6, np.nan, 6, np.nan], nan_ok=True)
    assert [text["en"] for text in found.waited] == [
        "A matter waits for a professional 6.0 days on average today, 6.0 days in all until it is solved."
    ]
    assert found.prices[0]["en"] == "Within the limits at most 100.0 of 100.0 matters can be served."


def test_without_matters_nobody_waits_and_nothing_is_said() -> None:
    values = limited(4).model_dump(mode="json")
    values["groups"]["all"]["matters"] = told(0)
    found = plan(validate_config(values, ChannelsConfig, "channels"))
    assert found.solved
    assert found.waited == ()
    assert found.waits[list(MEASURES)].isna().all(axis=None)


@pytest.mark.parametrize(
    "span,         said",
    [
        (6.04,       "6,0 vrk"),
        (0.5,        "0,5 vrk"),
        (0.2,        "4,8 h"),
        (1 / 24,     "1,0 h"),
        (7 / 24 / 60, "7 min"),
        (0.0,        "0 min"),
        (np.nan,     "–"),
    ],
)  # fmt: skip
def test_a_span_of_days_is_said_as_people_say_it(span: float, said: str) -> None:
    assert lasting(span)["fi"] == said


@pytest.mark.parametrize(
    "change,                                   named",
    [
        ({"wait": told(-1)},                   "`wait` are at least 0"),
        ({"wait_by_group": {"all": told(-1)}}, "`wait` are at least 0"),
        ({"wait_by_group": {"al": told(1)}},   "channels.visit.wait_by_group: unknown name `al`. Did you mean `all`?"),
        ({"wait": {"value": 3}},               "`channels.visit.wait.source` is missing"),
    ],
)  # fmt: skip
def test_a_wait_that_cannot_be_is_named(change: dict[str, Any], named: str) -> None:
    channels = {"visit": {**channel(False, 60, 1.0, "visit"), **change}}
    with pytest.raises(ConfigError) as refused:
        config(channels=channels)
    assert named in str(refused.value)


@covers("002-F9", "002-H1")
def test_every_shipped_channel_has_its_wait_and_where_it_comes_from() -> None:
    shipped = load_config("configs/channels.yaml", ChannelsConfig)
    clinic = shipped.channels["digital_clinic"].wait
    assert clinic.value * 24 * 60 == pytest.approx(7, abs=0.5)  # 7 minutes in the plan (002:579)
    assert "7 minuuttia" in clinic.source.as_text()["fi"]
    found = plan(shipped)
    assert found.solved
    first = found.waits.set_index(["group", "clients"])["until_first"]
    asked = shipped.groups["long_term_illness"].largest_wait
    assert asked is not None
    for clients in ("excluded", "reachable"):
        assert first["long_term_illness", clients] <= asked.value + 1e-9
