"""The container file without a container engine: what it copies is enough, in an empty folder, for every command."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT
from tests.counts import PROVING

FILE = PROJECT_ROOT / "deploy" / "Containerfile"
COMMAND = re.compile(r"python -m ([a-z_][a-z_.]+)")
LEFT_OUT = ("tests.", "pip")
"""Commands of the operations page for the machine that builds, not for the container."""


def steps() -> list[list[str]]:
    """The instructions, each as its words; continued lines are one."""
    lines = FILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the last stage copies from the checkout, copied as the file says."""
    folder = tmp_path_factory.mktemp("image")
    for word, *given in steps():
        if word == "COPY" and not given[0].startswith("--from"):
            *sources, to = given
            for source in sources:
                _copy(PROJECT_ROOT / source, folder / to / (Path(source).name if to.endswith("/") else ""))
    shutil.rmtree(folder / ".venv", ignore_errors=True)
    return folder


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, to)


def _in(image: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([sys.executable, *words], cwd=image, env=given, capture_output=True, text=True, check=False)


def test_every_command_of_the_operations_page_is_in_the_image(image: Path) -> None:
    said = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = sorted({one for one in COMMAND.findall(said) if not one.startswith(LEFT_OUT)})
    assert "serving.verify_log" in commands
    found = f"import importlib.util as i; print([n for n in {commands!r} if i.find_spec(n) is None])"
    done = _in(image, "-c", found)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.slow
@pytest.mark.proof("container")
@pytest.mark.skipif(not PROVING, reason="imports everything anew: `make prove` runs it")
def test_the_service_of_the_image_is_put_together_from_its_own_files(image: Path) -> None:
    config = PROJECT_ROOT / "configs" / "serving_production.yaml"
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import configs, serving.engine.engine, serving.house, serving.service\n"
        "from serving.settings import load_settings\n"
        f"settings = load_settings({str(config)!r})\n"
        "print(configs.__file__, serving.service.__file__)"
    )
    done = _in(image, "-c", code)
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(word.startswith(str(image)) for word in done.stdout.split())


def test_the_last_stage_runs_as_nobody_and_starts_the_service(image: Path) -> None:
    said = steps()
    last = max(place for place, (word, *_) in enumerate(said) if word == "FROM")
    words = {word: given for word, *given in said[last:]}
    assert words["USER"] == ["10001:10001"]
    assert [word for word, *_ in said[last:]].index("USER") > max(
        place for place, (word, *_) in enumerate(said[last:]) if word in ("RUN", "COPY")
    )  # nothing of the image belongs to the user that runs it
    entry = shlex.split(" ".join(words["ENTRYPOINT"]).strip("[]").replace(",", " "))
    assert entry[1:] == ["-m", "serving.serve"]
    refused = _in(image, *entry[1:], "--config", "/nowhere/serving.yaml")
    assert refused.returncode == 2
    assert "/nowhere/serving.yaml" in refused.stderr
    assert "Traceback" not in refused.stderr
