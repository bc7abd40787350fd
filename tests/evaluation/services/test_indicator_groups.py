"""Indicators by group: professions, service lines, question sets, RAI scales, carers, channels."""

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.indicators.settings import Definition
from evaluation.indicators.telling.page import render
from tests.evaluation.services.indicator_rows import definitions, people, report, whole
from tests.plans import covers

TODAY = "2024-12-31"

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
