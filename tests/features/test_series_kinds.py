"""What a series may count beside rows: open intervals, granted and lacking hours, repeats; segments, own classes."""

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from features.panel import SeriesRule, series_panel
from features.panel.dimensions import FREQUENT, LIGHT
from tests.features.test_series import ANNA, BO, cells, resident, rule, stored, visit
from tests.plans import covers

MONDAYS = ("12-02", "12-09", "12-16", "12-23")  # of the store's last whole weeks; extracts end on 2024-12-31


def episode(client_id: str, start: str, end: str | None = None, **more: Any) -> dict[str, Any]:
    return {"client_id": client_id, "start": start, "end": end, "granted_minutes_per_week": 420, **more}


def of_episodes(**more: Any) -> SeriesRule:
    return rule(table="episodes", period="week", **more)


def by_week(panel: pd.DataFrame, measure: str) -> list[float]:
    rows = panel[panel["measure"] == measure].set_index(
        panel.loc[panel["measure"] == measure, "ds"].dt.strftime("%m-%d")
    )
    return [float(rows.loc[monday, "y"]) for monday in MONDAYS]


@pytest.mark.parametrize(
    "start,        end,           at_start,     any_day",
    [
        ("2024-12-02", "2024-12-16", [1, 1, 0, 0], [1, 1, 0, 0]),  # [start, end): gone on the midnight of its end
        ("2024-12-03", "2024-12-16", [0, 1, 0, 0], [1, 1, 0, 0]),  # begun on a Tuesday: not there on Monday
        ("2024-12-10", "2024-12-11", [0, 0, 0, 0], [0, 1, 0, 0]),  # inside one week
        ("2024-10-05", None,         [1, 1, 1, 1], [1, 1, 1, 1]),  # still open
        ("2024-12-16 10:00:00", None, [0, 0, 0, 1], [0, 0, 1, 1]),  # begun after that Monday's midnight
        ("2024-12-09", "2024-12-09", [0, 0, 0, 0], [0, 0, 0, 0]),  # never open
    ],
)  # fmt: skip
def test_a_stock_is_who_is_there_not_what_happened(tmp_path, start, end, at_start, any_day):
    other = episode(BO, "2024-10-07", "2024-10-14")  # keeps the store from being without rows
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], episodes=[episode(ANNA, start, end), other])
    panel = series_panel(snapshot, of_episodes(measures=["stock", "stock_any"]), ["901"])
    assert by_week(panel, "stock") == at_start
    assert by_week(panel, "stock_any") == any_day


def test_two_open_episodes_are_one_client_and_a_mover_is_counted_where_she_lives(tmp_path):
    stays = [
        resident(ANNA, valid_to="2024-12-10", valid_to_recorded_at="2024-12-10"),
        resident(ANNA, municipality="902", valid_from="2024-12-10"),
    ]
    twice = [episode(ANNA, "2024-11-01"), episode(ANNA, "2024-11-15")]
    panel = series_panel(stored(tmp_path, stays, episodes=twice), of_episodes(measures=["stock"]), ["901", "902"])
    assert by_week(panel[panel["area"] == "901"], "stock") == [1, 1, 0, 0]
    assert by_week(panel[panel["area"] == "902"], "stock") == [0, 0, 1, 1]


def test_granted_hours_are_by_the_day_and_lacking_ones_by_client(tmp_path):
    episodes = [episode(ANNA, "2024-12-05"), episode(BO, "2024-12-02", "2024-12-09", granted_minutes_per_week=60)]
    visits = [
        visit(ANNA, "2024-12-06", minutes=90),
        visit(BO, "2024-12-03", minutes=300),
        visit(BO, "2024-12-04", minutes=9),
    ]
    visits[2]["status"] = "no_show"
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], episodes=episodes, contacts=visits)
    delivered = {"service": "home_care", "status": "done"}
    panel = series_panel(
        snapshot, of_episodes(measures=["granted_hours", "shortfall_hours"], delivered=delivered), ["901"]
    )
    anna, bo = 7 * 4 / 7, 1.0  # four days of a week of seven hours; a whole week of one hour
    assert by_week(panel, "granted_hours") == pytest.approx([anna + bo, 7, 7, 7])
    lacking = anna - 1.5  # Bo was given five hours for one: that makes up for nothing of Anna's
    assert by_week(panel, "shortfall_hours") == pytest.approx([lacking, 7, 7, 7])


@covers("000-62")
@pytest.mark.parametrize(
    "second,                          repeats",
    [
        ({"time": "2024-12-16"},                          1),  # 14 days later, same reason and service
        ({"time": "2024-12-17"},                          0),  # 15 days later
        ({"time": "2024-12-10", "reason": "L"},           0),  # another reason
        ({"time": "2024-12-10", "reason": None},          0),  # no reason: repeats nothing
        ({"time": "2024-12-10", "service": "nurse_visit"}, 0),  # another service
        ({"time": "2024-12-10", "client_id": BO},         0),  # another client
    ],
)  # fmt: skip
def test_a_repeat_is_the_same_client_with_the_same_matter_soon(tmp_path, second, repeats):
    first = {"client_id": ANNA, "time": "2024-12-02", "service": "gp_visit", "reason": "A"}
    later = {"client_id": ANNA, "service": "gp_visit", "reason": "A", **second}
    known = [{**first, "time": day, "client_id": BO, "reason": "K"} for day in ("2024-10-02", "2024-10-03")]
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], contacts=[first, later, *known])
    asked = rule(period="week", repeat={"within_days": 14, "same": ["service", "reason"]})
    panel = series_panel(snapshot, asked, ["901"])
    assert sum(by_week(panel, "count")) == repeats


@covers("001-A6", "001-C4")
def test_a_client_has_the_segment_that_was_recorded_before_the_period(tmp_path):
    record = {"scheme": "suuntima_like", "scheme_version": "1", "client_id": ANNA}
    records = [
        {**record, "time": "2024-10-20", "segment": "network", "recorded_at": "2024-11-01"},  # not before November
        {**record, "time": "2024-11-05", "segment": None},
        {**record, "time": "2024-11-06", "segment": "community", "scheme": "another"},
    ]
    contacts = [visit(ANNA, day) for day in ("2024-10-25", "2024-11-20", "2024-12-20")] + [visit(BO, "2024-12-01")]
    snapshot = stored(tmp_path, [resident(ANNA), resident(BO)], contacts=contacts, segment_records=records)
    found = cells(series_panel(snapshot, rule(by=["area", "segment"]), ["901"]), "segment")
    assert found == {
        "none": {"10-01": 1, "11-01": 1, "12-01": 1},  # Anna twice, then Bo
        "unknown": {"10-01": 0, "11-01": 0, "12-01": 1},
    }
    earlier = [{**records[0], "recorded_at": "2024-10-31"}]
    snapshot = stored(tmp_path / "2", [resident(ANNA)], contacts=contacts[:3], segment_records=earlier)
    found = cells(series_panel(snapshot, rule(by=["area", "segment"]), ["901"]), "segment")
    assert found["network"] == {"10-01": 0, "11-01": 1, "12-01": 1}


@covers("001-C4")
def test_home_care_is_split_by_the_model_of_the_segment_and_the_intensity(tmp_path):
    record = {"scheme": "suuntima_like", "scheme_version": "1", "time": "2024-10-20", "recorded_at": "2024-10-21"}
    records = [{**record, "client_id": ANNA, "segment": "network"}, {**record, "client_id": BO, "segment": "community"}]
    care = [episode(ANNA, "2024-10-01", kind="home_care_regular", intensity="light"),
            episode(BO, "2024-10-01", "2024-12-01", kind="home_care_regular", intensity="light"),
            episode(BO, "2024-12-01", kind="home_care_regular", intensity="intensive")]  # fmt: skip
    contacts = [visit(who, day) for who in (ANNA, BO) for day in ("2024-10-10", "2024-11-20", "2024-12-20")]
    snapshot = stored(
        tmp_path, [resident(ANNA), resident(BO)], contacts=contacts, segment_records=records, episodes=care
    )
    matrix = {"network": {"light": "team"}, "community": {"light": "everyday", "intensive": "team"},
              "none": {"light": "unsegmented"}}  # fmt: skip
    asked = rule(by=["area", "home_care_model"], matrix=matrix)
    assert cells(series_panel(snapshot, asked, ["901"]), "home_care_model") == {
        "unsegmented": {"10-01": 2, "11-01": 0, "12-01": 0},  # before the segments were recorded
        "team": {"10-01": 0, "11-01": 1, "12-01": 2},  # Bo's care became intensive in December
        "everyday": {"10-01": 0, "11-01": 1, "12-01": 0},
    }
    with pytest.raises(ValidationError, match="needs `matrix`"):
        rule(by=["area", "home_care_model"])


@covers("001-C1")
def test_frequent_clients_are_those_with_many_visits_in_the_calendar_month(tmp_path):
    contacts = [visit(ANNA, f"2024-11-{day:02d}") for day in (1, 2, 3)] + [
        visit(BO, "2024-11-04"),
        visit(BO, "2024-12-04"),
    ]
    snapshot = stored(
        tmp_path, [resident(ANNA), resident(BO)], contacts=contacts, episodes=[episode(ANNA, "2024-11-01")]
    )
    by = {"by": ["area", "visit_class"], "frequent_from": 3, "codes": {"visit_class": [FREQUENT, LIGHT]}}
    found = cells(series_panel(snapshot, rule(measures=["clients"], **by), ["901"]), "visit_class")
    assert found == {FREQUENT: {"10-01": 0, "11-01": 1, "12-01": 0}, LIGHT: {"10-01": 0, "11-01": 1, "12-01": 1}}
    stock = rule(table="episodes", measures=["stock_any"], delivered={"service": "home_care"}, **by)
    found = cells(series_panel(snapshot, stock, ["901"]), "visit_class")
    assert found == {FREQUENT: {"10-01": 0, "11-01": 1, "12-01": 0}, LIGHT: {"10-01": 0, "11-01": 0, "12-01": 1}}


def test_a_class_of_ones_own_counts_a_contact_once_under_the_first_that_holds(tmp_path):
    contacts = [
        visit(ANNA, "2024-12-02", service="chatbot", channel="chat"),
        visit(ANNA, "2024-12-03", channel="chat"),
        visit(ANNA, "2024-12-04", channel="phone"),
        visit(ANNA, "2024-12-05", channel="home"),
    ]
    classes = {
        "channel_class": {"bot": {"service": "chatbot"}, "chat": {"channel": "chat"}, "phone": {"channel": "phone"}}
    }
    asked = rule(by=["area", "channel_class"], classes=classes, codes={"channel_class": ["bot", "chat", "phone"]})
    found = cells(series_panel(stored(tmp_path, [resident(ANNA)], contacts=contacts), asked, ["901"]), "channel_class")
    assert {name: months["12-01"] for name, months in found.items()} == {"bot": 1, "chat": 1, "phone": 1}


def test_every_cell_says_how_many_clients_stand_behind_it(tmp_path):
    contacts = [visit(ANNA, "2024-12-02"), visit(ANNA, "2024-12-03"), visit(BO, "2024-12-03")]
    panel = series_panel(
        stored(tmp_path, [resident(ANNA), resident(BO)], contacts=contacts), rule(measures=["hours"]), ["901"]
    )
    assert list(panel["clients"]) == [0, 0, 2]


@pytest.mark.parametrize(
    "values, message",
    [
        ({"measures": ["stock"]}, "counts intervals: write `table: episodes`"),
        ({"table": "episodes", "measures": ["stock", "count"]}, "give other measures their own rule"),
        ({"table": "episodes", "measures": ["shortfall_hours"]}, "needs `delivered`"),
        ({"table": "episodes", "measures": ["stock"], "by": ["area", "visit_class"]}, "needs `delivered`"),
        ({"repeat": {"within_days": 3, "same": ["reasons"]}}, "reasons"),
        ({"classes": {"own": {"a": {"chanel": "chat"}}}, "by": ["area", "own"]}, "chanel"),
    ],
)
def test_a_rule_that_cannot_be_counted_is_named(values, message):
    with pytest.raises(ValidationError, match=message):
        rule(**values)
