"""Every command that our code, configs and pages tell somebody to type exists, and so does the config it names."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT

TOLD_BY = ("configs", "features", "models", "evaluation", "training", "serving", "docs", "tests")
FILES = ("README.md", "CHANGELOG.md", "GLOSSARY.md", "SECURITY.md", "CONTRIBUTING.md", "Makefile", "MLproject")
SUFFIXES = {".py", ".yaml", ".md", ".j2", ".po"}
OURS = ("configs", "features", "models", "evaluation", "training", "serving", "tests")
MADE_UP = {"tests/configs/test_typed_commands.py"}
"""Files with sentences that are wrong on purpose."""
TYPED = re.compile(r"python3? -m\s+([A-Za-z_][\w.]*\w)((?:\s+--[\w-]+(?:[ =][^\s`'\")]+)?)*)")
CONFIG = re.compile(r"--config[ =]([^\s`'\")]+\.yaml)")
PLACEHOLDER = re.compile(r"^/|[{<$*…]|NAME|FILE|^configs/etela_savo/")
"""A place outside the project, a name to fill in, or the folder that docs/own-county.md tells to make."""
OWN = "var/"
"""Where a reader who follows a page writes a config of her own."""


def commands(text: str) -> Iterator[tuple[str, str | None]]:
    """(module, config or None) of every command of ours that a text tells to type."""
    text = text.replace("\\.", ".")  # a test's pattern of a message
    joined = re.sub(r"\\\n\s*|\"\s*\n\s*f?\"", " ", text)  # a shell's continued line, a Python string over two lines
    for module, options in TYPED.findall(joined):
        if module.split(".")[0] in OURS and not PLACEHOLDER.search(module):
            config = CONFIG.search(options)
            yield module, config[1] if config and not PLACEHOLDER.search(config[1]) else None


def wrong(text: str) -> list[str]:
    """What does not exist of the commands that a text tells to type."""
    found = []
    for module, config in commands(text):
        if not runs(module):
            found.append(f"python -m {module}: no such module")
        if config is not None and not config.startswith(OWN) and not (PROJECT_ROOT / config).is_file():
            found.append(f"python -m {module} --config {config}: no such file")
    return found


@cache
def runs(module: str) -> bool:
    """True for a module of this project that can be typed after `python -m`."""
    place = PROJECT_ROOT.joinpath(*module.split("."))
    file = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
    return file.is_file() and "__main__" in file.name + file.read_text(encoding="utf-8")


def told_by() -> list[Path]:
    """Every file that may tell somebody what to type."""
    inside = [file for folder in TOLD_BY for file in (PROJECT_ROOT / folder).rglob("*") if file.suffix in SUFFIXES]
    return sorted([*inside, *(PROJECT_ROOT / name for name in FILES if (PROJECT_ROOT / name).is_file())])


def test_every_command_that_is_told_can_be_typed() -> None:
    names = {file: file.relative_to(PROJECT_ROOT).as_posix() for file in told_by()}
    texts = {name: file.read_text(encoding="utf-8") for file, name in names.items() if name not in MADE_UP}
    assert sum(len(list(commands(text))) for text in texts.values()) > 200  # the pattern still finds them
    assert {name: found for name, text in texts.items() if (found := wrong(text))} == {}


@pytest.mark.parametrize(
    "text,                                                              found",
    [
        ("`python -m evaluation.monitor --config configs/monitor.yaml`", []),
        ("python -m evaluation.monitoring --config configs/monitor.yaml", ["no such module"]),
        ("python -m evaluation.monitor --config configs/monitoring.yaml", ["no such file"]),
        ('"python -m training.retrain "\n        "--config configs/none.yaml"', ["no such file"]),
        (".venv/bin/python -m training.need --x 1 --config configs/none.yaml.", ["no such file"]),
        ("python -m features.windows", ["no such module"]),  # a module, but not one that can be typed
        ("python -m training.need --config {config}", []),
        ("python -m http.server 8000", []),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, found: list[str]) -> None:
    assert [one.split(": ")[1] for one in wrong(text)] == found


def test_modules_that_can_be_typed_can_be_found_by_python() -> None:
    assert importlib.util.find_spec("evaluation.monitor") is not None
    assert runs("evaluation.monitor")
    assert runs("evaluation.audit")
    assert not runs("evaluation.monitoring")
