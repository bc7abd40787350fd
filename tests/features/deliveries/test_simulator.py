"""The simulated county: same seed, same bytes; every row follows its rules; faults are counted; truth is apart."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from configs.workspace import Workspace
from features.simulator.__main__ import main
from features.simulator.county import Simulated, simulate
from features.simulator.delivery.deliver import deliver, load_mappings, prepare_folder
from features.simulator.delivery.write import outside_the_missing_hour
from features.simulator.load import load_county
from features.simulator.settings import County
from features.sources.mapping import SourceMapping
from tests.plans import covers

TINY = "configs/county/tiny.yaml"


@pytest.fixture(scope="module")
def county() -> County:
    return load_county(TINY).model_copy(update={"residents": 300})


@pytest.fixture(scope="module")
def made(county: County) -> Simulated:
    return simulate(county)


@pytest.fixture(scope="module")
def mappings(county: County) -> dict[str, SourceMapping]:
    return load_mappings(county.sources)


@pytest.fixture(scope="module")
def delivered(
    made: Simulated, mappings: dict[str, SourceMapping], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("var"))
    deliver(made, mappings, workspace)
    return workspace


def read(workspace: Workspace, mapping: SourceMapping) -> list[list[str]]:
    """Cells of a delivered file, header first."""
    text = (workspace.root / mapping.files).read_text(encoding=mapping.format.encoding)
    return [line.split(mapping.format.separator) for line in text.splitlines()]


def hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_same_seed_gives_the_same_bytes_and_another_seed_others(
    county: County, mappings: dict[str, SourceMapping], delivered: Workspace, tmp_path: Path
) -> None:
    again, other = Workspace(tmp_path / "again"), Workspace(tmp_path / "other")
    deliver(simulate(county), mappings, again)
    assert hashes(again.extracts) == hashes(delivered.extracts)
    assert hashes(again.truth) == hashes(delivered.truth)
    deliver(simulate(county.model_copy(update={"seed": county.seed + 1})), mappings, other)
    assert hashes(other.extracts)["kotihoito_a.csv"] != hashes(delivered.extracts)["kotihoito_a.csv"]


def test_every_table_but_decisions_is_delivered(mappings: dict[str, SourceMapping]) -> None:
    assert {mapping.table for mapping in mappings.values()} == {
        "residents", "contacts", "episodes", "assessments", "requests", "plans", "diagnoses", "segment_records",
        "relations", "capacity", "appointment_slots", "population",
    }  # fmt: skip


def test_the_marker_says_what_the_file_holds(delivered: Workspace, mappings: dict[str, SourceMapping]) -> None:
    for mapping in mappings.values():
        file = delivered.root / mapping.files
        marker = json.loads(file.with_name(f"{file.name}.complete").read_text())
        assert marker["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert marker["rows"] == len(read(delivered, mapping)) - 1
        assert marker["covers_until"] == "2024-12-31"


def test_planted_faults_are_counted_and_the_good_rows_all_stay(
    delivered: Workspace, made: Simulated, mappings: dict[str, SourceMapping]
) -> None:
    faults = json.loads((delivered.truth / "planted_faults.json").read_text())
    rows = read(delivered, mappings["kotihoito_a"])
    good = int((made.registers["kotihoito"]["instance"] == 0).sum())
    assert len(rows) - 1 == good + sum(faults["kotihoito_a.csv"].values())
    short = sum(len(cells) < len(rows[0]) for cells in rows)
    negative = sum(cells[rows[0].index("kesto_min")] == "-15" for cells in rows if len(cells) == len(rows[0]))
    future = sum("2040" in cells[1] for cells in rows)
    kinds = faults["kotihoito_a.csv"]
    assert (kinds["too_few_fields"], kinds["negative_minutes"], kinds["future_date"]) == (short, negative, future)
    assert kinds["wrong_check_character"] > 0


@covers("000-78")
def test_the_two_instances_write_differently(delivered: Workspace, mappings: dict[str, SourceMapping]) -> None:
    a, b = read(delivered, mappings["avohilmo_a"])[1], read(delivered, mappings["avohilmo_b"])[1]
    assert (a[1][4], b[1][2]) == ("-", ".")  # 2021-01-01 … and 01.01.2021 …
    assert mappings["avohilmo_a"].format != mappings["avohilmo_b"].format
    professions = {cells[6] for cells in read(delivered, mappings["avohilmo_b"])[1:] if len(cells) > 6}
    assert "lääkäri" in professions  # instance b is not ASCII: its encoding matters


@pytest.mark.parametrize(
    "register,        key",
    [
        ("avohilmo", ["person", "time", "service", "channel"]),
        ("sosiaali", ["person", "time", "service", "channel"]),
        ("kotihoito", ["person", "time", "service", "channel"]),
        ("jaksot", ["person", "start", "kind"]),
        ("arviot", ["person", "time", "instrument", "scale"]),
        ("pyynnot", ["request_id"]),
        ("suunnitelmat", ["person", "valid_from", "kind"]),
        ("diagnoosit", ["person", "time", "code"]),
        ("segmentoinnit", ["person", "time"]),
        ("omatyontekijat", ["person", "other_id", "role", "valid_from"]),
        ("hoitosuhteet", ["person", "other_id", "valid_from"]),
        ("omaishoitajat", ["person", "other_id", "role", "valid_from"]),
        ("ajanvaraus", ["slot_id"]),
        ("vaesto", ["municipality", "age_band", "sex", "year"]),
        ("asukkaat", ["person"]),
    ],
)
def test_no_good_row_repeats_a_key(made: Simulated, register: str, key: list[str]) -> None:
    frame = made.registers[register]
    assert len(frame) > 0
    assert not frame.duplicated(key).any()


def test_nothing_is_recorded_before_it_happened_or_after_the_extract(made: Simulated) -> None:
    end = np.datetime64("2025-01-01", "s")
    for name in ("avohilmo", "sosiaali", "kotihoito", "arviot", "diagnoosit", "segmentoinnit"):
        frame = made.registers[name]
        assert (frame["recorded_at"] > frame["time"]).all()
        assert (frame["recorded_at"] < end).all()
    for name, date in (("jaksot", "end"), ("suunnitelmat", "valid_to")):
        frame = made.registers[name]
        clock = frame[f"{date}_recorded_at"]
        assert (frame[date].isna() == clock.isna()).all()
        assert (clock.dropna() < end).all()
        assert frame[date].isna().any()
        assert frame[date].notna().any()


def test_a_late_joiner_has_no_contact_before_its_history_starts(made: Simulated) -> None:
    late = made.people.history_day > made.months.data_day
    assert late.any()
    for name in ("avohilmo", "sosiaali", "kotihoito", "arviot"):
        frame = made.registers[name]
        joined = frame[late[frame["person"].to_numpy()]]
        assert (joined["time"] >= np.datetime64("2023-01-01", "s")).all()


def test_the_dead_have_no_contacts(made: Simulated) -> None:
    frame = made.registers["kotihoito"]
    death = made.months.origin + made.world.death_day[frame["person"].to_numpy()]
    assert (made.world.death_day < made.months.days).any()
    assert (frame["time"].to_numpy() < death).all()


def test_digitally_excluded_clients_have_no_digital_contact(made: Simulated) -> None:
    frame = pd.concat([made.registers["avohilmo"], made.registers["sosiaali"]])
    digital = frame[frame["channel"].isin(["digital", "chat", "video"])]
    assert len(digital) > 0
    assert not made.people.digitally_excluded[digital["person"].to_numpy()].any()


def test_home_care_rests_on_weekends_and_holidays(made: Simulated) -> None:
    visits = made.registers["kotihoito"]["time"].dt.normalize().value_counts()
    weekday = visits.index.dayofweek
    assert visits[weekday >= 5].mean() < 0.95 * visits[weekday < 5].mean()


def test_heavier_levels_follow_from_need(made: Simulated) -> None:
    world, half = made.world, made.months.count // 2
    need = [world.care_need[half:][world.level[half:] == level].mean() for level in range(4)]
    assert need == sorted(need)


def test_true_drivers_are_at_least_thirty_families(delivered: Workspace) -> None:
    drivers = json.loads((delivered.truth / "drivers.json").read_text())
    assert len({one["family"] for target in drivers.values() for one in target}) >= 30
    assert {one["direction"] for one in drivers["resources"]} == {"raises", "lowers"}


def test_recorded_segmentations_follow_the_truth_but_not_always(made: Simulated) -> None:
    records = made.registers["segmentoinnit"]
    month = made.months.month_of((records["time"].to_numpy().astype("datetime64[D]") - made.months.origin).astype(int))
    high = made.truth.complexity_high[month, records["person"].to_numpy()]
    agrees = (records["axis1_level"] == "high").to_numpy() == high
    assert 0.7 < agrees[records["axis1_level"].notna()].mean() < 0.99


def test_extracts_that_no_simulator_made_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("a;b\n")
    with pytest.raises(DataError, match="not simulated"):
        prepare_folder(tmp_path)
    assert (tmp_path / "real.csv").read_text() == "a;b\n"


def test_a_wrong_setting_ends_the_command_with_its_name(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(f"based_on: {Path(TINY).resolve()}\nresidentz: 5\n")
    assert main(["--config", str(broken)]) == ConfigError.exit_code
    assert "Did you mean `residents`?" in capsys.readouterr().err
    assert not (var / "extracts").exists()


def test_the_command_prints_files_and_rows(var: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    small = tmp_path / "small.yaml"
    small.write_text(f"based_on: {Path(TINY).resolve()}\nresidents: 60\n")
    assert main(["--config", str(small)]) == 0
    out = capsys.readouterr().out
    marker = json.loads((var / "extracts" / "kotihoito_a.csv.complete").read_text())
    line = next(line for line in out.splitlines() if line.startswith("kotihoito_a.csv"))
    assert line.split()[1] == str(marker["rows"])
    assert (var / "truth" / "monthly.parquet").is_file()


@pytest.mark.parametrize(
    "time,                  written",
    [
        ("2021-03-28T02:59:59", "2021-03-28T02:59:59"),
        ("2021-03-28T03:00:00", "2021-03-28T04:00:00"),  # the clock goes from 3 to 4
        ("2021-03-28T03:59:59", "2021-03-28T04:00:00"),
        ("2021-03-21T03:30:00", "2021-03-21T03:30:00"),  # a Sunday, not the last one
        ("2021-03-29T03:30:00", "2021-03-29T03:30:00"),
        ("2021-10-31T03:30:00", "2021-10-31T03:30:00"),  # twice that day, but it exists
    ],
)
def test_no_time_lies_in_the_hour_that_summer_time_skips(time: str, written: str) -> None:
    found = outside_the_missing_hour(np.array([time], "datetime64[s]"))
    assert found.astype(str).tolist() == [written]
