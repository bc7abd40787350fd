"""I26, I27 and the validity of mappings: codes that are unknown, abolished, or of another time."""

from datetime import date
from typing import Any

import pytest

from configs.errors import ConfigError, DataError
from features.sources.checking.codes import CodeTable, load_codes
from tests.features.deliveries.extracts import ANNA, CONTACT_HEADER, CONTACTS, RESIDENTS, Extracts, report_of
from tests.hardening.rows import GOOD, NEXT, columns_with, falls_alone

MUNICIPALITIES = "configs/codes/municipalities.yaml"


def _rows(codes: list[str]) -> list[str]:
    return [f"{ANNA};2024-03-01 {n // 60:02d}:{n % 60:02d}:00;;{code};A01;1" for n, code in enumerate(codes)]


def test_I26_without_a_word_for_the_unknown_the_row_is_quarantined(extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T3;A01;1", "unknown_code")


def test_I26_an_unknown_code_keeps_its_row_and_is_counted(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, columns=columns_with("service", unknown="other"))
    extracts.contacts(*_rows(["T1"] * 99 + ["T9"]))
    report = report_of(extracts.ingest())
    assert (report.accepted, report.quarantined, report.noted) == (100, {}, {"unknown_code:service": 1})
    assert extracts.read().service.value_counts().to_dict() == {"gp_visit": 99, "other": 1}


def test_I26_too_many_unknown_codes_refuse_the_batch_by_column_and_share(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, columns=columns_with("service", unknown="other"))
    extracts.contacts(*_rows(["T1"] * 98 + ["T9", "T8"]))
    with pytest.raises(
        DataError, match=r"2 of 100 codes of `service` \(2\.0%\) are unknown \(T8, T9\).*limit of 1\.0%"
    ):
        extracts.ingest()
    assert not (extracts.store / "manifest.json").exists()
    extracts.mapping(CONTACTS, columns=columns_with("service", unknown="other"), unknown_limit=0.02)
    assert report_of(extracts.ingest()).noted == {"unknown_code:service": 2}


def test_I26_a_message_names_few_codes_and_none_that_may_be_a_persons(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, columns=columns_with("service", unknown="other"))
    extracts.contacts(*_rows([*(f"X{n}" for n in range(9)), ANNA, "Virtanen", "0401234567"]))
    with pytest.raises(DataError) as refused:
        extracts.ingest()
    assert "(X0, X1, X2, X3, X4, …)" in str(refused.value)
    assert not any(word in str(refused.value) for word in (ANNA, "Virtanen", "0401234567"))


def test_I26_too_many_bad_rows_refuse_the_batch(extracts: Extracts) -> None:
    extracts.contacts(*_rows(["T1"] * 49 + ["T9"]))
    with pytest.raises(DataError, match=r"contacts\.csv: 1 of 50 rows .*unknown_code 1.*limit of 1\.0%"):
        extracts.ingest(quarantine_limit=0.01)
    assert not (extracts.store / "manifest.json").exists()
    assert report_of(extracts.ingest(quarantine_limit=0.02)).accepted == 49


def _people(extracts: Extracts, codes: dict[str, str], **column: Any) -> list[str]:
    """The municipality of one person who lived there since the given day, in the order of the days."""
    municipality = {"from": "kunta", "code_table": MUNICIPALITIES, "code_on": "valid_from", **column}
    columns = {**RESIDENTS["columns"], "municipality": municipality, "valid_from": {"from": "since"}}
    extracts.mapping(RESIDENTS, columns=columns, unknown_limit=1.0)
    body = "".join(f"{ANNA};1950;;{code};{day}\n" for day, code in codes.items())
    extracts.deliver("people.csv", f"hetu;born;died;kunta;since\n{body}")
    extracts.contacts(GOOD)
    extracts.ingest()
    return extracts.read("residents").sort_values("valid_from").municipality.astype(str).tolist()


def test_I27_an_abolished_municipality_is_followed_by_date(extracts: Extracts) -> None:
    codes = {"2003-12-31": "184", "2004-01-01": "184", "2006-12-31": "184", "2007-01-01": "184", "2015-01-01": "532"}
    assert _people(extracts, codes) == ["184", "640", "640", "593", "532"]


def test_I27_a_code_outside_the_table_stays_and_is_counted(extracts: Extracts) -> None:
    assert _people(extracts, {"2020-01-01": "091", "2021-01-01": "853"}) == ["091", "853"]
    assert extracts.snapshot().batches[-1].files[-1].noted == {"unknown_code:municipality": 1}


def test_I27_a_code_outside_the_table_becomes_the_declared_word(extracts: Extracts) -> None:
    assert _people(extracts, {"2020-01-01": "091", "2021-01-01": "532"}, unknown="000") == ["000", "398"]


@pytest.mark.parametrize(
    "code, day,                  becomes",
    [
        ("532", date(2015, 12, 31), "532"),  # Nastola
        ("532", date(2016, 1, 1), "398"),
        ("180", date(2009, 1, 1), "179"),  # Jyväskylän maalaiskunta
        ("979", date(2010, 6, 1), "636"),  # Yläne
        ("838", date(2015, 1, 1), "423"),  # Tarvasjoki
        ("618", date(2013, 1, 1), "740"),  # Punkaharju
        ("853", date(2030, 1, 1), "853"),  # Turku
    ],
)
def test_I27_the_table_knows_the_mergers_of_five_counties(code: str, day: date, becomes: str) -> None:
    assert load_codes(MUNICIPALITIES).at(code, day) == becomes


def test_I27_every_successor_holds_today() -> None:
    table = load_codes(MUNICIPALITIES)
    today = {one.code for one in table.codes if one.valid_to is None}
    assert len(today) == 27 + 11 + 10 + 22 + 11  # municipalities of the five counties
    assert all(table.at(code, date(2026, 1, 1)) in today for code in table.known)


@pytest.mark.parametrize(
    "codes, sentence",
    [
        ([{"code": "1"}, {"code": "1"}], "the code 1 is there twice"),
        ([{"code": "1", "valid_to": "2009-01-01"}], "both `valid_to` and `becomes`"),
        ([{"code": "1", "valid_to": "2009-01-01", "becomes": "2"}], "becomes 2, which the table has not"),
        (
            [
                {"code": "1", "valid_to": "2009-01-01", "becomes": "2"},
                {"code": "2", "valid_to": "2009-01-01", "becomes": "1"},
            ],
            "had ended by then",
        ),
    ],
)
def test_I27_a_table_that_leads_nowhere_is_refused(codes: list[dict[str, str]], sentence: str) -> None:
    named = [{**code, "name": {"fi": "x", "sv": "x"}} for code in codes]
    with pytest.raises(ValueError, match=sentence):
        CodeTable.model_validate_json(__import__("json").dumps({"origin": "test", "codes": named}))


OLD = {"valid_to": "2024-04-01"}
NEW = {"valid_from": "2024-04-01", "valid_to": "2024-07-01"}
BETWEEN = f"{ANNA};2024-03-15 10:00:00;;X1;A01;1"


def _two_mappings(extracts: Extracts, **later: Any) -> None:
    """The source changes its service codes on 1 April 2024."""
    extracts.mapping(CONTACTS, "contacts_old", **OLD)
    changed = columns_with("service", codes={"N1": "gp_visit"})
    extracts.mapping(CONTACTS, "contacts_new", **{**NEW, "columns": changed, **later})
    (extracts.var / "sources" / "contacts.yaml").unlink()


def test_mappings_that_follow_each_other_share_the_rows_of_a_file(extracts: Extracts) -> None:
    _two_mappings(extracts)
    summer = NEXT.replace("2024-04-0", "2024-07-0")
    extracts.contacts(GOOD, NEXT.replace("T1", "N1"), summer, "broken", GOOD.replace("2024-03-01 10", "2024-02-31 10"))
    reports = [report for report in extracts.ingest().files if report.table == "contacts"]
    by_start = {report.valid_from: report for report in reports}
    assert (by_start[None].accepted, by_start[None].filtered) == (1, 1)
    assert by_start[None].quarantined == {"bad_time": 1, "outside_mapping": 1, "too_few_fields": 1}
    later = by_start["2024-04-01"]
    assert (later.accepted, later.filtered, later.quarantined) == (1, 4, {})
    assert extracts.read().time.dt.month.tolist() == [3, 4]
    assert extracts.ingest().files == ()  # both know the file again


def test_a_row_outside_the_mapping_is_quarantined(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, valid_from="2024-03-10", valid_to="2024-04-02")
    extracts.contacts(GOOD, NEXT, f"{ANNA};2024-04-02;;T1;A01;1")
    extracts.ingest()
    assert extracts.reasons() == {2: "outside_mapping", 4: "outside_mapping"}


@pytest.mark.parametrize(
    "later, sentence",
    [
        ({"valid_from": "2024-03-31"}, "for the same days"),
        ({"valid_from": None}, "for the same days"),
        ({"columns": columns_with("time", format="%Y-%m-%d")}, "find the date of a row differently"),
    ],
)
def test_mappings_that_overlap_are_refused_by_name(later: dict[str, Any], sentence: str, extracts: Extracts) -> None:
    _two_mappings(extracts, **later)
    extracts.contacts(GOOD)
    with pytest.raises(ConfigError, match=sentence) as refused:
        extracts.ingest()
    assert "clinic" in str(refused.value)


def test_an_edited_mapping_is_refused_for_files_it_has_read(extracts: Extracts) -> None:
    extracts.deliver("contacts.csv", f"{CONTACT_HEADER}\n{GOOD}\n")
    extracts.ingest()
    extracts.mapping(CONTACTS, columns=columns_with("service", codes={"T1": "nurse_visit"}))
    with pytest.raises(ConfigError, match=r"contacts\.csv was ingested with another version of the mapping of clinic"):
        extracts.ingest()
