"""How every command starts and ends: `--config FILE`, one sentence on failure, an exit code, no traceback."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from configs.errors import LuotainError

OUT_OF_MEMORY = "the machine ran out of memory; nothing half-made was kept. Free memory, or lower the rows used."
READER_LEFT = 141
"""Exit code of a command whose reader ended (`… | head`), as the shell tells it.  Nothing is said about it."""


class ReaderLeftError(Exception):
    """Nobody reads what the command prints: no fault of the machine, unlike a broken connection elsewhere."""


def parse_config_path(argv: Sequence[str] | None, module: str, purpose: str, default: str) -> str:
    """The value of `--config`, the only option of a pipeline step.  `default` is shown in the help."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=purpose)
    parser.add_argument("--config", default=default, help=f"YAML file (default: {default})")
    return str(parser.parse_args(argv).config)


def say(text: str = "") -> None:
    """Print one line for the person who typed the command.  The only way a command writes to stdout."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush complains
        raise ReaderLeftError from None


def fail(error: LuotainError) -> int:
    """Print the error's sentence on stderr and return its exit code."""
    print(f"luotain: {error}", file=sys.stderr, flush=True)
    return error.exit_code


def run_command(action: Callable[[], None]) -> int:
    """Run `action`; a LuotainError becomes one sentence on stderr and its exit code, Ctrl-C 130, a left pipe 141."""
    try:
        action()
    except LuotainError as error:
        return fail(error)
    except KeyboardInterrupt:
        print("luotain: stopped by the user; nothing half-written was kept.", file=sys.stderr)
        return 130
    except MemoryError:
        print(f"luotain: {OUT_OF_MEMORY}", file=sys.stderr, flush=True)
        return 1
    except ReaderLeftError:
        return READER_LEFT
    except OSError as error:
        what = error.strerror or type(error).__name__
        where = f" ({error.filename})" if error.filename else ""
        print(f"luotain: the system refused: {what}{where}. Check free space and permissions.", file=sys.stderr)
        return 1
    return 0
