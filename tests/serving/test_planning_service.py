"""What planners keep: overrides beside the original, scenarios by role and time, each logged, chained and once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import Workbook

from models.answers import ForecastPoint
from models.exchange import read_workbook
from serving.api.planning import forecast_values
from serving.pages.planner.services import Correction, Upload, WrongInput
from serving.pages.services import NotAllowed, NotYours
from serving.planning.kept.corrections import corrected_over
from serving.planning.kept.records import Corrected
from serving.records.chain.chained import verify_table
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, OVERRIDE_LOG, SCENARIO_LOG
from tests.serving import planner_at_work
from tests.serving.fake_engine import FakeEngine
from tests.serving.live_models import SERIES, STAMP
from tests.serving.pages.faked.answers import forecast_answer
from tests.serving.serving_parts import SETTINGS, house

visitor = planner_at_work.visitor
planner = planner_at_work.planner

AGEING = {
    "id": "s_kasvu_1",
    **{name: {"fi": "Kasvu", "sv": "Tillväxt", "en": "Growth"} for name in ("name", "description")},
    "base_year": 2023,
    "population": [{"ages": "all", "growth": {"2025": {"value": 0.1, "low": 0.05, "high": 0.15}}}],
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    manager = SETTINGS.development_users["planner"].model_copy(update={"role": "manager"})
    made = house(FakeEngine(), development_users={**SETTINGS.development_users, "manager": manager})
    yield made
    made.close()


@pytest.fixture
def manager(built):
    return built.services.visitor(built.services.sign_in("manager"))


def audited(built, **equal):
    return built.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries


def first_period(planner, visitor):
    return planner.picture(visitor, "", SERIES).answer.points[0].period_start


def correction(planner, visitor, **more):
    told = {"model": STAMP.name, "series_id": SERIES, "value": 100.0, "reason": "Uusi yksikkö", "key": "form-1"}
    return Correction(period=first_period(planner, visitor), **{**told, **more})


def test_an_override_is_shown_beside_the_original_and_in_every_sum(built, planner, visitor):
    before = planner.picture(visitor, "", SERIES)
    planner.correct(visitor, correction(planner, visitor))
    after, whole = (planner.picture(visitor, "", name) for name in (SERIES, "county|visits|total"))
    period = before.answer.points[0].period_start
    assert after.answer == before.answer
    assert (after.corrected[period].value, after.corrected[period].given) == (pytest.approx(100.0), True)
    grown = 100.0 - before.answer.points[0].value
    assert whole.corrected[period].value == pytest.approx(whole.answer.points[0].value + grown)
    assert not whole.corrected[period].given
    assert audited(built, event="override")[0]["detail"]["series"] == [SERIES]
    told = json.loads(json.dumps(forecast_values(whole)))  # as the API says it
    assert told["corrected"][period] == {**vars(whole.corrected[period])}


def test_the_history_tells_every_override_and_the_same_form_counts_once(built, planner, visitor):
    for key, value in (("a", 90.0), ("a", 90.0), ("b", 95.0), ("c", None)):
        planner.correct(visitor, correction(planner, visitor, key=key, value=value))
    shown = planner.picture(visitor, "", SERIES)
    told = [(one.value, one.state, one.role) for one in shown.overrides]
    assert told == [(None, "taken_back", "planner"), (95.0, "replaced", "planner"), (90.0, "replaced", "planner")]
    assert shown.corrected == {}
    assert verify_table(built.desk.records.engine, OVERRIDE_LOG).first_bad is None


@pytest.mark.parametrize(
    "more, says",
    [
        ({"reason": " "}, "reason"),
        ({"value": -1.0}, "zero or more"),
        ({"key": ""}, "key"),
    ],
)
def test_an_override_that_cannot_be_is_refused_and_not_kept(built, planner, visitor, more, says):
    with pytest.raises(WrongInput, match=says):
        planner.correct(visitor, correction(planner, visitor, **more))
    assert built.desk.records.kept(OVERRIDE_LOG) == ()


def test_a_henkilotunnus_in_a_reason_is_not_stored(built, planner, visitor):
    planner.correct(visitor, correction(planner, visitor, reason="Asiakas 010594-9032 muuttaa"))
    assert built.desk.records.kept(OVERRIDE_LOG)[0]["reason"] == "Asiakas [henkilötunnus] muuttaa"


def test_a_filled_sheet_of_overrides_comes_back_and_a_wrong_row_keeps_nothing(built, planner, visitor):
    (rows,) = read_workbook(planner.corrections_sheet(visitor, "", SERIES)).values()
    lines = ["unique,ds", *(f"{row[0].value},{row[1].value},80,syy" for row in rows[1:3])]
    text = "\n".join(["series_id,ds,value,reason", *lines[1:]])
    assert planner.correct_by_sheet(visitor, STAMP.name, Upload("o.csv", text.encode()), "sheet-1") == 2
    wrong = text.replace(",80,syy", ",kahdeksan,syy")
    with pytest.raises(WrongInput) as refused:
        planner.correct_by_sheet(visitor, STAMP.name, Upload("o.csv", wrong.encode()), "sheet-2")
    assert [(fault.row, fault.column) for fault in refused.value.faults] == [(2, "value"), (3, "value")]
    assert len(built.desk.records.kept(OVERRIDE_LOG)) == 2


def test_a_saved_scenario_is_found_compared_and_chained(built, planner, visitor, manager):
    planner.save_scenario(visitor, AGEING, "form-1")
    assert planner.save_scenario(visitor, AGEING, "form-1") == "s_kasvu_1"  # the same form again
    entry = next(one for one in planner.scenarios(manager) if one.id == "s_kasvu_1")
    assert (entry.role, entry.name["fi"]) == ("planner", "Kasvu")
    found = planner.compare(manager, "", SERIES, ["s_kasvu_1", "closing"])
    assert [line.id for line in found.lines] == ["s_kasvu_1"]
    assert 0.05 < found.lines[0].share < 0.11
    assert len(found.skipped) == 1  # closes an area that this county has not
    assert verify_table(built.desk.records.engine, SCENARIO_LOG).first_bad is None
    assert len(built.desk.records.kept(SCENARIO_LOG)) == 1
    with pytest.raises(WrongInput, match="in use"):
        planner.save_scenario(visitor, AGEING, "form-2")


def test_a_removed_scenario_is_gone_from_lists_stays_in_the_log_and_frees_its_id(built, planner, visitor, manager):
    planner.save_scenario(visitor, AGEING, "form-1")
    with pytest.raises(NotAllowed):
        planner.remove_scenario(manager, "s_kasvu_1", "gone-0")
    planner.remove_scenario(visitor, "s_kasvu_1", "gone-1")
    assert "s_kasvu_1" not in {one.id for one in planner.scenarios(visitor)}
    assert planner.compare(visitor, "", SERIES, ["s_kasvu_1"]).lines == ()
    for unknown in ("s_kasvu_1", "ageing", "never_was"):
        with pytest.raises(NotYours):
            planner.remove_scenario(visitor, unknown, "gone-2")
    assert planner.save_scenario(visitor, AGEING, "form-3") == "s_kasvu_1"
    planner.remove_scenario(visitor, "s_kasvu_1", "gone-3")
    assert planner.save_scenario(visitor, AGEING, "form-4") == "s_kasvu_1"
    kept = [row["scenario_id"] for row in built.desk.records.kept(SCENARIO_LOG)]
    assert kept == ["s_kasvu_1", "s_kasvu_1/removed", "s_kasvu_1@2", "s_kasvu_1@2/removed", "s_kasvu_1@3"]
    assert verify_table(built.desk.records.engine, SCENARIO_LOG).first_bad is None
    told = audited(built, event="scenario_removed", outcome="ok")
    assert [entry["detail"]["scenario"] for entry in told] == ["s_kasvu_1", "s_kasvu_1"]


def closing(area, starts):
    unit = {"kind": "closing", "unit": {"area": [area]}, "starts": starts}
    return {**{name: AGEING[name] for name in ("id", "name", "description", "base_year")}, "supply": [unit]}


@pytest.mark.parametrize("days, fits", [(-1, False), (0, True), (27, True), (400, False), (4000, False)])
def test_a_change_must_begin_on_a_day_of_the_forecast(planner, visitor, days, fits):
    first, last = planner.span(visitor)
    assert (last - first).days % 7 == 6  # whole weeks
    scenario = closing("901", (first + timedelta(days=days)).isoformat())
    if fits:
        assert planner.save_scenario(visitor, scenario, "form-1") == "s_kasvu_1"
        return
    with pytest.raises(WrongInput) as refused:
        planner.save_scenario(visitor, scenario, "form-1")
    said = refused.value.args[0]
    assert (said.code, said.fields["first"], said.fields["last"]) == ("starts_outside", first, last)


def test_an_area_is_known_by_its_shown_name_and_an_unknown_one_is_told_the_names(planner, visitor):
    first = planner.span(visitor)[0].isoformat()
    for word in ("901", "NORTH FI", "north sv"):
        scenario = {**closing(word, first), "id": f"s_{word.lower().replace(' ', '_')}"}
        found = planner.compare(visitor, "", SERIES, [planner.save_scenario(visitor, scenario, word)])
        assert found.lines[0].total == pytest.approx(0.0)  # the whole of the north is closed
    with pytest.raises(WrongInput) as refused:
        planner.save_scenario(visitor, closing("Nowhere", first), "form-9")
    why = refused.value.args[0].fields["why"]
    assert why.code == "no_such_value"
    assert [one["fi"] for one in why.fields["allowed"]] == ["North fi (901)", "South fi (902)"]


def test_whether_overrides_helped_is_read_from_what_was_published(built, planner, visitor):
    assert planner.judged(visitor) is None
    sentence = {"fi": "Auttoivat.", "sv": "De hjälpte.", "en": "They helped."}
    told = {"as_of": "2025-01-01", "n": 40, "better": 25, "worse": 10, "same": 5, "mean_change": -3.5, "low95": -5.0}
    told |= {"high95": -2.0, "unit": "visits a week", "by_author_hidden": True, "sentence": sentence}
    built.desk.engine.published_files["overrides_judged.json"] = json.dumps(told)
    assert planner.judged(visitor).sentence["fi"] == "Auttoivat."
    built.desk.engine.published_files["overrides_judged.json"] = "{}"
    assert planner.judged(visitor) is None


def test_a_scenario_about_a_person_is_kept_nowhere(built, planner, visitor):
    name = dict.fromkeys(("fi", "sv", "en"), "Matti 010594Y9032")
    with pytest.raises(WrongInput, match="no one person"):
        planner.save_scenario(visitor, {**AGEING, "id": "s_other", "name": name}, "form-9")
    with pytest.raises(WrongInput, match="no one person"):
        planner.save_scenario(visitor, {**AGEING, "id": "s_010594y9032"}, "form-9")
    assert all(not entry.id.startswith(("s_other", "s_010594")) for entry in planner.scenarios(visitor))
    assert "010594" not in json.dumps([dict(entry) for entry in audited(built)], default=str)


def test_a_manager_looks_but_keeps_nothing(built, planner, manager, visitor):
    assert not planner.may_plan(manager)
    with pytest.raises(NotAllowed):
        planner.save_scenario(manager, AGEING, "form-1")
    with pytest.raises(NotAllowed):
        planner.correct(manager, correction(planner, visitor))
    assert {entry["event"] for entry in audited(built, outcome="denied")} == {"override", "scenario_saved"}


def test_overrides_of_weeks_move_the_month_that_holds_them():
    week = ForecastPoint("2025-01-06", 50.0, 40.0, 60.0, 5.0, 70.0, None)
    own = replace(forecast_answer(), points=(week, replace(week, period_start="2025-01-27")), period="week")
    month = ForecastPoint("2025-01-01", 250.0, 230.0, 270.0, 10.0, 280.0, None)
    longer = replace(own, points=(month, replace(month, period_start="2025-02-01")), period="month")
    changed = {one.period_start: Corrected(30.0, 20, 40, 0, 50, given=True) for one in own.points}
    found = corrected_over(changed, own, longer)
    assert set(found) == {"2025-01-01"}, "30 January is the Thursday of the week that begins on the 27th"
    one = found["2025-01-01"]
    assert (one.value, one.low80, one.low95) == (250.0 - 20 - 20, 230.0 - 40, 0.0)
    assert corrected_over({}, own, longer) == {}


def test_a_period_without_a_table_is_the_askers_to_correct(planner, visitor):
    assert planner.picture(visitor, "", SERIES, "week") == planner.picture(visitor, "", SERIES)
    with pytest.raises(WrongInput, match=r"no forecast by `month`\. Choose week"):
        planner.picture(visitor, "", SERIES, "month")


def test_people_follow_the_overridden_forecast_and_the_changed_assumptions(planner, visitor):
    def county(changes):
        team = planner.staffing(visitor, "", changes, None).plan.teams[0]
        return float(team.table.loc[team.table["area"] == "county", "fte"].iloc[0])

    plain = county({})
    assert county({"teams.0.work.weekly_hours": 19.125}) == pytest.approx(2 * plain)
    with pytest.raises(WrongInput, match="0 and 1"):
        county({"teams.0.work.absence": 3.0})
    planner.correct(visitor, correction(planner, visitor, series_id="county|hours|total", value=0.0))
    assert county({}) == 0.0


def test_the_workbook_of_a_series_has_scenarios_staffing_and_overrides(planner, visitor):
    planner.correct(visitor, correction(planner, visitor))
    planner.save_scenario(visitor, AGEING, "form-1")
    sheets = {sheet.title: sheet for sheet in planner.workbook(visitor, "", SERIES, "fi")}
    assert {"Skenaariot", "Skenaariot jaksoittain", "Henkilöstö", "Korjaukset", "Oletukset"} <= set(sheets)
    assert [row[0] for row in sheets["Korjaukset"].rows[1:]] == ["North fi, visits fi, total fi"]


def test_a_workbook_with_a_formula_is_refused_by_its_place(planner, visitor, tmp_path):
    book = Workbook()
    sheet = book.active
    for row in (["unique_id", "ds", "y"], ["a", "2024-01-01", "=1+1"]):
        sheet.append(row)
    book.save(tmp_path / "sheet.xlsx")
    with pytest.raises(WrongInput, match="Row 2, column y: a formula"):
        planner.forecast_sheet(visitor, Upload("sheet.xlsx", (tmp_path / "sheet.xlsx").read_bytes()), None)
