"""The project speaks of the project alone, and its files keep their shape."""

import re
import subprocess
from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT

# Written in pieces, so that this file does not find itself.
REGISTRY_HOSTS = ("python" + "hosted", "py" + "pi.org", "registry.np" + "mjs", "deb.deb" + "ian")
SOURCES = ("configs", "features", "models", "evaluation", "training", "serving")
MOST_LINES = 300


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [PROJECT_ROOT / line for line in listed.stdout.splitlines() if (PROJECT_ROOT / line).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for file in tracked():
        try:
            found.append((str(file.relative_to(PROJECT_ROOT)), file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    pattern = re.compile("|".join(map(re.escape, (*REGISTRY_HOSTS, "/wor" + "k/", "/ho" + "me/"))), re.IGNORECASE)
    found = [f"{name}: {match.group()}" for name, text in texts() for match in pattern.finditer(text)]
    assert found == []


def test_locks_are_hashed_and_nothing_else_locks() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (PROJECT_ROOT / name).read_text().splitlines()
        pins = [line for line in lines if re.match(r"^[a-z0-9]", line)]
        assert len(pins) > 50
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
        assert "--hash=sha256:" in "\n".join(lines)
    assert not [file for file in tracked() if file.name == "uv.lock"]


def test_the_dev_lock_agrees_with_the_base_lock() -> None:
    base, dev = (
        set(re.findall(r"^([a-z0-9_.\-\[\]]+==\S+)", (PROJECT_ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert base <= dev


@pytest.mark.parametrize("package", SOURCES)
def test_no_source_file_is_longer_than_one_purpose(package: str) -> None:
    long = {
        str(file.relative_to(PROJECT_ROOT)): count
        for file in (PROJECT_ROOT / package).rglob("*.py")
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


@pytest.mark.parametrize("name", ["utils.py", "common.py", "helpers.py"])
def test_no_file_is_a_drawer(name: str) -> None:
    assert [file for file in tracked() if file.name == name] == []
