"""One source of truth: pandera schemas and SQL rules, both made from the tables, judge a row alike."""

from pathlib import Path

import pandas as pd
import pandera.errors
import pytest

from configs.errors import ConfigError
from configs.loader import read_yaml
from features.schema.frames import DTYPES, schema_of
from features.schema.rules import rules_of
from features.schema.scales import load_scales
from features.sources.engine import Engine, quoted
from features.sources.expressions import SQL_TYPES
from features.tables import TABLES
from tests.plans import covers

GOOD: dict[str, dict[str, object]] = {
    name: {
        column.name: {
            "text": column.allowed[0] if column.allowed else "x",
            "integer": 1950.0,
            "number": 1.0,
            "time": pd.Timestamp("2024-01-01"),
            "flag": False,
        }[column.kind]
        for column in table.columns
    }
    for name, table in TABLES.items()
}


def wrong_values() -> list[tuple[str, str, object]]:
    """Every way in which one cell of one table can break the contract."""
    found: list[tuple[str, str, object]] = []
    for table in TABLES.values():
        for column in table.columns:
            if column.name in ("source", "legacy_org"):
                continue
            if not column.nullable and column.kind != "flag":
                found.append((table.name, column.name, None))
            if column.allowed:
                found.append((table.name, column.name, "nonsense"))
            if column.low is not None:
                found.append((table.name, column.name, column.low - 1))
            if column.high is not None:
                found.append((table.name, column.name, column.high + 1))
    return found


def frame(table: str, changed: dict[str, object]) -> pd.DataFrame:
    row = {**GOOD[table], **changed}
    kinds = {column.name: DTYPES.get(column.kind, "object") for column in TABLES[table].columns}
    return pd.DataFrame({name: pd.Series([value], dtype=kinds[name]) for name, value in row.items()})


def sql_reasons(engine: Engine, table: str, changed: dict[str, object]) -> set[str]:
    engine.register("given", frame(table, changed))
    cells = ", ".join(f"{quoted(c.name)}::{SQL_TYPES[c.kind]} AS {quoted(c.name)}" for c in TABLES[table].columns)
    tests = ", ".join(f"coalesce({rule.broken}, false)" for rule in rules_of(TABLES[table]))
    (broken,) = engine.run(f"SELECT {tests} FROM (SELECT {cells} FROM given)")
    engine.unregister("given")
    return {rule.column for rule, is_broken in zip(rules_of(TABLES[table]), broken, strict=True) if is_broken}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("scratch"), 1, 200)


@pytest.mark.parametrize("table", TABLES)
def test_a_good_row_passes_both(table: str, engine: Engine) -> None:
    schema_of(table).validate(frame(table, {}))
    assert sql_reasons(engine, table, {}) == set()


@covers("002-D5")
def test_a_wrong_cell_fails_both(engine: Engine) -> None:
    cases = wrong_values()
    assert len(cases) > 100
    for table, column, value in cases:
        with pytest.raises(pandera.errors.SchemaError):
            schema_of(table).validate(frame(table, {column: value}))
        assert column in sql_reasons(engine, table, {column: value}), (table, column, value)


@pytest.mark.parametrize(
    "table,      changed,                                                    column",
    [
        ("episodes", {"end": "2023-12-31"}, "end"),
        ("requests", {"ended_at": "2023-12-31"}, "ended_at"),
        ("contacts", {"recorded_at": "2023-12-31"}, "time"),
        ("requests", {"ended_at": "2024-03-01", "ended_recorded_at": "2024-02-01"}, "ended_at"),
    ],
)
def test_dates_in_an_impossible_order_are_found(
    table: str, changed: dict[str, str], column: str, engine: Engine
) -> None:
    times = {name: pd.Timestamp(value) for name, value in changed.items()}
    assert sql_reasons(engine, table, times) == {column}


def test_a_planned_date_may_lie_ahead(engine: Engine) -> None:
    assert sql_reasons(engine, "plans", {"valid_to": pd.Timestamp("2030-01-01")}) == set()
    planned = {"status": "planned", "time": pd.Timestamp("2030-01-01")}
    assert sql_reasons(engine, "contacts", planned) == set()


@covers("001-F2")
@pytest.mark.parametrize(
    "instrument,    scale,   value, broken",
    [
        ("RAI-HC",      "CPS",   6,     False),
        ("RAI-HC",      "CPS",   7,     True),
        ("RAI-HC",      "MAPLe", 0,     True),  # MAPLe begins from 1
        ("RAI-HC",      "IADL",  48,    False),
        ("measurement", "bmi",   250,   True),  # kilograms in the place of an index
        ("measurement", "ldl",   0.05,  True),
        ("RAI-HC",      "own",   900,   False),  # a scale without a range
        ("other",       "CPS",   900,   False),
    ],
)  # fmt: skip
def test_a_value_outside_its_scale_is_quarantined(
    engine: Engine, instrument: str, scale: str, value: float, broken: bool
) -> None:
    found = sql_reasons(engine, "assessments", {"instrument": instrument, "scale": scale, "value": value})
    assert found == ({"value"} if broken else set())


def test_a_range_that_is_upside_down_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scales.yaml"
    file.write_text("RAI-HC: {CPS: {low: 6, high: 0}}", encoding="utf-8")
    with pytest.raises(ConfigError, match="`low` must be less than `high`"):
        load_scales(str(file))


@covers("000-19", "002-D4")
def test_both_rai_set_ups_of_the_demo_come_to_the_same_scales_and_each_has_a_range() -> None:
    coded = [read_yaml(f"configs/sources/demo/arviot_{one}.yaml")["columns"]["scale"]["codes"] for one in "ab"]
    assert set(coded[0].values()) == set(coded[1].values())
    assert set(coded[0]) & set(coded[1]) == set()  # the systems name nothing alike
    assert set(coded[0].values()) <= {scale for scales in load_scales().values() for scale in scales}
