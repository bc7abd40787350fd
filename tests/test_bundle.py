"""A bundle is taken as it was signed, or not at all."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ModelError
from configs.loader import PROJECT_ROOT
from models.bundles import signing
from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.golden import GOLDEN_FILE, check, check_files, draw_rows, golden_file, golden_rows, with_golden
from models.bundles.verify import BareBooster, verify_bundle

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
PUBLIC = [KEY.public_key()]
FILES = {"scheme.json": b'{"axes": 2}', "booster.txt": b"tree\n", "empty.json": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", "need", FILES, KEY)
    return tmp_path / "bundle"


def trained() -> tuple[lightgbm.Booster, np.ndarray]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 4)).astype(np.float32)
    rows[::7, 2] = np.nan
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 1, "deterministic": True}
    return lightgbm.train(settings, lightgbm.Dataset(rows, (rows[:, 0] > 0).astype(int)), 8), rows


def model_files(booster: lightgbm.Booster, rows: np.ndarray, **more: bytes) -> dict[str, bytes]:
    synthetic = draw_rows(rows, count=8, seed=3)
    outputs = BareBooster(booster).golden_outputs(synthetic)
    files = {"booster.txt": booster.model_to_string().encode(), **more}
    return with_golden(files, ["a", "b", "c", "d"], synthetic, outputs, seed=3)


def test_a_bundle_is_read_as_it_was_written(folder: Path) -> None:
    bundle = read_bundle(folder, PUBLIC)
    assert (bundle.kind, dict(bundle.files)) == ("need", FILES)
    assert bundle.json("scheme.json") == {"axes": 2}
    assert bundle.text("booster.txt") == "tree\n"
    with pytest.raises(ModelError, match=r"has no file golden\.json"):
        bundle.text("golden.json")


def test_the_same_model_gives_the_same_hash_whoever_signs_it(tmp_path: Path) -> None:
    reversed_files = dict(reversed(FILES.items()))
    first = write_bundle(tmp_path / "a", "need", FILES, KEY)
    assert write_bundle(tmp_path / "b", "need", reversed_files, OTHER_KEY) == first
    assert write_bundle(tmp_path / "c", "demand", FILES, KEY) != first


@pytest.mark.parametrize("name", ["scheme.json", "booster.txt", "manifest.json", "manifest.sig"])
def test_F2_F3_every_single_bit_flip_is_refused(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        (folder / name).write_bytes(bytes(flipped))
        # A signature's hexadecimal digit may change its case and mean the same bytes; nothing else may pass.
        if name == "manifest.sig" and bytes(flipped).lower() == content:
            continue
        with pytest.raises(ModelError, match="is refused"):
            read_bundle(folder, PUBLIC)


def added(folder: Path) -> None:
    (folder / "extra.txt").write_text("x")


def hidden_folder(folder: Path) -> None:
    (folder / ".cache").mkdir()


def removed(folder: Path) -> None:
    (folder / "booster.txt").unlink()


def longer(folder: Path) -> None:
    with (folder / "booster.txt").open("ab") as file:
        file.write(b"x")


def linked(folder: Path) -> None:
    (folder / "booster.txt").rename(folder.parent / "elsewhere.txt")
    (folder / "booster.txt").symlink_to(folder.parent / "elsewhere.txt")


def a_pipe(folder: Path) -> None:
    (folder / "booster.txt").unlink()
    os.mkfifo(folder / "booster.txt")


def unsigned(folder: Path) -> None:
    (folder / "manifest.sig").unlink()


def swapped_manifest(folder: Path) -> None:
    values = json.loads((folder / "manifest.json").read_text())
    values["kind"] = "segmentation"
    (folder / "manifest.json").write_text(json.dumps(values))


def huge_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b" " * 1_000_001)


@pytest.mark.parametrize(
    "damage,           said",
    [
        (added, "does not list"),
        (hidden_folder, "does not list"),
        (removed, "is missing"),
        (longer, "longer than its manifest says"),
        (linked, "is missing or cannot be read"),
        (a_pipe, "no ordinary file"),
        (unsigned, "manifest.sig is missing"),
        (swapped_manifest, "signature"),
        (huge_manifest, "longer"),
        (shutil.rmtree, "manifest.json is missing"),
    ],
)
def test_F3_a_changed_folder_is_refused(folder: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=said):
        read_bundle(folder, PUBLIC)


def test_a_key_that_is_not_trusted_is_refused_and_one_of_several_is_enough(folder: Path) -> None:
    with pytest.raises(ModelError, match="trusted key"):
        read_bundle(folder, [OTHER_KEY.public_key()])
    with pytest.raises(ModelError, match="trusted key"):
        read_bundle(folder, [])
    assert read_bundle(folder, [OTHER_KEY.public_key(), *PUBLIC]).kind == "need"


def test_a_signature_made_for_something_else_is_no_bundle_signature(folder: Path) -> None:
    (folder / "manifest.sig").write_text(KEY.sign((folder / "manifest.json").read_bytes()).hex())
    with pytest.raises(ModelError, match="signature"):
        read_bundle(folder, PUBLIC)


@pytest.mark.parametrize("name", ["../out.txt", "a/b.txt", "/tmp/x", "Upper.txt", "", "manifest.json", "nul\0.txt"])
def test_a_file_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="no folders"):
        write_bundle(tmp_path / "bundle", "need", {name: b"x"}, KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_is_never_written_over(folder: Path) -> None:
    with pytest.raises(ModelError, match="exists already"):
        write_bundle(folder, "need", FILES, KEY)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_bundle(tmp_path / "bundle", "need", FILES, KEY)
    assert list(tmp_path.iterdir()) == []


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


def test_the_signing_key_is_made_once_private_and_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="No trusted signing key"):
        signing.trusted_keys(tmp_path / "keys")
    key = signing.load_or_create_signing_key(tmp_path / "keys")
    again = signing.load_or_create_signing_key(tmp_path / "keys")
    assert key.private_bytes_raw() == again.private_bytes_raw()
    assert (tmp_path / "keys" / "signing.pem").stat().st_mode & 0o077 == 0
    signature = signing.sign(key, b"message")
    assert signing.is_signed(b"message", signature, signing.trusted_keys(tmp_path / "keys"))
    assert not signing.is_signed(b"massage", signature, signing.trusted_keys(tmp_path / "keys"))
    assert not signing.is_signed(b"message", "not hexadecimal", signing.trusted_keys(tmp_path / "keys"))
    monkeypatch.setenv("LUOTAIN_SIGNING_KEY", str(tmp_path / "missing.pem"))
    with pytest.raises(ModelError, match="LUOTAIN_SIGNING_KEY"):
        signing.load_or_create_signing_key(tmp_path / "keys")
