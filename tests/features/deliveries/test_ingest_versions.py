"""The same row delivered again: copies, corrections with lineage, and what each became known."""

from pathlib import Path

import pandas as pd
import pytest

from tests.features.deliveries.extracts import ANNA, BERTTA, Extracts, county, report_of

FIRST = f"{ANNA};2024-03-01 10:00:00;2024-03-02;T1;A01;10"
NEXT = f"{BERTTA};2023-03-01 10:00:00;2023-03-02;T1;A01;10"


@pytest.fixture
def extracts(var: Path) -> Extracts:
    return county(var)


def history(extracts: Extracts) -> list[tuple[float, str, str | None]]:
    """Every version of Anna's contact: minutes, known from, known until."""
    rows = extracts.read()
    rows = rows[rows.time == "2024-03-01 10:00:00"].sort_values("recorded_at")
    return [
        (
            row.minutes,
            row.recorded_at.date().isoformat(),
            None if pd.isna(closed := row.superseded_at) else str(closed.date()),
        )
        for row in rows.itertuples()
    ]


def corrected(minutes: int, recorded: str = "2024-03-02") -> str:
    return FIRST.replace(";10", f";{minutes}").replace("2024-03-02", recorded)


def test_I18_a_correction_with_a_later_clock_closes_the_earlier_version(extracts: Extracts) -> None:
    extracts.contacts(FIRST, NEXT, corrected(20, "2024-03-09"))
    assert report_of(extracts.ingest()).quarantined == {}
    assert history(extracts) == [(10, "2024-03-02", "2024-03-09"), (20, "2024-03-09", None)]


def test_I18_a_corrected_redelivery_supersedes_and_keeps_the_old(extracts: Extracts) -> None:
    extracts.contacts(FIRST, NEXT, name="contacts_1.csv", until="2024-03-31")
    extracts.ingest()
    extracts.contacts(corrected(20, "2024-04-09"), NEXT, name="contacts_2.csv", until="2024-04-30")
    assert report_of(extracts.ingest(), "contacts_2.csv").quarantined == {"duplicate": 1}
    assert history(extracts) == [(10, "2024-03-02", "2024-04-09"), (20, "2024-04-09", None)]
    assert len(extracts.read()) == (2 + 1)


def test_I18_a_correction_without_a_clock_of_its_own_is_known_from_its_delivery(extracts: Extracts) -> None:
    extracts.contacts(FIRST, name="contacts_1.csv", until="2024-03-31")
    extracts.ingest()
    extracts.contacts(corrected(20), name="contacts_2.csv", until="2024-04-30")
    extracts.ingest()
    extracts.contacts(corrected(20), NEXT, name="contacts_3.csv", until="2024-05-31")
    assert report_of(extracts.ingest(), "contacts_3.csv").quarantined == {"duplicate": 1}
    extracts.contacts(corrected(30), name="contacts_4.csv", until="2024-06-30")
    extracts.ingest()
    assert history(extracts) == [
        (10, "2024-03-02", "2024-05-01"),
        (20, "2024-05-01", "2024-07-01"),
        (30, "2024-07-01", None),
    ]


def test_deliveries_read_in_one_run_give_the_same_versions_as_one_after_the_other(extracts: Extracts) -> None:
    extracts.contacts(FIRST, name="contacts_1.csv", until="2024-03-31")
    extracts.contacts(corrected(20), name="contacts_2.csv", until="2024-04-30")
    extracts.ingest()
    assert history(extracts) == [(10, "2024-03-02", "2024-05-01"), (20, "2024-05-01", None)]


def test_a_value_that_comes_back_is_a_version_of_its_own(extracts: Extracts) -> None:
    extracts.contacts(FIRST, corrected(20, "2024-03-09"), corrected(10, "2024-03-16"))
    extracts.ingest()
    assert [minutes for minutes, _, _ in history(extracts)] == [10, 20, 10]


def test_a_grown_delivery_adds_only_what_is_new(extracts: Extracts) -> None:
    extracts.contacts(FIRST, name="contacts_1.csv", until="2024-03-31")
    extracts.ingest()
    extracts.contacts(FIRST, NEXT, name="contacts_2.csv", until="2024-04-30")
    report = report_of(extracts.ingest(), "contacts_2.csv")
    assert (report.accepted, report.quarantined) == (1, {"duplicate": 1})
    assert len(extracts.read()) == 2
    assert extracts.snapshot().data_until.isoformat() == "2024-12-31"  # the residents' delivery covers most


def test_the_earlier_snapshot_stays_for_replay(extracts: Extracts) -> None:
    extracts.contacts(FIRST, name="contacts_1.csv")
    first = extracts.ingest()
    before = {file.name for file in (extracts.store / "data" / "contacts").iterdir()}
    extracts.contacts(corrected(20, "2024-04-09"), name="contacts_2.csv")
    extracts.ingest()
    assert (extracts.store / "manifests" / f"{first.sha256}.json").exists()
    assert before < {file.name for file in (extracts.store / "data" / "contacts").iterdir()}
