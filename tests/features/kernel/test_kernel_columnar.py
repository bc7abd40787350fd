"""The kernel's input and its loops: plain columns, any order of rows, any number of threads, no cache folder."""

import gc
import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import features.kernel.build
import features.kernel.derived.loops
import features.kernel.derived.visits
import features.kernel.loops
from configs.loader import PROJECT_ROOT
from features.catalogue.vocabulary import Vocabulary
from features.columnar import NO_TIME, Coded, Columns, Words, days_of_seconds
from features.kernel import build_features, plan_of
from features.selection import column_matches
from features.store import ARROW_TYPES, read_columns, read_table
from features.tables import TABLES
from features.windows import NEVER
from tests.features.histories_data import catalogue_of, dates, empty_tables, family, store_of, table_of

CATALOGUE = catalogue_of(
    family("by_service", "contacts", "count", by="service", windows=[7, 30, 90]),
    family("minutes", "contacts", "sum", value="minutes", windows=[30, 365]),
    family("people", "contacts", "distinct", value="professional_id", windows=[30, 90]),
    family("months", "contacts", "distinct", value="month", windows=[90]),
    family("since", "contacts", "days_since", by="service"),
    family("longest", "contacts", "last", value="minutes"),
    family("care", "episodes", "valid_on"),
    family("sex", "residents", "is", value="sex", codes=["female"]),
)
VOCABULARY = Vocabulary({"by_service": ("gp_visit",), "since": ("gp_visit", "nurse_visit")}, date(2024, 1, 1))
CLIENTS = [f"{number:08x}" + "0" * 24 for number in range(40)]
AS_OF = dates("2024-06-01", "2024-03-01", "2024-03-02")
QUESTIONS = (np.repeat(np.array(CLIENTS, object), len(AS_OF)), np.tile(AS_OF, len(CLIENTS)))


def some_tables(seed: int) -> dict[str, pd.DataFrame]:
    """Contacts of the clients and of strangers, corrected and late ones among them, in (client, time) order."""
    random = np.random.default_rng(seed)
    people = [*CLIENTS, "ffffffff" + "0" * 24]
    contacts = []
    for number in range(1200):
        time = np.datetime64("2023-06-01T12:00:00") + np.timedelta64(int(random.integers(0, 400)), "D")
        row = {"client_id": people[number % len(people)], "time": time, "minutes": float(random.integers(0, 300)) / 3}
        row |= {"service": str(random.choice(["gp_visit", "nurse_visit", "oral_health"])), "request_id": str(number)}
        row |= {"professional_id": f"p{random.integers(0, 9)}" if random.random() < 0.9 else None}
        row["recorded_at"] = time + np.timedelta64(int(random.integers(0, 20)), "D")
        row["superseded_at"] = row["recorded_at"] + np.timedelta64(30, "D") if random.random() < 0.1 else None
        contacts.append(row)
    episodes = [{"client_id": client, "start": "2024-01-01", "end": "2024-05-01"} for client in CLIENTS[::3]]
    for episode in episodes:
        episode["end_recorded_at"] = episode["end"]
    tables = {
        "contacts": table_of("contacts", contacts),
        "residents": table_of("residents", [{"client_id": client} for client in CLIENTS]),
        "episodes": table_of("episodes", episodes),
    }
    return {name: _in_order(name, frame) for name, frame in {**empty_tables(), **tables}.items()}


def _in_order(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    order = [frame["recorded_at"], frame[TABLES[name].time], frame["client_id"].astype(str)]
    return frame.iloc[np.lexsort(order)].reset_index(drop=True)


def built(tables: Any, clients: Any = QUESTIONS[0], as_of: np.ndarray = QUESTIONS[1], **more: Any) -> np.ndarray:
    return build_features(tables, clients, as_of, CATALOGUE, VOCABULARY, **more)


def as_arrow(tables: dict[str, pd.DataFrame]) -> dict[str, Columns]:
    """The tables as the store's files give them."""
    return {name: Columns.of_arrow(_arrow(name, frame)) for name, frame in tables.items()}


def _arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    texts = {column.name: object for column in TABLES[name].columns if column.kind == "text"}
    plain = frame.astype(texts)
    kinds = {column.name: ARROW_TYPES[column.kind] for column in TABLES[name].columns}
    return pa.table({key: pa.array(plain[key], kind, from_pandas=True) for key, kind in kinds.items()})


# ------------------------------------------------------------------ the same frame whatever the tables came as


def test_arrow_columns_and_pandas_frames_give_the_same_bits() -> None:
    tables = some_tables(1)
    assert built(tables).tobytes() == built(as_arrow(tables)).tobytes()


def test_plain_text_columns_and_other_time_units_are_adapted() -> None:
    tables = some_tables(2)
    texts = {name: {c.name: object for c in TABLES[name].columns if c.kind == "text"} for name in tables}
    times = {name: {c.name: "datetime64[ns]" for c in TABLES[name].columns if c.kind == "time"} for name in tables}
    other = {name: frame.astype({**texts[name], **times[name]}) for name, frame in tables.items()}
    assert built(tables).tobytes() == built(other).tobytes()


def reversed_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[::-1].reset_index(drop=True)


def two_files(frame: pd.DataFrame) -> pd.DataFrame:
    """Each client's rows in two runs, as after a second ingest."""
    return pd.concat([frame.iloc[::2], frame.iloc[1::2]], ignore_index=True)


def clients_in_another_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Runs of clients from the last to the first: still each client's rows together and by time."""
    return frame.iloc[np.argsort(frame["client_id"].astype(str), kind="stable")[::-1]][::-1].reset_index(drop=True)


@pytest.mark.parametrize("disorder", [reversed_rows, two_files, clients_in_another_order])
def test_the_order_of_rows_in_a_table_changes_nothing(disorder: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    tables = some_tables(3)
    mixed = {name: disorder(frame) for name, frame in tables.items()}
    np.testing.assert_allclose(built(tables), built(mixed), rtol=1e-6)  # a sum's order may change with the rows'


def test_rows_may_be_asked_for_in_any_order_and_by_number() -> None:
    tables = some_tables(4)
    whole = built(tables)
    shuffled = np.random.default_rng(0).permutation(len(whole))
    found = built(tables, QUESTIONS[0][shuffled], QUESTIONS[1][shuffled])
    assert found.tobytes() == whole[shuffled].tobytes()
    coded = Coded(np.repeat(np.arange(len(CLIENTS)), len(AS_OF)), Words(np.array(CLIENTS, object)))
    assert built(tables, coded).tobytes() == whole.tobytes()


# ------------------------------------------------------------------ identical bits


@pytest.mark.parametrize("threads, block", [(1, 7), (2, 7), (4, 16), (2, 1000)])
def test_threads_and_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch, threads: int, block: int) -> None:
    tables = as_arrow(some_tables(5))
    whole = built(tables, threads=1)
    monkeypatch.setattr(features.kernel.build, "BLOCK_ROWS", block)
    assert built(tables, threads=threads).tobytes() == whole.tobytes()


def test_a_split_of_the_clients_changes_no_bit() -> None:
    tables = some_tables(6)
    whole = built(tables)
    parts = []
    for clients in (CLIENTS[:13], CLIENTS[13:]):
        own = {name: frame[frame["client_id"].isin(clients)] for name, frame in tables.items()}
        mine = np.isin(QUESTIONS[0].astype(str), clients)
        parts.append(built(own, QUESTIONS[0][mine], QUESTIONS[1][mine]))
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_strangers_and_people_without_rows() -> None:
    tables = some_tables(7)
    nobody = np.array(["eeeeeeee" + "0" * 24], object)
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    unknown = built(tables, nobody, AS_OF[:1])
    assert np.isnan(unknown).all()
    np.testing.assert_array_equal(built(empty, nobody, AS_OF[:1]), unknown)
    np.testing.assert_array_equal(built(as_arrow(empty), nobody, AS_OF[:1]), unknown)
    assert built(tables, nobody[:0], AS_OF[:0]).shape == (0, unknown.shape[1])


def test_one_catalogue_is_planned_once() -> None:
    plan = plan_of(CATALOGUE, VOCABULARY)
    assert plan_of(CATALOGUE, VOCABULARY) is plan
    other = Vocabulary({**VOCABULARY.codes, "by_service": ()}, VOCABULARY.until)
    assert plan_of(CATALOGUE, other).width < plan.width
    assert plan_of(CATALOGUE, other).key != plan.key


# ------------------------------------------------------------------ columns


def test_seconds_become_days_on_both_sides_of_1970() -> None:
    seconds = np.array([-86_401, -86_400, -1, 0, 86_399, 86_400, NO_TIME])
    assert days_of_seconds(seconds).tolist() == [-2, -1, -1, 0, 0, 1, NEVER]


def test_a_condition_asks_each_word_once() -> None:
    asked = []

    class Counted(str):
        def __eq__(self, other: object) -> bool:
            asked.append(str(self))
            return str(self) == other

        __hash__ = str.__hash__

    column = Coded(np.array([0, 1, 0, -1]), Words(np.array([Counted("a"), Counted("b")], object)))
    for _ in range(3):
        assert column_matches(column, "a").tolist() == [True, False, True, False]
    assert asked.count("a") <= 1


def test_a_column_that_nobody_asks_for_is_not_loaded() -> None:
    loaded: list[str] = []

    def load(name: str) -> np.ndarray:
        loaded.append(name)
        return np.zeros(3, np.int64)

    columns = Columns(3, load)
    assert columns.days("time").tolist() == columns.days("time").tolist() == [0, 0, 0]
    assert loaded == ["time"]


def test_the_store_gives_a_buckets_columns(var: Path) -> None:
    tables = some_tables(8)
    snapshot = store_of(var / "store", {name: tables[name] for name in ("contacts", "residents", "episodes")})
    for bucket in range(snapshot.n_buckets):
        frame, columns = read_table(snapshot, "contacts", bucket), read_columns(snapshot, "contacts", bucket)
        for column in TABLES["contacts"].columns:
            mine, theirs = columns[column.name], frame[column.name]
            if isinstance(mine, Coded):
                assert [None if c < 0 else mine.categories[c] for c in mine.codes] == [
                    None if pd.isna(text) else text for text in theirs
                ]
            else:
                expected = theirs.to_numpy().view(np.int64) if column.kind == "time" else theirs.to_numpy()
                np.testing.assert_array_equal(mine, expected)
    assert len(read_columns(snapshot, "plans", 0).text("kind")) == 0


# ------------------------------------------------------------------ compiled code


def test_every_loop_is_compiled_when_the_kernel_is_imported() -> None:
    """So that no request waits for a compiler: each has its one signature, and a call adds none."""
    built(as_arrow(some_tables(9)))
    modules = (features.kernel.loops, features.kernel.derived.loops, features.kernel.derived.visits)
    found = {name: loop for module in modules for name, loop in vars(module).items() if hasattr(loop, "signatures")}
    assert {"count_windows", "sum_windows", "distinct_windows", "outermost"} <= found.keys()
    assert {name: len(loop.signatures) for name, loop in found.items()} == dict.fromkeys(found, 1)


LOOP = """
from features.kernel.compiled import I32, WHOLE, compiled

@compiled(I32, WHOLE)
def taken(values, place):
    return values[place]
"""
TRY = """
import numpy as np
from features.kernel.one_loop import taken
print(taken(np.array([7, 8], np.int32), 1), taken.stats.cache_path)
"""


@pytest.mark.parametrize("is_writable", [True, False])
def test_a_read_only_installation_compiles_without_a_cache(tmp_path: Path, is_writable: bool) -> None:
    kernel = tmp_path / "features" / "kernel"
    kernel.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "features" / "kernel" / "compiled.py", kernel)
    (kernel / "one_loop.py").write_text(LOOP)
    nowhere = tmp_path / "file"
    nowhere.write_text("")  # no folder can be made inside a file, whoever runs the test
    if not is_writable:
        (kernel / "__pycache__").write_text("")
    environment = {"PATH": os.environ["PATH"], "HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, env=environment, cwd=tmp_path)
    kept = str(kernel / "__pycache__") if is_writable else "None"
    assert ran.stdout.split() == ["8", kept], ran.stderr


def test_tables_are_let_go_without_the_garbage_collector() -> None:
    """Otherwise the buckets of a long run pile up until the collector happens to come by."""
    tables = as_arrow(some_tables(10))
    gone = [weakref.ref(columns) for columns in tables.values()]
    gc.disable()
    try:
        built(tables)
        tables.clear()
        assert [reference() for reference in gone] == [None] * len(gone)
    finally:
        gc.enable()
