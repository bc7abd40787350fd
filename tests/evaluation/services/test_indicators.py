"""Indicators: missing is never 0, protection of small groups, comparisons."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT
from evaluation.held_out.shares import wilson
from evaluation.indicators.document import page, summary_of
from evaluation.indicators.settings import Definition, comparable
from evaluation.indicators.telling.figures import figure, interval_of_ratio
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
