"""Indicators: missing is never 0, protection of small groups, comparisons."""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT
from evaluation.held_out.shares import wilson
from evaluation.indicators.document import page, summary_of
from evaluation.indicators.settings import Definition, comparable
from evaluation.indicators.telling.figures import figure, interval_of_ratio
from evaluation.indicators.telling.page import render
from evaluation.indicators.telling.report import as_csv, as_parquet
from features.frames import frame_of
from tests.evaluation.services import indicator_rows
from tests.evaluation.services.indicator_rows import county, definitions, people, report, shown_rows, whole
from tests.plans import covers

TODAY = "2024-12-31"

# Missing is never 0


@covers("001-D1")
def test_without_an_appointment_book_t3_is_not_available() -> None:
    found = county("t3_physician", TODAY, residents=people("a"))
    assert (found["value"], found["why"]) == (None, "source_missing")


def test_a_missing_code_is_named_and_its_count_is_no_zero() -> None:
    asked = [{"client_id": "a", "request_id": "1", "requested_at": "2024-06-01", "service": "referral"}]
    found = report(definitions("youth_psychiatry_over_90d"), TODAY, residents=people("a"), requests=asked)
    only = found["indicators"][0]
    assert only["latest"]["value"] is None
    assert (only["readiness"], only["reads"]) == ("needs", "requests (service = youth_psychiatry_referral)")
    assert "youth_psychiatry_over_90d" in as_csv(found)


def test_a_count_of_a_delivered_source_is_a_true_zero() -> None:
    done = {"client_id": "a", "request_id": "1", "requested_at": "2024-06-01", "started_at": "2024-06-02"}
    assert county("visible_debt_count", TODAY, residents=people("a"), requests=[done])["value"] == 0


@covers("001-B3")
def test_plans_of_an_area_that_delivers_none_are_missing_not_uncovered() -> None:
    """902 has clients in home care and no plan at all: the county's value is 901's, and complete for half of them."""
    clients = [*people(*"abcd"), *people(*"efgh", municipality="902")]
    care = [{"client_id": one, "start": "2024-01-01"} for one in "abcdefgh"]
    plan = [{"client_id": one, "valid_from": "2024-01-01", "kind": "client_plan"} for one in "ab"]
    config = definitions("client_plan_share")
    found = report(config, TODAY, residents=clients, episodes=care, plans=plan)
    lines = {line["group"]: line for line in found["lines"] if line["by"] == "area"}
    assert lines["902"]["why"] == "not_covered"
    whole_county = found["indicators"][0]["latest"]
    assert whole_county["completeness"] == 4 / 8
    assert (whole_county["value"], whole_county["n"]) == (2 / 4, 4)


def test_an_area_is_not_told_before_its_history_begins() -> None:
    clients = [*people("a"), *people("b", municipality="902", history_start="2024-08-01")]
    seen = shown_rows("client_id time channel\n a 2024-07-01 chat\n a 2024-07-02 phone\n b 2024-09-01 chat")
    found = report(definitions("remote_contact_share", smallest_cell=2), TODAY, residents=clients, contacts=seen)
    lines = {line["group"]: line["why"] for line in found["lines"] if line["by"] == "area"}
    assert lines["902"] == "not_covered"


@covers("000-58")
def test_a_source_that_fell_silent_is_not_a_zero() -> None:
    seen = shown_rows("client_id time\n a 2024-01-01", channel="chat")
    config = definitions("contacts_and_visits", silent_source_days=120)
    found = report(config, TODAY, residents=people("a"), contacts=seen)["indicators"][0]["latest"]
    assert (found["value"], found["why"]) == (None, "not_covered")


# Values


@covers("000-58")
def test_an_unjudged_row_lowers_the_completeness_not_the_value() -> None:
    asked = [{"requested_at": "2024-07-01", "assessed_at": "2024-07-05"}] * 3
    wrong = {"requested_at": "2024-07-10", "assessed_at": "2024-07-09"}
    rows = [
        {"client_id": "abcd"[n], "request_id": str(n), "service": "service_need_assessment", **row}
        for n, row in enumerate([*asked, wrong])
    ]
    found = county("needs_assessment_start_days", TODAY, residents=people(*"abcd"), requests=rows)
    assert (found["value"], found["median"], found["completeness"]) == (4, 4, 3 / 4)


@covers("001-E3")
def test_a_change_is_against_the_same_quarter_a_year_earlier() -> None:
    seen = shown_rows(
        "client_id time\n a 2024-07-01\n b 2024-08-01\n a 2024-09-01\n a 2023-07-01\n b 2023-08-01", channel="video"
    )
    found = county("remote_reception_growth", TODAY, residents=people("a", "b"), contacts=seen)
    assert found["value"] == pytest.approx(3 / 2 - 1)


def test_a_change_of_a_mean_is_of_means_not_of_sums() -> None:
    """Mean 6 days of three stays against 4 days of one: +50 %."""
    ends = """
        client_id start      end
        a         2024-07-01 2024-07-04
        b         2024-07-01 2024-07-07
        c         2024-07-01 2024-07-10
        d         2023-07-01 2023-07-05
        """
    stays = shown_rows(ends, kind="ward_stay")
    found = county("length_of_stay_change", TODAY, residents=people(*"abcd"), episodes=stays)
    assert found["value"] == pytest.approx((3 + 6 + 9) / 3 / 4 - 1)


@covers("000-59")
def test_latent_debt_uses_each_age_bands_own_rate() -> None:
    """Reference: 75+ 2 contacts of 1 resident, under 65 1 of 1.  Now 1 and 1: 2 of an expected 3."""
    old, young = people("a"), people("b", birth_year=1990)
    seen = shown_rows("client_id time\n a 2023-07-01\n a 2023-08-01\n b 2023-07-01\n a 2024-07-01\n b 2024-07-01")
    found = county("latent_debt_primary", TODAY, residents=[*old, *young], contacts=seen)
    assert found["value"] == pytest.approx(1 - 2 / 3)


def test_wilson_by_hand() -> None:
    """8 of 10: (.8 + 3.8415/20 ± 1.96·√(.16/10 + 3.8415/400)) / (1 + 3.8415/10)."""
    found = wilson(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_the_bootstrap_draws_whole_clients() -> None:
    """One client has all the contacts and all the remote ones: the interval must reach from 0 to her share."""
    found = interval_of_ratio(np.array([90.0, 0, 0, 0]), np.array([100.0, 1, 1, 1]), 400, 1)
    assert found is not None
    assert found.low == 0
    assert found.high == pytest.approx(90 / 100, abs=0.02)


def test_a_range_never_ends_with_one_persons_value() -> None:
    rows = pd.DataFrame({"who": [str(n) for n in range(20)], "num": range(20), "den": 1.0, "missing": 0.0})
    found = figure(rows, "days", 20, 5, "seed")
    assert (found.lowest, found.highest) == (4, 15)
    assert figure(rows.head(9), "days", 20, 5, "seed").lowest is None


def test_the_trend_says_since_when_and_whether_the_intervals_lie_apart() -> None:
    seen = [
        {"client_id": f"c{n}", "time": f"2024-{month}-01", "channel": "chat" if n < remote else "phone"}
        for month, remote in (("04", 10), ("07", 50))
        for n in range(60)
    ]
    config = definitions("remote_contact_share", periods=2)
    found = report(config, TODAY, residents=people(*(f"c{n}" for n in range(60))), contacts=seen)["indicators"][0]
    assert found["trend"]["since"] == "2024Q2"
    assert found["trend"]["change"] == pytest.approx(50 / 60 - 10 / 60)
    assert found["trend"]["apart"] is True
    assert [one["met"] for one in found["targets"]] == [True, True]


# Divided by profession, service line and segment


def lines_by(found: Mapping[str, Any], by: str) -> dict[str, tuple[int | None, float | None, str]]:
    return {one["group"]: (one["n"], one["value"], one["why"]) for one in found["lines"] if one["by"] == by}


@covers("001-D2")
def test_the_share_within_seven_days_is_told_by_profession_and_area() -> None:
    booked = [
        {"slot_id": f"{profession}{n}", "unit": f"terveysasema_90{1 + n % 2}", "profession": profession,
         "offered_at": "2024-05-01", "taken_at": "2024-07-01", "slot_at": "2024-07-05" if n < within else "2024-07-20"}
        for profession, within in (("physician", 12), ("nurse", 8), ("physiotherapist", 20))
        for n in range(20)
    ]  # fmt: skip
    found = report(definitions("access_7d_visits", smallest_cell=5), TODAY, booked)
    assert lines_by(found, "profession") == {"physician": (20, 0.6, ""), "nurse": (20, 0.4, "")}
    assert lines_by(found, "area")["901"] == (20, 0.5, "")
    assert found["indicators"][0]["latest"]["value"] == 0.5
    assert found["indicators"][0]["split"]["profession"]["nurse"]["fi"] == "Hoitaja"


@covers("001-D2")
def test_the_share_within_seven_days_is_told_by_service_line_and_segment_and_few_are_hidden() -> None:
    rows, records = [], []
    for n in range(60):
        service = "referral" if n < 30 else "home_care_request" if n < 57 else "service_need_assessment"
        start = "2024-07-05" if n % 3 == 0 else "2024-07-30"
        rows.append({"client_id": f"c{n}", "request_id": f"{n}", "service": service, "requested_at": "2024-07-01",
                     "started_at": start})  # fmt: skip
        segment = "network" if n % 2 else "community"
        records.append({"client_id": f"c{n}", "time": "2024-01-01", "scheme": "suuntima_like", "segment": segment})
    homes = people(*(f"c{n}" for n in range(60)))
    config = definitions("access_7d_service_lines", smallest_cell=5)
    found = report(config, TODAY, residents=homes, requests=rows, segment_records=records)
    by_line = lines_by(found, "service")
    assert by_line["referral"] == (30, pytest.approx(1 / 3), "")
    assert by_line["service_need_assessment"][2] == "few"
    assert by_line["home_care_request"][2] == "few"  # the county's total would give the other away
    assert lines_by(found, "segment") == {s: (30, pytest.approx(1 / 3), "") for s in ("community", "network")}
    text = render(found)
    assert "Lähete" in text or "lähete" in text


@covers("001-A1")
def test_segmented_clients_are_told_by_question_set_and_by_organisation() -> None:
    rows = [
        {"client_id": f"c{n}", "time": "2024-07-05", "scheme": f"suuntima_like{'_social' if n < 8 else ''}",
         "legacy_org": "keskus" if n < 18 else "vaara"}
        for n in range(20)
    ]  # fmt: skip
    homes = people(*(f"c{n}" for n in range(20)))
    config = definitions("recorded_segmentations", smallest_cell=5)
    found = report(config, TODAY, residents=homes, segment_records=rows)
    by_set = lines_by(found, "scheme")
    assert {name: line[1] for name, line in by_set.items()} == {"suuntima_like": 12, "suuntima_like_social": 8}
    assert lines_by(found, "legacy_org")["vaara"][2] == "few"
    assert lines_by(found, "legacy_org")["keskus"][2] == "few"  # the county's count would give the other away


@covers("002-D4")
def test_the_rai_scales_of_groups_stand_in_one_table_with_intervals_and_few_are_hidden() -> None:
    homes = people(*(f"c{n}" for n in range(45)), birth_year=1940) + people(
        *(f"d{n}" for n in range(12)), birth_year=1955
    )
    homes += people("e0", "e1", birth_year=1970)
    ids = {name: f"rai_{name.lower()}" for name in ("ADLH", "CPS")}
    rows = [
        {"client_id": one["client_id"], "time": "2024-06-01", "instrument": "RAI-HC", "scale": scale, "value": k % 4}
        for scale in ids
        for k, one in enumerate(homes)
    ]  # fmt: skip
    records = [
        {"client_id": f"c{n}", "time": "2024-01-01", "scheme": "suuntima_like", "segment": "network"} for n in range(30)
    ]
    config = definitions(*ids.values(), smallest_cell=5, compared={"rai_scales": tuple(ids.values())})
    found = report(config, TODAY, residents=homes, assessments=rows, segment_records=records)
    table = found["compared"]["rai_scales"]
    told = {(row["by"], row["group"]): row["lines"] for row in table["rows"]}
    assert table["indicators"] == ["rai_adlh", "rai_cps"]
    county = told["county", ""][0]
    assert county["value"] == pytest.approx(sum(row["value"] for row in rows[:59]) / 59)
    assert county["low"] < county["value"] < county["high"]
    assert {line["why"] for line in told["band", "under65"]} == {"few"}
    assert {line["n"] for line in told["segment", "network"]} == {30}
    assert "RAI-asteikot ryhmittäin" in render(found)


@covers("002-B17")
def test_the_strain_of_carers_is_told_where_it_is_recorded_and_not_available_where_it_is_not() -> None:
    ties = [{"client_id": f"c{n}", "valid_from": "2024-01-01", "role": "cared_for"} for n in range(30)]
    old = people(*(f"c{n}" for n in range(12)), birth_year=1940) + people(
        *(f"c{n}" for n in range(12, 30)), birth_year=1970
    )
    names = ("carer_age_75_share", "carer_leave_share", "carer_strain_share", "carer_quality_of_life_share")
    config = definitions(*names, smallest_cell=5, compared={"carer_strain": names})
    found = report(config, TODAY, residents=old, relations=ties)
    county = {one["id"]: (one["latest"]["value"], one["latest"]["why"]) for one in found["indicators"]}
    assert county["carer_age_75_share"] == (pytest.approx(12 / 30), "")
    assert {county[name] for name in names[1:]} == {(None, "source_missing")}
    assert "lähde puuttuu" in render(found)


def test_a_split_by_an_unknown_column_is_refused() -> None:
    plain = whole().definitions["access_7d_waiting_persons"].model_dump()
    with pytest.raises(ValueError, match="is not divided"):
        Definition.model_validate({**plain, "split": {"profession": {"nurse": {"fi": "a", "sv": "b", "en": "c"}}}})


# Protection


def drawn_county(sizes: dict[str, tuple[int, int]]) -> dict[str, list[dict[str, object]]]:
    """Area → (clients, of them light)."""
    clients, care = [], []
    for area, (n, light) in sizes.items():
        for k in range(n):
            clients.append({"client_id": f"{area}-{k}", "municipality": area})
            intensity = "light" if k < light else "regular"
            care.append({"client_id": f"{area}-{k}", "start": "2024-01-01", "intensity": intensity})
    return {"residents": clients, "episodes": care}


def test_P2_a_small_cell_and_the_one_that_would_give_it_away_are_hidden() -> None:
    areas = {"901": (40, 10), "902": (30, 12), "903": (20, 2)}
    indicator_rows.AREAS.update({"903": "903"})
    try:
        found = report(definitions("home_care_light_share", smallest_cell=5), TODAY, **drawn_county(areas))
    finally:
        indicator_rows.AREAS.pop("903")
    lines = {line["group"]: line for line in found["lines"] if line["by"] == "area"}
    assert {area for area, line in lines.items() if line["why"] == "few"} == {"903", "901"}
    assert all(lines["903"][name] is None for name in ("value", "n", "low", "high", "completeness"))
    assert lines["902"]["value"] == pytest.approx(12 / 30)
    assert found["indicators"][0]["latest"]["value"] == pytest.approx((10 + 12 + 2) / 90)


def test_P4_a_share_of_nobody_or_of_everybody_is_not_told() -> None:
    found = report(definitions("home_care_light_share", smallest_cell=5), TODAY, **drawn_county({"901": (40, 40)}))
    assert (found["indicators"][0]["latest"]["value"], found["indicators"][0]["latest"]["why"]) == (None, "uniform")


@covers("000-2")
def test_the_share_of_clients_per_segment_and_follow_up_channel() -> None:
    """Of 20 network clients 8 were met, 7 called; of 20 self-managed clients 9 came digitally and 6 were called."""
    drawn = {
        "network": ["in_person"] * 8 + ["phone"] * 7 + ["chat"] * 5,
        "self_managed": ["chat"] * 9 + ["phone"] * 6 + ["in_person"] * 5,
    }
    clients = [(f"{segment}{n}", segment, channel) for segment, own in drawn.items() for n, channel in enumerate(own)]
    tables = {
        "residents": [{"client_id": who, "municipality": "901"} for who, _, _ in clients],
        "segment_records": [
            {"client_id": who, "time": "2024-05-01", "scheme": "suuntima_like", "segment": segment}
            for who, segment, _ in clients
        ],
        "contacts": [
            {"client_id": who, "time": "2024-08-01", "channel": channel, "status": "done"}
            for who, _, channel in clients
        ],
    }
    ids = ("followed_up_in_person", "followed_up_by_phone", "followed_up_digitally")
    lines = report(definitions(*ids), TODAY, **tables)["lines"]
    shares = {(line["id"], line["group"]): line["value"] for line in lines if line["by"] == "segment"}
    assert shares["followed_up_by_phone", "network"] == pytest.approx(7 / 20)
    assert shares["followed_up_by_phone", "self_managed"] == pytest.approx(6 / 20)
    assert shares["followed_up_digitally", "self_managed"] == pytest.approx(9 / 20)
    assert shares["followed_up_in_person", "network"] == pytest.approx(8 / 20)


@covers("000-86")
def test_a_hidden_line_is_empty_in_every_file() -> None:
    found = report(definitions("home_care_light_share", smallest_cell=5), TODAY, **drawn_county({"901": (40, 2)}))
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert {row["why"] for row in rows if row["by"] == "area"} == {"few"}
    assert {(row["n"], row["value"]) for row in rows if row["by"] == "area"} == {("", "")}
    frame = frame_of(as_parquet(found))
    assert list(frame.columns) == list(rows[0])
    assert frame["value"].notna().sum() == sum(row["value"] != "" for row in rows)


# Definitions


@covers("002-F1", "002-F4")
def test_values_of_two_definitions_are_refused_with_one_sentence() -> None:
    config = whole()
    comparable(config.definitions, "remote_share_with_phone", "remote_share_with_phone@1")
    for other in ("remote_share_without_phone", "remote_share_with_phone@2"):
        with pytest.raises(ConfigError, match="are not compared") as refused:
            comparable(config.definitions, "remote_share_with_phone", other)
        assert str(refused.value).count("\n") == 0


def test_a_definition_says_exactly_one_way() -> None:
    plain = whole().definitions["client_grouping"].model_dump()
    with pytest.raises(ValueError, match="exactly one of"):
        Definition.model_validate({**plain, "needs": "a table"})


ROWS = {"seed 000 2C": 20, "seed 001_003 2a": 28, "seed 002_004 2.1": 30}


@covers("000-38", "001-C3")
@pytest.mark.parametrize("table", ROWS)
def test_every_row_of_the_plans_tables_has_a_definition(table: str) -> None:
    named = [source for one in whole().definitions.values() for source in one.sources]
    found = {int(match[1]) for source in named if (match := re.fullmatch(re.escape(table) + r" row (\d+)", source))}
    assert found == set(range(1, ROWS[table] + 1))


@covers("000-39")
def test_the_page_of_definitions_is_current() -> None:
    text = (PROJECT_ROOT / "docs/indicators.md").read_text(encoding="utf-8")
    assert page(whole(), summary_of(text)) == text
