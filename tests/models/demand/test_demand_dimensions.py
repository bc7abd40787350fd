"""Dimensions and groups of areas: ids, sums, old configs; and which series are hidden because few stand behind them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, load_config
from configs.workspace import Workspace
from models.demand.config import DemandConfig
from models.demand.hiding import clients_of, counts_by_series, hidden_series
from models.demand.hierarchy import Published, aggregate, bottom_id, published_series
from models.demand.model import DemandModel
from models.segments.scheme import load_scheme
from tests.features.test_series import ANNA, BO, resident, stored, visit
from tests.models.demand.demand_data import monthly, series, together, weekly, words
from tests.plans import covers
from training.demand.series import NEVER_CHANGES, NOTHING, counted_series, shown_series

COUNTED = sorted((PROJECT_ROOT / "configs/demand/counted").glob("*.yaml"))


def dimension(*codes: str, **more: Any) -> dict[str, Any]:
    groups = {"total": {"name": words("all"), "of": list(codes)}} | {
        code: {"name": words(code), "of": [code]} for code in codes
    }
    return {"name": words("dimension"), "codes": list(codes), "groups": groups, **more}


def counted(**more: Any) -> DemandConfig:
    """A config of two areas in one group, by intensity and time of day."""
    rules = [{"filter": {"service": "home_care"}, "measures": {"count": "visits"}}]
    return weekly(
        **{
            "source": {"kind": "series", "rules": rules, "reporting_lag_days": 14},
            "measures": {"visits": {"name": words("visits"), "unit": words("visits a week")}},
            "age_groups": {},
            "area_groups": {"west": {"name": words("West"), "areas": ["901", "902"]}},
            "dimensions": {"intensity": dimension("light", "heavy"), "time_of_day": dimension("day", "night")},
            **more,
        }
    )


@pytest.mark.parametrize("path", COUNTED, ids=[path.stem for path in COUNTED])
def test_the_shipped_configs_load_and_their_sums_are_of_their_own_parts(path: Path):
    config = load_config(path, DemandConfig)
    assert config.id == path.stem
    published = published_series(config, [])
    assert len({one.series_id for one in published}) == len(published)
    assert {one.area for one in published} == {"county", *config.area_groups, *config.areas}


@covers("001-C4")
def test_every_segment_and_intensity_of_home_care_has_a_model_that_is_forecast():
    config = load_config("configs/demand/counted/home_care_models_weekly.yaml", DemandConfig)
    (counted_rule,) = config.source.series_rules(config.period, config.dimensions)
    segments = [*load_scheme("configs/schemes/suuntima_like.yaml").segment_ids, "none"]
    assert list(counted_rule.matrix) == segments
    assert {tuple(row) for row in counted_rule.matrix.values()} == {("light", "regular", "intensive", "none")}
    models = {model for row in counted_rule.matrix.values() for model in row.values()}
    assert models == set(config.dimensions["home_care_model"].codes)
    forecast = {dict(one.groups)["home_care_model"] for one in published_series(config, [])}
    assert forecast == {"total", *models}


@covers("000-67")
def test_a_chatbot_is_in_no_sum_with_channels_that_people_answer():
    published = published_series(load_config("configs/demand/counted/digital_weekly.yaml", DemandConfig), [])
    mixed = [
        one for one in published if any("chatbot" in part for part in one.parts) and "chatbot" not in one.age_group
    ]
    assert mixed == []


def test_every_combination_is_published_or_one_dimension_at_a_time():
    published = {one.series_id: one for one in published_series(counted(), [])}
    assert len(published) == 4 * 3 * 3  # county, group, two areas × intensities × times of day
    one = published["west|visits|heavy|total"]
    assert one.parts == tuple(
        bottom_id(area, "visits", "heavy", time) for area in ("901", "902") for time in ("day", "night")
    )
    assert (one.level, one.age_group) == ("area_group", "heavy|total")
    assert dict(one.groups) == {"intensity": "heavy", "time_of_day": "total"}
    fewer = {one.series_id for one in published_series(counted(crossed=False), [])}
    assert fewer == {name for name in published if "total" in name.split("|")[2:]}


def test_configs_of_contacts_publish_what_they_always_did():
    published = published_series(weekly(), [])
    assert len(published) == 2 * 3 * 4
    assert published[0].series_id == "county|visits|total"
    assert {one.level for one in published} == {"county", "area"}
    assert Published("a|visits|total", "a", "total", "visits", ("a|visits|75plus",)).level == "area"


def test_sums_over_groups_of_areas_add_up():
    bottom = sorted({part for one in published_series(counted(), []) for part in one.parts})
    rng = np.random.default_rng(3)
    panel = together(*(series(name, "2024-01-01", rng.poisson(20, 30), "W-MON") for name in bottom))
    summed = aggregate(panel, published_series(counted(), []), ["ds"]).pivot(
        index="ds", columns="series_id", values="y"
    )
    for groups in ("total|total", "heavy|night"):
        areas = summed[f"901|visits|{groups}"] + summed[f"902|visits|{groups}"]
        assert list(areas) == list(summed[f"west|visits|{groups}"]) == list(summed[f"county|visits|{groups}"])


@pytest.mark.parametrize(
    "more, message",
    [
        ({"areas": {}, "area_groups": {}}, "needs `areas` and `county`"),
        (
            {"measures": {"hours": {"name": words("h"), "unit": words("h")}}},
            "counts `visits`, which `measures` does not",
        ),
        ({"area_groups": {"west": {"name": words("w"), "areas": ["903"]}}}, "names the area 903"),
        ({"area_groups": {"county": {"name": words("w"), "areas": ["901"]}}}, "id `county` of an area group is taken"),
        ({"area_groups": {n: {"name": words("w"), "areas": ["901"]} for n in "ab"}}, "901 is in two `area_groups`"),
        ({"dimensions": {"intensity": dimension("light", fold={"x": "heavy"})}}, "code `heavy` is not among `codes`"),
        ({"dimensions": {"intensity": dimension("light", fold={"light": "light"})}}, "folded away and kept too"),
        ({"dimensions": {"intensty": dimension("light")}}, "intensty"),
    ],
)
def test_a_config_that_does_not_fit_is_named(more, message):
    with pytest.raises(ConfigError, match=message):
        counted(**more)


# --- hidden -------------------------------------------------------------------------------------------------------


def two_by_two(**clients: float) -> dict[str, np.ndarray]:
    """Clients of each bottom series in two periods; 10 where not said.  Keys like `a901_light_day`."""
    parts = [
        bottom_id(area, "visits", how, when)
        for area in ("901", "902")
        for how in ("light", "heavy")
        for when in ("day", "night")
    ]
    said = {name[1:].replace("_", "|visits|", 1).replace("_", "|"): value for name, value in clients.items()}
    return {part: np.array([10.0, said.get(part, 10.0)]) for part in parts}


def hidden(**clients: float) -> set[str]:
    published = published_series(counted(area_groups={}), [])
    return hidden_series(published, two_by_two(**clients), ("intensity", "time_of_day"), 5)


def test_a_client_behind_several_times_of_day_is_one_and_areas_are_added():
    counts = two_by_two(a901_light_night=3)
    split = [3]  # place of time_of_day in a bottom id
    assert list(clients_of(("901|visits|light|day", "901|visits|light|night"), counts, split)) == [10, 10]
    assert list(clients_of(("901|visits|light|night", "902|visits|light|night"), counts, split)) == [20, 13]
    assert list(clients_of(("901|visits|light|night",), counts, split)) == [10, 3]


def test_few_clients_are_hidden_and_nothing_tells_of_them():
    assert hidden() == set()
    assert hidden(a901_light_night=0) == set(), "nobody is nobody's secret"
    found = hidden(a901_light_night=3)
    assert "901|visits|light|night" in found
    assert "901|visits|light|day" in found, "the total of the day minus the day tells of the night"
    assert "901|visits|heavy|night" in found, "all of the night minus the heavy tells of the light"
    assert "902|visits|light|night" in found, "the county minus the other area tells of this one"
    assert "902|visits|heavy|day" in found, "of two by two by two cells none can stand alone"
    assert not {one for one in found if "total" in one}, "sums stay"


def test_a_hidden_series_among_three_takes_one_more_with_it():
    config = counted(area_groups={}, dimensions={"intensity": dimension("light", "heavy", "none")})
    published = published_series(config, [])
    counts = {
        bottom_id(area, "visits", how): np.array([20.0])
        for area in ("901", "902")
        for how in ("light", "heavy", "none")
    }
    counts["901|visits|none"], counts["901|visits|light"] = np.array([2.0]), np.array([9.0])
    found = hidden_series(published, counts, ("intensity",), 5)
    assert {"901|visits|none", "901|visits|light"} <= found
    assert "901|visits|heavy" not in found


def bottom(**more: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations and clients of the counted config; a value given by name never changes."""
    names = sorted(two_by_two())
    rng = np.random.default_rng(1)
    made = {
        n: np.full(60, more[n.split("|")[-1]]) if n.split("|")[-1] in more else 50 + rng.poisson(9, 60) for n in names
    }
    frame = together(*(series(name, "2023-01-02", values, "W-MON") for name, values in made.items()))
    return frame, frame.assign(clients=8.0)[["unique_id", "ds", "clients"]]


def test_what_never_changes_or_was_never_recorded_gets_no_forecast():
    config = counted(area_groups={})
    for value, reason in ((0.0, NOTHING), (7.0, NEVER_CHANGES.format(value=7))):
        frame, clients = bottom(night=value)
        shown, refused = shown_series(config, config.source, published_series(config, []), frame, clients)
        told = {one.series_id: one.reason for one in refused}
        assert told["901|visits|light|night"] == reason
        assert {one.series_id for one in shown} & set(told) == set()
        assert "901|visits|light|total" in {one.series_id for one in shown}


def test_only_the_shown_periods_decide_and_no_series_at_all_is_an_error():
    frame, clients = bottom()
    config = counted(area_groups={}, season_length=12)  # 24 periods are shown
    few = clients.assign(clients=np.where(clients["ds"] < "2023-06-01", 2.0, 8.0))
    shown, refused = shown_series(config, config.source, published_series(config, []), frame, few)
    assert refused == ()
    assert len(counts_by_series(few, 24)["901|visits|light|day"]) == 24
    with pytest.raises(DataError, match="No series of home_care_weekly can be published"):
        shown_series(config, config.source, shown, frame, clients.assign(clients=1.0))


@covers("002-A2")
def test_counted_series_are_read_folded_and_named_by_the_config(tmp_path: Path):
    people = [resident(ANNA, history_start="2023-12-31"), resident(BO, birth_year=None, history_start="2023-12-31")]
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=52, freq="7D")]
    contacts = [visit(ANNA, day) for day in days] + [visit(BO, day, minutes=60) for day in days[::2]]
    stored(tmp_path / "store", people, contacts=contacts, episodes=[{"client_id": ANNA, "start": "2024-03-01"}])
    bands = dimension("under65", "75plus", fold={"unknown": "under65"})
    rules = [
        {"measures": {"count": "visits", "hours": "hours"}},
        {"table": "episodes", "measures": {"stock": "clients"}},
    ]
    config = counted(
        source={"kind": "series", "rules": rules, "reporting_lag_days": 0},
        measures={name: {"name": words(name), "unit": words(name)} for name in ("visits", "hours", "clients")},
        areas={"901": words("North")}, area_groups={}, dimensions={"band": bands}, minimum_periods=20,
    )  # fmt: skip
    found = counted_series(config, config.source, Workspace(tmp_path))
    values = found.frame.set_index(["unique_id", "ds"])["y"]
    first, second, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-08"), pd.Timestamp("2024-12-23")
    assert set(found.frame["unique_id"]) == {
        f"901|{m}|{b}" for m in ("visits", "hours", "clients") for b in ("under65", "75plus")
    }
    assert (values["901|visits|75plus", second], values["901|visits|under65", second]) == (1, 0)
    assert values["901|hours|under65", first] == 1.0, "Bo, whose birth year is not known, is counted with the youngest"
    assert (values["901|clients|75plus", first], values["901|clients|75plus", last]) == (0, 1)
    assert found.refused == ()
    published = published_series(config, [])
    with pytest.raises(DataError, match="Hidden: fewer than 5 clients"):
        shown_series(config, config.source, published, found.frame, found.clients)
    open_source = config.source.model_copy(update={"smallest_cell": 1})
    shown, refused = shown_series(config, open_source, published, found.frame, found.clients)
    assert "901|visits|total" in {one.series_id for one in shown}
    still = ("clients|under65", "visits|75plus", "hours|75plus")
    assert {one.series_id for one in refused} == {f"{area}|{one}" for area in ("901", "county") for one in still}


# --- the served model ---------------------------------------------------------------------------------------------


def test_a_series_is_told_with_every_dimension_and_a_day_knows_the_weekday_of_last_year():
    config = counted(period="day", season_length=7, lightgbm={"lags": [1, 7], "rounds": 5})
    frame, _ = bottom()
    ids = sorted(frame["unique_id"].unique())
    panel = together(*(series(one, "2023-01-02", np.arange(500.0), "D") for one in ids))
    ahead = pd.date_range(panel["ds"].max() + pd.Timedelta(days=1), periods=3)
    points = pd.DataFrame({"series_id": "west|visits|heavy|total", "ds": ahead, "step": [1, 2, 3], "value": 1.0})
    points = points.assign(low80=0.0, high80=2.0, low95=0.0, high95=3.0)
    model = DemandModel(config, "lightgbm", None, panel, points, {}, {})  # type: ignore[arg-type]  # trees are not asked
    (one,) = model.series()
    assert (one.area_name["en"], one.level, one.age_group) == ("West en", "area_group", "heavy|total")
    assert [(group.dimension, group.group, group.name["sv"]) for group in one.groups] == [
        ("intensity", "heavy", "heavy sv"), ("time_of_day", "total", "all sv"),
    ]  # fmt: skip
    answer = model.answer("west|visits|heavy|total", dataclasses.make_dataclass("Stamp", [])())
    assert answer.name["fi"] == "West fi, visits fi, heavy fi, all fi"
    assert len(answer.history) == 84
    assert answer.points[0].last_year == 4 * (500 - 364), "the same weekday 52 weeks ago, four parts"


def test_a_sheet_by_days_is_a_config_too():
    assert monthly(period="day", season_length=7, lightgbm={"lags": [1]}).freq == "D"
