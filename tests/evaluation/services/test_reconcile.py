"""Two stores side by side: one lacks a source, one holds more, one judges less; each difference has its reason."""

import json
from typing import Any

import pytest

from evaluation.indicators import __main__ as indicators
from evaluation.reconcile.__main__ import as_csv, compare
from evaluation.reconcile.matching import REASONS, reconciled
from evaluation.reconcile.settings import ReconcileConfig
from tests.evaluation.services.indicator_rows import drawn_table, whole
from tests.features.histories_data import empty_tables, store_of
from tests.plans import covers

NAME = {"fi": "x", "sv": "x", "en": "x"}
CHOSEN = ("remote_contact_share", "home_care_light_share", "contacts_and_visits")
CONFIG = ReconcileConfig.model_validate_json(
    json.dumps(
        {
            "indicators": "configs/indicators.yaml",
            "old": {"name": NAME, "var": "var"},
            "new": {"name": NAME, "var": "var"},
        }
    )
)
CLIENTS = [f"{n:032x}" for n in range(20)]


def tables(remote: int, clients: int = 20, care: bool = True) -> dict[str, Any]:
    """So many of the clients had a remote contact; half are light home-care clients."""
    people = [{"client_id": one} for one in CLIENTS]
    seen = [
        {"client_id": one, "time": "2024-08-01", "channel": "chat" if n < remote else "phone"}
        for n, one in enumerate(CLIENTS[:clients])
    ]
    seen += [{"client_id": one, "time": "2024-11-05", "channel": "phone"} for one in CLIENTS]
    light = [
        {"client_id": one, "start": "2024-10-01", "intensity": "light" if n % 2 else "regular"}
        for n, one in enumerate(CLIENTS)
    ]
    drawn = {"residents": people, "contacts": seen, **({"episodes": light} if care else {})}
    return {**empty_tables(), **{name: drawn_table(name, rows) for name, rows in drawn.items()}}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three indicators, one period: the real definitions."""
    chosen = {id: whole().definitions[id] for id in CHOSEN}
    changes = {"definitions": chosen, "periods": 1, "repeats": 20, "side_by_side": {}}
    monkeypatch.setattr("evaluation.reconcile.__main__.load_config", lambda *_: whole().model_copy(update=changes))


def reasons(old: dict[str, Any], new: dict[str, Any], tmp_path: Any) -> dict[str, Any]:
    report = compare(store_of(tmp_path / "old", old), store_of(tmp_path / "new", new), CONFIG)
    return report | {"county": {line["id"]: line for line in report["lines"] if line["by"] == "county"}}


@covers("000-38")
def test_a_store_that_lacks_a_source_is_named_and_the_rest_is_the_same(few: None, tmp_path: Any) -> None:
    found = reasons(tables(8), tables(8, care=False), tmp_path)
    light = found["county"]["home_care_light_share"]
    assert (light["old"], light["new"], light["difference"]) == (0.5, None, None)
    assert light["reason"] == "source_missing_new"
    assert "episodes (kind = home_care_regular)" in found["missing"]["new"]["home_care_light_share"]
    assert found["missing"]["old"] == {}
    assert found["county"]["remote_contact_share"]["reason"] == "same"
    assert set(found["counts"]) <= set(REASONS)


def test_more_rows_and_other_content_are_told_apart(few: None, tmp_path: Any) -> None:
    volume = reasons(tables(8, clients=14), tables(8), tmp_path / "volume")["county"]["remote_contact_share"]
    assert (volume["old_n"], volume["new_n"], volume["reason"]) == (14, 20, "volume")
    assert volume["difference"] == pytest.approx(8 / 20 - 8 / 14)
    content = reasons(tables(6), tables(14), tmp_path / "content")["county"]["remote_contact_share"]
    assert (content["reason"], content["difference"]) == ("content", pytest.approx((14 - 6) / 20))


def test_P3_a_difference_of_one_to_four_people_is_not_told() -> None:
    def told(n: int, value: float) -> dict[str, Any]:
        line = {"id": "x", "period": "2024Q3", "by": "county", "group": "", "n": n, "value": value}
        ends = {"low": None, "high": None, "completeness": 1.0, "why": ""}
        return {
            "indicators": [{"id": "x", "version": 1, "unit": "count", "fingerprint": "f"}],
            "lines": [{**line, **ends}],
        }

    (line,) = reconciled(told(20, 20.0), told(22, 22.0), CONFIG, 5)
    assert (line["old"], line["old_n"], line["difference"], line["new"]) == (None, None, None, 22.0)
    (line,) = reconciled(told(20, 20.0), told(25, 25.0), CONFIG, 5)
    assert (line["old"], line["difference"]) == (20.0, 5.0)


@covers("002-F4")
def test_values_of_different_definitions_stand_side_by_side_and_are_not_compared(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two counties call it by one name: one counts phone calls among the remote contacts, the other does not."""
    own = {"periods": 1, "repeats": 20, "side_by_side": {}}
    one, other = (whole().definitions[f"remote_share_{way}_phone"] for way in ("without", "with"))
    counties = {
        "configs/indicators.yaml": whole().model_copy(update={**own, "definitions": {"remote_share": one}}),
        "other.yaml": whole().model_copy(update={**own, "definitions": {"remote_share": other}}),
    }
    monkeypatch.setattr("evaluation.reconcile.__main__.load_config", lambda path, _: counties[path])
    theirs = CONFIG.new.model_copy(update={"indicators": "other.yaml"})
    store = store_of(tmp_path, tables(8))
    found = compare(store, store, CONFIG.model_copy(update={"new": theirs}))
    (line,) = [line for line in found["lines"] if line["by"] == "county"]
    assert (line["old"], line["new"]) == (8 / 20, None)  # everybody had a remote contact: a share of all is not told
    assert (line["difference"], line["reason"]) == (None, "definition")
    (sentence,) = found["refused"]
    assert "made by different definitions, so their values are not compared" in sentence


def test_the_table_has_a_line_for_each_place_and_empty_cells_for_what_is_hidden() -> None:
    line = {"id": "x", "period": "2024Q3", "by": "area", "group": "901", "old": None, "new": 0.25, "difference": None}
    text = as_csv([{**line, "old_n": None, "new_n": 8, "reason": "hidden"}])
    assert text.splitlines()[1] == "x,2024Q3,area,901,,0.25,,,8,hidden"


def test_a_store_is_published_with_every_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    store_of(tmp_path / "store", tables(8))
    chosen = {id: whole().definitions[id] for id in (*CHOSEN, "t3_physician", "client_grouping")}
    pair = {"remote_share": ("remote_contact_share", "home_care_light_share")}
    config = whole().model_copy(update={"definitions": chosen, "periods": 2, "repeats": 20, "side_by_side": pair})
    folder, report = indicators.publish(config)
    assert sorted(file.suffix for file in folder.iterdir()) == [".csv", ".html", ".json", ".parquet"]
    states = {one["id"]: one["readiness"] for one in report["indicators"]}
    assert states == {
        **dict.fromkeys(CHOSEN, "computable"),
        "t3_physician": "needs",
        "client_grouping": "published",
    }
    assert report["summary"] == {"chosen": 5, "extracted": 4, "shown": 3, "extracted_share": 4 / 5}
    rows = report["side_by_side"]["remote_share"]["rows"]
    assert rows == [{"group": "", "values": [8 / 20, 0.5]}, {"group": "901", "values": [8 / 20, 0.5]}]
    html = (folder / "indicators.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert "appointment_slots (profession = physician)" in html
    assert "http" not in html
