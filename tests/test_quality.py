"""The data-quality report: counted by hand on small registers, planted faults found, small cells hidden."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from configs.workspace import Workspace
from evaluation.published import published_folder, take_along
from evaluation.quality.__main__ import main
from evaluation.quality.counting import ORIGIN, Place, TableCounts, add_first_months, add_rows, count_store
from evaluation.quality.fields import State, checked_columns, states
from evaluation.quality.page import render
from evaluation.quality.register import Register, described, field_line
from evaluation.quality.shifts import HALF, share_changes, volume_changes
from evaluation.quality.summary import Limits, Material, delivered, summarise
from evaluation.small_cells.shown import shown_share, shown_shares
from features.catalogue.vocabulary import Vocabulary
from features.history_files import newest_meta, write_meta
from features.manifest import Batch, FileReport
from features.source_catalogue import Source, SourceCatalogue
from features.tables import TABLES
from tests.histories_data import catalogue_of, family, store_of, table_of
from tests.plans import covers

CLIENT = "0000000a" + "0" * 24
UNTIL = date(2024, 12, 31)


def source(**more: Any) -> Source:
    """A catalogued source that records within three days and covers 901 from 2022."""
    given = {
        "owner": "chief of care",
        "purposes": ["care"],
        "keys": ["client_id", "time"],
        "refresh": "daily",
        "recording_delay_days": 3,
        "sensitivity": "special_category",
        "coverage": {"901": {"from": "2022-01-01"}},
        "fields": {"contacts": ["client_id", "time", "urgency", "reason", "minutes", "unit", "channel", "service"]},
        **more,
    }
    return Source.model_validate_json(json.dumps(given))


SOURCES = {"s/a": source()}


def visits(*rows: dict[str, Any]) -> Any:
    return table_of("contacts", [{"client_id": CLIENT, "unit": "north", "time": "2024-03-01", **row} for row in rows])


def counted(frame: Any, declared: dict[str, Source] | None = None, table: str = "contacts") -> TableCounts:
    counts = TableCounts(TABLES[table], SOURCES if declared is None else declared)
    add_first_months(counts, frame)
    add_rows(counts, frame)
    return counts


def line_of(counts: TableCounts, field: str) -> dict[str, Any]:
    register = Register("s/a", counts, counts.declared.get("s/a"), UNTIL)
    return next(line for line in described(register)["fields"] if line["field"] == field)


def month_series(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=float)


# What a cell says


@covers("001-G4")
@pytest.mark.parametrize(
    "column,        values,                          expected",
    [
        ("urgency",    ["urgent", "unknown"],        [State.KNOWN, State.CANNOT_TELL]),
        ("channel",    ["phone", "other"],           [State.KNOWN, State.OTHER]),
        ("reason",     ["A", None],                  [State.KNOWN, State.MISSING]),
    ],
)  # fmt: skip
def test_cannot_tell_is_neither_empty_nor_an_answer(column: str, values: list[Any], expected: list[State]) -> None:
    frame = visits(*({column: value} for value in values))
    assert states(TABLES["contacts"].by_name[column], frame[column]).tolist() == expected


def test_a_coded_no_is_an_answer() -> None:
    column = TABLES["residents"].by_name["non_disclosure"]
    frame = table_of("residents", [{"client_id": CLIENT, "non_disclosure": False}])
    assert states(column, frame["non_disclosure"]).tolist() == [State.KNOWN]
    zero = table_of(
        "contacts",
        [{"client_id": CLIENT, "time": "2024-01-01", "minutes": 0}, {"client_id": CLIENT, "time": "2024-01-01"}],
    )
    assert states(TABLES["contacts"].by_name["minutes"], zero["minutes"]).tolist() == [State.KNOWN, State.MISSING]


def test_dates_that_have_not_happened_are_not_missing() -> None:
    checked = {column.name for column in checked_columns(TABLES["episodes"])}
    assert "intensity" in checked
    assert not checked & {"end", "end_recorded_at", "client_id", "source", "recorded_at", "superseded_at"}


# Shares


@covers("000-80", "001-G5")
def test_the_shares_of_a_field_are_those_counted_by_hand() -> None:
    line = field_line(np.array([60, 20, 15, 5]), "channel", coded=True)
    assert line["completeness"] == (60 + 20) / 100
    assert line["cannot_tell_share"] == 15 / 100
    assert line["missing_share"] == 5 / 100
    assert line["structured"] == 60 / (60 + 20)
    assert not line["never_filled"]


def test_a_field_never_filled_is_told_apart_from_an_empty_one() -> None:
    assert field_line(np.array([0, 0, 0, 80]), "reason", coded=True)["never_filled"]
    assert field_line(np.array([0, 0, 80, 0]), "urgency", coded=True)["cannot_tell_share"] == 1.0


@pytest.mark.parametrize(
    "part, whole, shown",
    [
        (50, 100, 0.5),
        (0, 100, 0.0),
        (100, 100, 1.0),
        (3, 100, None),  # three rows
        (97, 100, None),  # all but three
        (3, 2000, 0.0),  # so many rows that a whole per cent tells nothing
        (1996, 2000, 1.0),
        (0, 0, None),
    ],
)
def test_a_share_gives_no_small_count_away(part: int, whole: int, shown: float | None) -> None:
    assert shown_share(part, whole) == shown


def test_hidden_counts_cannot_be_found_by_subtraction() -> None:
    line = field_line(np.array([90, 7, 0, 3]), "channel", coded=True)
    assert line["missing"] is None
    assert line["other"] is None  # else 100 - 90 - 7 would tell
    assert np.isnan(shown_shares(np.array([2, 0]), np.array([30, 0]))).all()


def test_only_catalogued_fields_are_judged_and_the_others_are_named() -> None:
    counts = counted(visits(*({"reason": "A"} for _ in range(10))))
    told = described(Register("s/a", counts, SOURCES["s/a"], UNTIL))
    assert "professional_id" in told["not_delivered"]
    assert "professional_id" not in {line["field"] for line in told["fields"]}


# Units


@covers("001-G4")
def test_the_emptiest_unit_stands_first_and_units_are_not_mixed() -> None:
    north = [{"unit": "north", "reason": "A" if number < 90 else None} for number in range(100)]
    south = [{"unit": "south", "reason": "A" if number < 30 else None} for number in range(100)]
    few = [{"unit": "few", "reason": None if number else "A"} for number in range(8)]
    summary = summary_of(visits(*north, *south, *few))
    found = [(line["unit"], line["completeness"]) for line in summary["worst"] if line["field"] == "reason"]
    assert found == [("south", 0.3), ("north", 0.9)]  # eight rows are too few to be compared
    assert {"source": "s/a", "table": "contacts", "field": "minutes", "units": ["north", "south"]} in (
        summary["never_filled"]
    )


def test_a_table_without_units_is_told_by_organisation() -> None:
    frame = table_of("diagnoses", [{"client_id": CLIENT, "time": "2024-01-01", "code": "A", "legacy_org": "old_town"}])
    assert {place for place, _ in counted(frame, {}, "diagnoses").cells} == {Place("s/a", "old_town")}


# Timeliness


@covers("002-D1")
def test_delays_are_counted_in_days_begun_and_late_is_later_than_declared() -> None:
    recorded = ["2024-03-01", "2024-03-01T08:00", "2024-03-04", "2024-03-04T00:00:01"] + ["2024-03-21"] * 6
    counts = counted(visits(*({"recorded_at": time} for time in recorded)))
    timely = described(Register("s/a", counts, SOURCES["s/a"], UNTIL))["timeliness"]
    delays = counts.delays[Place("s/a", "north")]
    assert delays[[0, 1, 3, 4, 20]].tolist() == [1, 1, 1, 1, 6]  # three days to the second is not late
    assert (timely["median_days"], timely["p90_days"], timely["late"]) == (20, 20, None)  # three rows in time: hidden
    many = counted(visits(*({"recorded_at": time} for time in recorded * 10)))
    assert described(Register("s/a", many, SOURCES["s/a"], UNTIL))["timeliness"]["late"] == 70 / 100


def test_events_before_the_coverage_are_a_first_load_and_not_late() -> None:
    old = [{"time": "1999-05-01", "recorded_at": "2022-01-10"} for _ in range(20)]
    new = [{"time": "2022-02-01", "recorded_at": "2022-02-02"} for _ in range(20)]
    timely = described(Register("s/a", counted(visits(*old, *new)), SOURCES["s/a"], UNTIL))["timeliness"]
    assert (timely["rows"], timely["loaded_before"], timely["p90_days"], timely["late"]) == (20, 20, 1, 0.0)


def test_a_source_that_declares_nothing_is_never_called_late() -> None:
    counts = counted(visits({"time": "2024-01-01"}, *({"recorded_at": "2024-09-01"} for _ in range(20))), {})
    timely = described(Register("s/a", counts, None, UNTIL))["timeliness"]
    assert timely["late"] is None
    assert timely["median_days"] == 184


# Changes of practice


@covers("001-G4")
@pytest.mark.parametrize(
    "values,                                   places",
    [
        ([0.9] * 12 + [0.6] * 12,              [12]),
        ([0.9] * 12 + [0.6] * 9 + [0.9] * 12,  [12, 21]),
        ([0.9] * 24,                           []),
        ([0.9, 0.85] * 12,                     []),            # noise
        (list(np.linspace(0.9, 0.5, 48)),      []),            # a steady slope is no step
        ([0.9] * 12 + [0.1] + [0.9] * 12,      []),            # one odd month
        ([0.9] * 12 + [0.82] * 12,             []),            # sure, but too small to matter
        ([0.9] * 4 + [0.5] * 20,               []),            # fewer months before it than are needed
        ([0.9] * 6 + [np.nan] + [0.5] * 5,     []),            # an unknown month hides it
    ],
)  # fmt: skip
def test_a_step_in_a_share_is_found_in_its_month(values: list[float], places: list[int]) -> None:
    assert [change.place for change in share_changes(month_series(values))] == places


def test_the_test_figure_is_the_one_in_the_text() -> None:
    before, after = [0.80, 0.82, 0.78, 0.81, 0.79, 0.80], [0.50, 0.52, 0.48, 0.51, 0.49, 0.50]
    (change,) = share_changes(month_series(before + after))
    pooled = np.sqrt((np.var(before, ddof=1) + np.var(after, ddof=1)) / 2)
    assert change.t == pytest.approx((0.80 - 0.50) / (pooled * np.sqrt(1 / HALF + 1 / HALF)))
    assert (change.before, change.after) == (pytest.approx(0.80), pytest.approx(0.50))


def test_a_volume_is_judged_by_ratio() -> None:
    assert [one.place for one in volume_changes(month_series([100, 104, 98] * 4 + [150, 148, 152] * 4))] == [12]
    assert volume_changes(month_series([100, 104, 98] * 4 + [112, 110, 114] * 4)) == ()


def monthly_visits(first: str, months: int, change: int, **changed: Any) -> list[dict[str, Any]]:
    """Twenty visits a month; from month `change` on with other values."""
    rows = []
    for month in range(months):
        day = f"{np.datetime64(first, 'M') + month}-05"
        rows += [{"time": day, "recorded_at": day, "reason": "A", **(changed if month >= change else {})}] * 20
    return rows


@covers("002-D1")
@pytest.mark.parametrize("broken, declared", [("2023-01-01", True), ("2023-02-20", True), ("2023-09-01", False)])
def test_a_change_is_marked_as_declared_when_a_source_break_is_near(broken: str, declared: bool) -> None:
    what = {"fi": "Uusi järjestelmä.", "sv": "Nytt system.", "en": "New system."}
    breaks = [{"date": broken, "kind": "system_change", "comparable": True, "what": what}]
    summary = summary_of(visits(*monthly_visits("2022-01", 30, 12, reason=None)), {"s/a": source(source_breaks=breaks)})
    (change,) = [one for one in summary["changes"] if one["field"] == "reason"]
    assert (change["month"], change["what"], change["before"], change["after"]) == ("2023-01", "completeness", 1, 0)
    assert (change["declared"] is not None) is declared
    html = render(summary)
    assert ("ei ilmoitettu" in html) is not declared
    assert 'class="ring"' in html


def test_a_code_that_takes_over_is_a_change_of_practice() -> None:
    rows = monthly_visits("2022-01", 30, 12, channel="phone")
    found = {one["what"] for one in summary_of(visits(*rows))["changes"] if one["field"] == "channel"}
    assert found == {"phone", "in_person"}


# Deliveries, families, the page and the command


def report(reasons: dict[str, int], rows: int = 1000) -> FileReport:
    accepted = rows - sum(reasons.values())
    return FileReport("s/a", "contacts", "a.csv", "0" * 64, "0" * 64, rows, accepted, 0, accepted, reasons)


def test_quarantine_is_told_by_reason_over_all_deliveries() -> None:
    batches = [
        Batch("1", (report({"unknown_code": 10, "duplicate": 20}),)),
        Batch("2", (report({"unknown_code": 30}),)),
    ]
    told = delivered(batches)[("s/a", "contacts")]
    assert told["rows"] == (1000 + 1000)
    assert told["reasons"] == {"unknown_code": (10 + 30), "duplicate": 20}
    assert told["unknown_codes"] == (10 + 30) / 2000
    assert delivered([Batch("1", (report({"bad_identifier": 2}),))])[("s/a", "contacts")]["quarantined"] is None


def summary_of(frame: Any, declared: dict[str, Source] | None = None, off: dict[str, float] | None = None) -> Any:
    sources = SOURCES if declared is None else declared
    reasons = family("reasons", "contacts", "count", windows=[90], filter={"reason": "A"}, minimum_completeness=0.5)
    material = Material(
        snapshot_sha256="c0ffee" + "0" * 58,
        data_until=UNTIL,
        counts={"contacts": counted(frame, sources)},
        batches=(Batch("1", (report({"unknown_code": 10}),)),),
        sources=SourceCatalogue(sources=sources),
        catalogue=catalogue_of(reasons),
        vocabulary=Vocabulary({}, UNTIL, off) if off is not None else None,
    )
    return summarise(material, Limits(worst=40, smallest_rows=50))


def test_switched_off_families_are_told_with_what_was_found() -> None:
    rows = visits(*monthly_visits("2022-01", 13, 99))
    assert summary_of(rows)["families"]["history"] is False
    (line,) = summary_of(rows, off={"reasons": 0.31})["families"]["lines"]
    assert (line["off"], line["completeness"], line["minimum"]) == (True, 0.31, 0.5)
    assert "31,0 %" in render(summary_of(rows, off={"reasons": 0.31}))


def test_the_page_holds_no_client_no_script_and_a_table_beside_each_chart() -> None:
    rows = [
        {**row, "reason": "A" if number % 3 else None} for number, row in enumerate(monthly_visits("2022-01", 30, 99))
    ]
    summary = summary_of(visits(*rows))
    html = render(summary)
    assert CLIENT not in html + json.dumps(summary)
    assert "<script" not in html
    assert "http" not in html
    assert html.count("<svg") == 2
    assert html.count("<details><summary>Luvut taulukkona") == 1
    assert html == render(summary)
    json.dumps(summary, allow_nan=False)


@pytest.fixture
def store(var: Path) -> Workspace:
    rows = monthly_visits("2022-01", 30, 12, reason=None)
    clients = ["0000000a" + "0" * 24, "0000000b" + "0" * 24]
    frame = visits(*({**row, "client_id": clients[number % 2]} for number, row in enumerate(rows)))
    store_of(var / "store", {"contacts": frame})
    return Workspace.of("var")


def test_buckets_add_up_to_the_whole(store: Workspace) -> None:
    from features.store import open_snapshot

    counts = count_store(open_snapshot(store.store), SOURCES)["contacts"]
    assert counts.cells[(Place("s/a", "north"), "reason")].tolist() == [12 * 20, 0, 0, 18 * 20]
    first = int((np.datetime64("2022-01", "M") - ORIGIN).astype(int))
    assert counts.monthly[("s/a", "reason")][first : first + 30].sum(axis=1).tolist() == [20] * 30


@covers("001-H10")
def test_the_command_publishes_and_evaluate_takes_the_report_along(
    store: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text(yaml.safe_dump({"sources": {"s/a": SOURCES["s/a"].model_dump(mode="json", by_alias=True)}}))
    config = tmp_path / "quality.yaml"
    values = {"var": "var", "sources": str(catalogue), "catalogue": "configs/features.yaml"}
    config.write_text(yaml.safe_dump(values))
    assert main(["--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "1 that no source break declares" in said
    assert "reason completeness in 2023-01: 1 to 0" in said
    folder = next(store.published.iterdir())
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(first) == {"quality.html", "quality.json"}
    assert main(["--config", str(config)]) == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first
    take_along(folder, tmp_path)
    assert (tmp_path / "quality.html").read_bytes() == first["quality.html"]
    assert published_folder(store, folder.name + "0" * 52) == folder


def test_an_empty_store_is_one_sentence(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 3
    assert "The store store/ is empty" in capsys.readouterr().err


def test_the_history_of_another_catalogue_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    write_meta(tmp_path / "one", {"snapshot_sha256": "s", "catalogue_sha256": "c", "vocabulary": "{}"})
    assert newest_meta(tmp_path, "s", "c") is not None
    assert newest_meta(tmp_path, "s", "other") is None
    assert newest_meta(tmp_path / "nothing", "s", "c") is None
