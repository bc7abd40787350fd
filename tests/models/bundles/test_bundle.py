"""A bundle is read as it was written; any bit, file, link or key that is not as signed is refused."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ModelError
from models.bundles import signing
from models.bundles.bundle import read_bundle, write_bundle
from tests.models.bundles.small_bundle import KEY, PUBLIC

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
FILES = {"scheme.json": b'{"axes": 2}', "booster.txt": b"tree\n", "empty.json": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", "need", FILES, KEY)
    return tmp_path / "bundle"


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
