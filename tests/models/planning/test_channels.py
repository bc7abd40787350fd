"""The channel programme on cases whose best mix is known by hand, and on cases without one."""

from typing import Any

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import ChannelPlan, plan, with_matters
from models.planning.channels.programme import visits_per_matter
from tests.models.demand.demand_data import words
from tests.plans import covers


def told(value: float) -> dict[str, Any]:
    return {"value": value, "source": "worked by hand"}


def channel(
    digital: bool, minutes: float, solved: float, repeat_to: str, profession: str = "nurse", **more: Any
) -> dict[str, Any]:
    given = {"name": words("channel"), "digital": digital, "profession": profession, "minutes": told(minutes)}
    solving = {"first_contact_resolution": told(solved), "repeat_to": repeat_to}
    return {**given, **solving, "wait": told(0.5 if digital else 6), **more}


def config(hours: float = 1000.0, excluded: float = 0.2, suitable: float = 0.8, **more: Any) -> ChannelsConfig:
    """100 matters; a visit takes 60 minutes and solves all, a digital contact 12 minutes and solves 3 of 4."""
    values = {
        "version": "1",
        "period": words("week"),
        "channels": {"visit": channel(False, 60, 1.0, "visit"), "digital": channel(True, 12, 0.75, "visit")},
        "groups": {
            "all": {
                "name": words("all"),
                "matters": told(100),
                "digitally_excluded": told(excluded),
                "digitally_suitable": told(suitable),
                "today": {"visit": 1.0},
            }
        },
        "professions": {"nurse": {"name": words("nurse"), "hours": told(hours)}},
    }
    return validate_config({**values, **more}, ChannelsConfig, "channels")


def matters(found: ChannelPlan, channel: str, clients: str | None = None) -> float:
    rows = found.mix[found.mix["channel"] == channel]
    return float((rows if clients is None else rows[rows["clients"] == clients])["matters"].sum())


@covers("002-A3", "002-H2")
def test_the_known_best_mix() -> None:
    found = plan(config())
    # A digital matter takes 12 + 25 % of 60 = 27 minutes, a visit 60: all that can be digital is.
    assert matters(found, "digital") == pytest.approx(80)
    assert matters(found, "visit") == pytest.approx(20)
    staff = found.professions.iloc[0]
    assert staff["hours"] == pytest.approx(80 * 27 / 60 + 20)
    assert staff["hours_today"] == pytest.approx(100)
    assert staff["moved"] == pytest.approx(56 - 100)


@covers("002-A3")
def test_contacts_moved_and_load_moved_are_different_things() -> None:
    table = plan(config()).channels.set_index("channel")
    assert table.loc["visit", "contacts"] == pytest.approx(20 + 80 * 0.25)  # repeat visits of unsolved digital matters
    assert table.loc["digital", "hours"] == pytest.approx(80 * 12 / 60)
    assert table.loc["visit", "hours"] == pytest.approx(40)


@covers("000-3", "001-H9", "002-A3")
def test_the_digitally_excluded_keep_another_channel_even_when_digital_is_cheapest() -> None:
    found = plan(config(excluded=0.35, suitable=0.65))
    assert matters(found, "visit", "excluded") == pytest.approx(35)
    assert matters(found, "digital", "excluded") == 0
    assert found.excluded_kept == 1


@covers("002-F9")
def test_repeat_contacts_are_an_exact_series() -> None:
    again = config(channels={"visit": channel(False, 60, 0.5, "visit"), "digital": channel(True, 12, 0.75, "digital")})
    assert np.allclose(visits_per_matter(again), [[2, 0], [0, 4 / 3]])  # 1 + 1/2 + 1/4 + … = 2


def test_a_poor_digital_channel_is_not_chosen() -> None:
    poor = config(channels={"visit": channel(False, 30, 1.0, "visit"), "digital": channel(True, 20, 0.5, "visit")})
    assert matters(plan(poor), "digital") == 0  # 20 + half of 30 = 35 > 30 minutes


def test_one_more_unit_of_a_binding_limit_has_its_price() -> None:
    limited = {
        "visit": channel(False, 60, 1.0, "visit"),
        "digital": channel(True, 12, 0.75, "visit", contacts=told(50)),
    }
    found = plan(config(channels=limited))
    assert matters(found, "digital") == pytest.approx(50)
    assert [text["en"] for text in found.prices] == [
        "Room for one more contact (channel en) would save 0.55 hours of all staff time."  # (60 − 27) / 60
    ]


@covers("002-H4")
def test_a_mix_moves_no_further_from_today_than_allowed() -> None:
    assert matters(plan(config(largest_change=told(0.25))), "digital") == pytest.approx(25)


def test_the_clients_limit_is_not_filled_by_the_excluded_for_the_others() -> None:
    values = config().model_dump(mode="json")
    values["groups"]["all"]["smallest_share"] = {"visit": 0.25}
    found = plan(validate_config(values, ChannelsConfig, "channels"))
    assert matters(found, "visit", "reachable") == pytest.approx(0.25 * 80)
    assert matters(found, "visit", "excluded") == pytest.approx(20)


def test_too_few_hours_are_named_with_how_many_are_missing() -> None:
    found = plan(config(hours=50))  # 56 are needed at the best
    assert not found.solved
    assert [text["en"] for text in found.in_the_way] == [
        "No solution: in the way is staffed hours (nurse en), short by 6.0 hours. Alone it would take 6.0."
    ]
    assert found.in_the_way[0]["fi"].startswith("Ei ratkaisua: esteenä työtunnit (nurse fi), puuttuu 6,0 tuntia.")
    # 50 hours serve 80 digital matters in 36 hours and 14 visits in the other 14.
    assert found.prices[0]["en"] == "Within the limits at most 94.0 of 100.0 matters can be served."
    assert found.prices[1]["en"] == "One more staffed hour (nurse en) would serve 1.00 more matters."


def test_a_digital_target_beyond_what_is_suitable_is_what_gives_way() -> None:
    found = plan(config(suitable=0.3, smallest_digital_share=told(0.5)))
    assert [text["en"] for text in found.in_the_way] == [
        "No solution: in the way is digital target (all matters), short by 20.0 matters. Alone it would take 20.0."
    ]


def test_two_limits_that_clash_are_both_named_where_one_alone_is_not_enough() -> None:
    two = {"nurse": {"name": words("nurse"), "hours": told(10)}, "doctor": {"name": words("doctor"), "hours": told(10)}}
    apart = {
        "visit": channel(False, 60, 1.0, "visit"),
        "digital": channel(True, 60, 1.0, "digital", profession="doctor"),
    }
    found = plan(config(excluded=0.5, suitable=0.5, channels=apart, professions=two, smallest_digital_share=told(0.5)))
    sentences = [text["en"] for text in found.in_the_way]
    assert [sentence.split(", short")[1].split(". ", 1) for sentence in sentences] == [
        [" by 40.0 hours", "Giving way there alone is not enough."],
        [" by 40.0 hours", "Giving way there alone is not enough."],
    ]


def test_the_chatbot_is_told_apart_and_counts_nowhere() -> None:
    without = plan(config())
    found = plan(config(chatbot={"talks": told(900), "solved_share": told(0.5)}))
    assert found.channels.equals(without.channels)
    assert "900 talks, 50 % of them solved" in found.apart[0]["en"]


@covers("002-F9")
def test_a_forecast_gives_the_matters() -> None:
    assert matters(plan(with_matters(config(), {"all": 200.0}, "forecast")), "digital") == pytest.approx(160)
    with pytest.raises(ConfigError, match=r"unknown group `al`\. Did you mean `all`"):
        with_matters(config(), {"al": 1.0}, "forecast")


@pytest.mark.parametrize(
    "more,                                                                             named",
    [
        ({"channels": {"visit": channel(True, 60, 1.0, "visit")}}, "every channel is digital"),
        (
            {"channels": {"visit": channel(False, 60, 1.0, "digital"), "digital": channel(True, 12, 1, "digital")}},
            "must not be sent",
        ),
        ({"channels": {"visit": channel(False, 60, 1.0, "visitt")}}, "unknown name `visitt`. Did you mean `visit`?"),
        ({"excluded": 0.5, "suitable": 0.6}, "nobody is both"),
    ],
)
def test_a_config_that_cannot_be_is_named(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(**more)
    assert named in str(refused.value)


@covers("000-77", "002-B13", "002-H1")
def test_the_shipped_config_is_solved_and_protects_the_excluded() -> None:
    found = plan(load_config("configs/channels.yaml", ChannelsConfig))
    assert found.solved, [text["en"] for text in found.in_the_way]
    assert found.excluded_kept == 1
    assert found.professions["moved"].sum() < 0
    assert (found.professions["hours"] <= found.professions["capacity"] + 1e-6).all()
