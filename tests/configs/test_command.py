"""A command ends with a sentence and an exit code, never with a traceback."""

import errno
import subprocess
import sys

import pytest

from configs.command import parse_config_path, run_command
from configs.errors import ConfigError, DataError, GateError, ModelError, NothingYetError


@pytest.mark.parametrize(
    "fault, code",
    [
        (ConfigError("a"), 2),
        (DataError("a"), 3),
        (ModelError("a"), 4),
        (GateError("a"), 5),
        (NothingYetError("a"), 11),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_family_has_its_exit_code(fault: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> None:
        raise fault

    assert run_command(action) == code
    shown = capsys.readouterr().err
    assert shown.startswith("luotain: ")
    assert "Traceback" not in shown


def test_a_full_disk_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "var/store/x")

    assert run_command(action) == 1
    assert "No space left on device (var/store/x)" in capsys.readouterr().err


def test_a_reader_that_leaves_the_pipe_is_no_fault_of_the_machine() -> None:
    many = "lambda: [say('x' * 999) for _ in range(9999)]"
    code = f"from configs.command import run_command, say; raise SystemExit(run_command({many}))"
    shell = f'{sys.executable} -c "{code}" | true; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("141", "")


def test_a_good_run_is_zero() -> None:
    assert run_command(lambda: None) == 0


def test_the_only_option_is_the_config() -> None:
    assert parse_config_path([], "features.ingest", "p", "configs/ingest.yaml") == "configs/ingest.yaml"
    assert parse_config_path(["--config", "x.yaml"], "features.ingest", "p", "d") == "x.yaml"
