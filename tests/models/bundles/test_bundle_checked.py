"""A bundle is loaded in a child process first: a damaged booster or golden file and a hang stop the child only."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from configs.errors import ModelError
from configs.loader import PROJECT_ROOT
from models.bundles.bundle import write_bundle
from models.bundles.golden import GOLDEN_FILE, check, check_files, draw_rows, golden_file, golden_rows
from models.bundles.verify import verify_bundle
from tests.models.bundles.small_bundle import KEY, PUBLIC, model_files, trained


def test_a_good_booster_passes_the_child_process(tmp_path: Path) -> None:
    sha256 = write_bundle(tmp_path / "bundle", "booster", model_files(*trained()), KEY)
    assert verify_bundle(tmp_path / "bundle", PUBLIC).sha256 == sha256


def cut(text: bytes) -> bytes:
    return text[: len(text) // 2]


def wrong_count(text: bytes) -> bytes:
    return text.replace(b"num_leaves=", b"num_leaves=9", 1)


def nudged(text: bytes) -> bytes:
    """One digit of one leaf: still parses, and says something slightly else."""
    place = re.search(rb"leaf_value=-?\d\.\d\d", text)
    assert place is not None
    digit = text[place.end() - 1 : place.end()]
    return text[: place.end() - 1] + (b"1" if digit != b"1" else b"2") + text[place.end() :]


@pytest.mark.parametrize(
    "damage,                        said",
    [
        (cut, "ended in SIG|cannot be parsed"),
        (wrong_count, "ended in SIG|cannot be parsed"),
        (lambda text: b"no booster", "cannot be parsed"),
        (nudged, r"golden rows \(contributions, prediction"),
        (lambda text: text.replace(b"pandas_categorical", b"pandas_categorial"), r"computed with \(booster.txt\)"),
    ],
)
def test_F2_a_damaged_booster_signed_by_us_stops_the_child_and_not_the_parent(
    tmp_path: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    files = model_files(*trained())
    files["booster.txt"] = damage(files["booster.txt"])
    write_bundle(tmp_path / "bundle", "booster", files, KEY)
    with pytest.raises(ModelError, match=said):
        verify_bundle(tmp_path / "bundle", PUBLIC)


def other_names(golden: bytes) -> bytes:
    return golden.replace(b'"features":["a"', b'"features":["e"')


def indented(golden: bytes) -> bytes:
    return json.dumps(json.loads(golden), indent=1).encode()


@pytest.mark.parametrize("damage", [other_names, indented])
def test_F2_a_golden_file_that_was_changed_without_changing_a_number_is_refused(
    damage: Callable[[bytes], bytes],
) -> None:
    files = model_files(*trained())
    check_files(files[GOLDEN_FILE], files)
    with pytest.raises(ModelError, match=r"computed with \(golden\.json\)"):
        check_files(damage(files[GOLDEN_FILE]), files)


def test_F2_parsing_that_never_ends_is_ended_by_the_kernel() -> None:
    endless = "from models.bundles.verify import _limit\n_limit(0.1)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", endless], cwd=PROJECT_ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGPROF


@pytest.mark.parametrize(
    "kind,      left_out,    said",
    [("booster", GOLDEN_FILE, "has no golden.json"), ("pickle", None, "knows segmentation")],
)
def test_a_bundle_that_cannot_be_checked_is_refused(tmp_path: Path, kind: str, left_out: str, said: str) -> None:
    files = {name: content for name, content in model_files(*trained()).items() if name != left_out}
    write_bundle(tmp_path / "bundle", kind, files, KEY)
    with pytest.raises(ModelError, match=said):
        verify_bundle(tmp_path / "bundle", PUBLIC)


@pytest.mark.parametrize(
    "given,                                       passes",
    [
        ({"p": np.array([0.25, 0.5])}, True),
        ({"p": np.array([0.25, 0.5 + 1e-10])}, True),
        ({"p": np.array([0.25, 0.5 + 1e-8])}, False),
        ({"p": np.array([0.25])}, False),
        ({"p": np.array([0.25, np.nan])}, False),
        ({"q": np.array([0.25, 0.5])}, False),
        ({"p": np.array([0.25, 0.5]), "q": np.array([1.0])}, False),
        ({}, False),
    ],
)
def test_golden_values_are_compared_to_the_last_digit_that_counts(given: dict[str, np.ndarray], passes: bool) -> None:
    golden = golden_file(["a"], np.zeros((2, 1)), {"p": np.array([0.25, 0.5])}, seed=1)
    if passes:
        return check(golden, given)
    with pytest.raises(ModelError, match="golden rows"):
        check(golden, given)


def test_P14_golden_rows_are_synthetic_keep_missingness_and_survive_the_file() -> None:
    rng = np.random.default_rng(5)
    training = rng.normal(size=(1000, 3)).astype(np.float32)
    training[:, 1] = np.nan
    training[:500, 2] = np.nan
    rows = draw_rows(training, count=400)
    assert np.isnan(rows[:, 1]).all()
    assert 0.35 < np.isnan(rows[:, 2]).mean() < 0.65
    assert not set(map(bytes, rows)) & set(map(bytes, training))
    low, high = np.quantile(training[:, 0], [0.05, 0.95])
    assert low <= rows[:, 0].min() <= rows[:, 0].max() <= high
    again = golden_rows(golden_file(["a", "b", "c"], rows, {"p": np.zeros(400)}, seed=1))
    np.testing.assert_array_equal(again, rows)
