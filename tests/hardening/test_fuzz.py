"""Random damage to a good delivery: never a traceback, every row accounted for, no good row lost, nobody named."""

import json
import logging
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from configs.errors import LuotainError
from features.ingest.run import Outcome
from features.manifest import FileReport
from tests.counts import count
from tests.features.deliveries.extracts import ANNA, CONTACT_HEADER, Extracts

ROWS = 24
TOGETHER = 25
"""Damaged files in one ingest."""

MONTHS = (1, 2, *range(4, 13))
"""Without the night in March whose fourth hour does not exist."""

MAY_FALL = {"duplicate", "conflict"}
"""Damage may turn another row into this one's copy or rival."""

PIECES = (
    b'"',
    b";",
    b"\n",
    b"\r",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"=cmd()",
    b"NaN",
    b"1e9",
    b"''",
)


@dataclass(frozen=True)
class Damaged:
    """A file, and the physical lines of it that nobody touched."""

    name: str
    raw: bytes
    untouched: dict[int, bytes]


def good_lines(month: int, day: int) -> list[bytes]:
    """The header and rows that no other file repeats."""
    rows = [
        f"{ANNA};2023-{month:02d}-{day:02d} {n:02d}:{(n * 7) % 60:02d}:00;;{'T1' if n % 2 else 'T2'};R{n};{n},5"
        for n in range(ROWS)
    ]
    return [line.encode() for line in (CONTACT_HEADER, *rows)]


def damage(raw: bytes, rng: random.Random) -> bytes:
    """One to four changes: a bit, a byte, a piece put in, a piece taken out, a tail cut off."""
    content = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(content)) if len(content) else 0
        kind = rng.randrange(5)
        if kind == 0 and content:
            content[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and content:
            content[place] = rng.randrange(256)
        elif kind == 2:
            content[place:place] = rng.choice(PIECES) if rng.random() < 0.7 else rng.randbytes(rng.randint(1, 9))
        elif kind == 3:
            del content[place : place + rng.randint(1, 30)]
        elif rng.random() < 0.2:
            del content[place:]
    return bytes(content)


def damaged_file(number: int, rng: random.Random) -> Damaged:
    lines = good_lines(MONTHS[number // 28 % len(MONTHS)], number % 28 + 1)
    raw = damage(b"\n".join(lines) + b"\n", rng)
    good = set(lines[1:])
    physical = raw.split(b"\n")
    untouched = {place: line for place, line in enumerate(physical, 1) if place > 1 and line in good}
    return Damaged(f"contacts_{number:05d}.csv", raw, untouched)


def deliver(extracts: Extracts, file: Damaged) -> None:
    extracts.deliver(file.name, file.raw)
    marker = extracts.var / "extracts" / f"{file.name}.complete"
    content = json.loads(marker.read_text())
    marker.write_text(json.dumps({**content, "rows": None}))  # the sender did not count


def fresh(extracts: Extracts) -> None:
    """An empty store and none of the earlier files."""
    for file in extracts.store.rglob("*"):
        if file.is_file() and file.name != ".lock":
            file.unlink()
    for file in (extracts.var / "extracts").glob("contacts_*"):
        file.unlink()


def check(extracts: Extracts, reports: dict[str, FileReport], files: list[Damaged]) -> int:
    """Every row of every file is accounted for; the number of untouched rows that were looked at."""
    refused = extracts.quarantine()
    looked = 0
    for file in files:
        report = reports[file.name]
        physical = file.raw.count(b"\n") + (not file.raw.endswith(b"\n")) - 1
        assert report.rows == physical == report.accepted + sum(report.quarantined.values()), file.raw
        of_file = refused[refused["file"] == file.name] if len(refused) else refused
        reasons = dict(zip(of_file["line"].astype(int), of_file["reason"], strict=True))
        assert len(reasons) == sum(report.quarantined.values()), file.raw
        lost = {reasons[line] for line in file.untouched if line in reasons} - MAY_FALL
        assert not lost, (lost, file.raw)
        looked += len(file.untouched)
    return looked


def names_nobody(text: str) -> bool:
    return ANNA[:6] not in text and ANNA[-5:] not in text


def _try(extracts: Extracts) -> Outcome | str:
    try:
        return extracts.ingest()
    except LuotainError as error:
        return str(error)


def ingest(extracts: Extracts, files: list[Damaged]) -> tuple[int, int]:
    """Ingest the files together; one that refuses the batch is left out and counted, and must be told in a sentence."""
    fresh(extracts)
    for file in files:
        deliver(extracts, file)
    refusing = 0
    while True:
        refused = _try(extracts)
        if isinstance(refused, Outcome):
            break
        (guilty,) = [file for file in files if refused.startswith(file.name)]
        assert names_nobody(refused), guilty.raw
        assert "\n" not in refused
        files = [file for file in files if file is not guilty]
        (extracts.var / "extracts" / guilty.name).unlink()
        (extracts.var / "extracts" / f"{guilty.name}.complete").unlink()
        refusing += 1
    outcome = refused
    looked = check(extracts, {report.name: report for report in outcome.files}, files)
    assert not [file for file in extracts.store.rglob("*") if file.is_file() and ANNA.encode() in file.read_bytes()]
    return looked, refusing


@pytest.mark.proof("ingest_fuzz")
def test_I_random_damage_loses_no_row_and_names_nobody(
    extracts: Extracts, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], var: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    wanted, rng = count("ingest_fuzz", small=150, full=5000), random.Random(20260101)
    looked = refusing = 0
    for first in range(0, wanted, TOGETHER):
        files = [damaged_file(number, rng) for number in range(first, min(first + TOGETHER, wanted))]
        of_batch = ingest(extracts, files)
        looked, refusing = looked + of_batch[0], refusing + of_batch[1]
    assert looked > wanted * ROWS // 2  # most rows were untouched, so the promise was really put to the test
    assert refusing < wanted / 2
    captured = capsys.readouterr()
    assert names_nobody(caplog.text + captured.out + captured.err)
    assert var.exists()
