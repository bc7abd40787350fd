"""How often a repeated test repeats: few times in `make check`, fully in `make prove` (LUOTAIN_PROVE=1)."""

import os
from pathlib import Path

PROVING = os.environ.get("LUOTAIN_PROVE") == "1"
NOTES = "LUOTAIN_PROOF_NOTES"
"""Where `make prove` reads which counts were really used."""


CLEAN = 100
"""First seed of `make prove` where settings were chosen while the seeds below were looked at."""


def count(name: str, *, small: int, full: int) -> int:
    """The count of the proof `name`; LUOTAIN_COUNT_<NAME> overrides it."""
    given = os.environ.get(f"LUOTAIN_COUNT_{name.upper()}")
    used = int(given) if given else full if PROVING else small
    note(name, used)
    return used


def seeds(name: str, *, small: int, full: int) -> range:
    """The seeds of the proof `name`: from 0 in `make check`, from CLEAN in `make prove`, which nobody looked at before.

    LUOTAIN_FIRST_<NAME> starts elsewhere; where it started is kept beside the count.
    """
    given = os.environ.get(f"LUOTAIN_FIRST_{name.upper()}")
    first = int(given) if given else CLEAN if PROVING else 0
    note(f"{name}_first_seed", first)
    return range(first, first + count(name, small=small, full=full))


def note(name: str, used: int) -> None:
    """Keep a figure of a proof beside its counts in docs/proofs.json."""
    notes = os.environ.get(NOTES)
    if notes:
        with Path(notes).open("a", encoding="utf-8") as stream:
            stream.write(f"{name} {used}\n")
