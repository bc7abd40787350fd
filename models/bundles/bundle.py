"""A model as files: what is in it is listed, hashed and signed, and nothing in it can be executed.

A bundle folder holds `manifest.json` (kind, and size and SHA-256 of every other file), `manifest.sig` and the files.
No time stamp is inside: the same model gives the same bundle hash.  Reading checks everything before parsing anything;
parsing happens first in a child process (models/bundles/verify.py), because a damaged LightGBM text aborts the process.
"""

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import ModelError
from models.bundles.signing import is_signed, sign
from models.chain import canonical_json

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
FORMAT = 2
WITH_SUMS = 2  # from this format on the golden file names the sums of the other files
READABLE = (1, 2)
MAX_MANIFEST_BYTES = 1_000_000
MAX_FILE_BYTES = 2_000_000_000
_FILE_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Bundle:
    """A model's files, already checked against its signed manifest."""

    kind: str
    sha256: str
    """SHA-256 of manifest.json: the name of exactly this model."""
    files: Mapping[str, bytes]
    format: int = FORMAT

    def bytes_of(self, name: str) -> bytes:
        """One file.  Raises ModelError when the bundle has none of that name."""
        if name not in self.files:
            raise ModelError(
                f"The model bundle has no file {name}; it has {', '.join(sorted(self.files))}. Retrain it."
            )
        return self.files[name]

    def text(self, name: str) -> str:
        """One file as UTF-8 text."""
        return self.bytes_of(name).decode("utf-8")

    def json(self, name: str) -> Any:
        """One file as parsed JSON."""
        return json.loads(self.bytes_of(name))


def write_bundle(folder: Path, kind: str, files: Mapping[str, bytes], signing_key: Ed25519PrivateKey) -> str:
    """Write, hash and sign a bundle; returns its SHA-256.  The folder appears whole or not at all."""
    if folder.exists():
        raise ModelError(
            f"The bundle folder {folder.name} exists already. A bundle is never changed: choose a new folder."
        )
    manifest = canonical_json(_manifest(kind, files))
    with _appearing_whole(folder) as draft:
        for name, content in files.items():
            _write(draft / name, content)
        _write(draft / MANIFEST, manifest)
        _write(draft / SIGNATURE, sign(signing_key, manifest).encode("ascii"))
    return hashlib.sha256(manifest).hexdigest()


def read_bundle(folder: Path, public_keys: Sequence[Ed25519PublicKey]) -> Bundle:
    """The bundle in `folder`.  Raises ModelError unless signature, list of files, sizes and hashes are all right."""
    manifest = _read_limited(folder, MANIFEST, MAX_MANIFEST_BYTES)
    signature = _read_limited(folder, SIGNATURE, 1_000).decode("ascii", errors="replace")
    if not is_signed(manifest, signature, public_keys):
        raise _refused(folder, "its signature was not made with a trusted key, or its manifest was changed")
    form, kind, entries = _parse_manifest(folder, manifest)
    _refuse_other_files(folder, {MANIFEST, SIGNATURE, *entries})
    files = {name: _checked(folder, name, size, sha256) for name, (size, sha256) in sorted(entries.items())}
    return Bundle(kind, hashlib.sha256(manifest).hexdigest(), files, form)


def _manifest(kind: str, files: Mapping[str, bytes]) -> dict[str, object]:
    wrong = sorted(name for name in files if not _FILE_NAME.fullmatch(name) or name in (MANIFEST, SIGNATURE))
    if wrong or not files:
        found = ", ".join(wrong) or "no file at all"
        raise ModelError(f"A bundle holds files named with a-z, 0-9, _ . - only and no folders; found {found}.")
    entries = {name: {"bytes": len(content), "sha256": _sha256(content)} for name, content in files.items()}
    return {"format": FORMAT, "kind": kind, "files": entries}


def _parse_manifest(folder: Path, manifest: bytes) -> tuple[int, str, dict[str, tuple[int, str]]]:
    """Format, kind and {name: (size, sha256)}; the signature is known to be good, so a fault here is our own."""
    try:
        values = json.loads(manifest)
        if values["format"] not in READABLE:
            raise _refused(folder, f"its format is {values['format']} and this version reads {READABLE}")
        entries = {str(name): (int(e["bytes"]), str(e["sha256"])) for name, e in values["files"].items()}
        form, kind = int(values["format"]), str(values["kind"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _refused(folder, "its manifest is not complete") from None
    if not all(_FILE_NAME.fullmatch(name) for name in entries):
        raise _refused(folder, "its manifest names a file outside the bundle")
    return form, kind, entries


def _refuse_other_files(folder: Path, expected: set[str]) -> None:
    found = {entry.name for entry in os.scandir(folder)}
    if extra := sorted(found - expected):
        raise _refused(folder, f"it has {len(extra)} file(s) that its manifest does not list")
    if missing := sorted(expected - found):
        raise _refused(folder, f"the file {missing[0]} is missing")


def _checked(folder: Path, name: str, size: int, sha256: str) -> bytes:
    content = _read_limited(folder, name, min(size, MAX_FILE_BYTES))
    if len(content) != size or _sha256(content) != sha256:
        raise _refused(folder, f"the file {name} was changed or cut")
    return content


def _read_limited(folder: Path, name: str, limit: int) -> bytes:
    """A regular file of at most `limit` bytes; a link or device is refused, nothing longer is read into memory."""
    try:
        handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise _refused(folder, f"the file {name} is missing or cannot be read") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _refused(folder, f"{name} is no ordinary file")
    with os.fdopen(handle, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _refused(folder, f"the file {name} is longer than its manifest says")
    return content


@contextmanager
def _appearing_whole(folder: Path) -> Iterator[Path]:
    """A draft folder beside `folder` that takes its name when the block ends well, and vanishes when it does not."""
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _refused(folder: Path, why: str) -> ModelError:
    return ModelError(f"The model bundle {folder.name} is refused: {why}. Fetch it again or promote another version.")
