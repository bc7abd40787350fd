"""How often a repeated test repeats: few times in `make check`, fully in `make prove` (LUOTAIN_PROVE=1)."""

import os
from pathlib import Path

PROVING = os.environ.get("LUOTAIN_PROVE") == "1"
NOTES = "LUOTAIN_PROOF_NOTES"
"""Where `make prove` reads which counts were really used."""


def count(name: str, *, small: int, full: int) -> int:
    """The count of the proof `name`; LUOTAIN_COUNT_<NAME> overrides it."""
    given = os.environ.get(f"LUOTAIN_COUNT_{name.upper()}")
    used = int(given) if given else full if PROVING else small
    note(name, used)
    return used


def note(name: str, used: int) -> None:
    """Keep a figure of a proof beside its counts in docs/proofs.json."""
    notes = os.environ.get(NOTES)
    if notes:
        with Path(notes).open("a", encoding="utf-8") as stream:
            stream.write(f"{name} {used}\n")
