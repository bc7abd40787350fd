"""A contacts register of any size, of fictional people, in which the bad rows of every kind are counted.

The second row of a duplicate or a conflict lies a block later, so that it is found across the pieces of the file.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from features.identity import CHECK_CHARACTERS

PEOPLE = 200_000
ROWS_PER_BLOCK = 400_000
BAD_SHARE = 0.01
UNTIL = "2024-12-31"
HEADER = (
    "henkilotunnus;alkoi;kirjattu;sektori;palvelu;yhteystapa;ammatti;ammattihenkilo;kiireellisyys;syy;toteuma;"
    "kesto_min;yksikko;organisaatio\n"
)
FIRST_VISIT, FIRST_BAD = datetime(2015, 1, 1, 8), datetime(2018, 1, 1, 8)
DAY_S = 86_400

SERVICES = {"T11": "gp_visit", "T40": "nurse_visit", "T50": "physiotherapy", "T60": "oral_health", "T90": "other"}
CONTACTS = {
    "source": "bench/contacts",
    "table": "contacts",
    "files": "extracts/contacts.csv",
    "format": {"type": "csv", "separator": ";", "decimal": ","},
    "recording_delay_days": 3,
    "legacy_org": {"from": "organisaatio", "codes": {"L01": "west", "L02": "east"}},
    "columns": {
        "client_id": {"from": "henkilotunnus", "pseudonymise": "henkilotunnus"},
        "time": {"from": "alkoi", "format": "%Y-%m-%d %H:%M:%S"},
        "recorded_at": {"from": "kirjattu", "format": "%Y-%m-%d %H:%M:%S"},
        "sector": {"from": "sektori", "codes": {"PTH": "primary", "ESH": "specialised"}},
        "service": {"from": "palvelu", "codes": SERVICES},
        "channel": {"from": "yhteystapa", "codes": {"R10": "in_person", "R50": "phone", "R80": "digital"}},
        "profession": {"from": "ammatti", "codes": {"221": "physician", "222": "nurse"}},
        "professional_id": {"from": "ammattihenkilo", "pseudonymise": "plain"},
        "urgency": {"from": "kiireellisyys"},
        "reason": {"from": "syy"},
        "status": {"from": "toteuma", "codes": {"T": "done", "E": "no_show", "S": "planned"}},
        "minutes": {"from": "kesto_min"},
        "unit": {"from": "yksikko"},
    },
}
RESIDENTS = {
    "source": "bench/people",
    "table": "residents",
    "files": "extracts/people.csv",
    "format": {"type": "csv", "separator": ";"},
    "recording_delay_days": 0,
    "legacy_org": {"value": "county"},
    "columns": {
        "client_id": {"from": "henkilotunnus", "pseudonymise": "henkilotunnus"},
        "birth_year": {"from": "syntynyt"},
        "sex": {"value": "female"},
        "language": {"value": "fi"},
        "municipality": {"value": "901"},
        "history_start": {"value": "2010-01-01"},
        "valid_from": {"value": "2010-01-01"},
        "died_on": {"from": "kuollut"},
        "non_disclosure": {"value": False},
    },
}


@dataclass(frozen=True)
class Planted:
    """What the file holds: physical rows, and the rows of every kind of fault."""

    size: int
    rows: int
    refused: dict[str, int]


@dataclass(frozen=True)
class Bad:
    """Lines of one fault, those that come a block later, and the reasons that they are refused for."""

    now: bytes
    reasons: dict[str, int]
    later: bytes = b""


def fictional(birth: str, separator: str, number: int) -> str:
    """An official fictional henkilötunnus: individual number 900–999."""
    return f"{birth}{separator}{number}{CHECK_CHARACTERS[int(f'{birth}{number}') % 31]}"


ALIVE, DEAD = fictional("010140", "-", 900), fictional("020240", "-", 900)
YOUNG, OLD = fictional("010120", "A", 900), fictional("010195", "+", 900)
STRANGER = fictional("030340", "-", 900)
SPECIAL = {ALIVE: (1940, ""), DEAD: (1940, "2010-06-30"), YOUNG: (2020, ""), OLD: (1895, "")}


def make(folder: Path, size: int) -> Planted:
    """The extracts, their mappings and their markers, of about `size` bytes; kept for the next run."""
    note = folder / "planted.json"
    if note.exists():
        return Planted(**json.loads(note.read_text()))
    for part in ("extracts", "sources"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for mapping in (RESIDENTS, CONTACTS):
        (folder / "sources" / f"{mapping['table']}.yaml").write_text(yaml.safe_dump(mapping))
    people = _people()
    _write_people(folder, people)
    planted = _write_contacts(folder, people, size)
    note.write_text(json.dumps(asdict(planted)))
    return planted


def _people() -> NDArray[np.object_]:
    """Fictional people born 1945–1999, none of them one of the special ones."""
    days = (np.datetime64("1945-01-01") + np.arange(PEOPLE // 50)).astype(datetime)
    births = [day.strftime("%d%m%y") for day in days]
    return np.array([fictional(birth, "-", 920 + n) for birth in births for n in range(50)], object)


def _write_people(folder: Path, people: NDArray[np.object_]) -> None:
    lines = [f"{person};19{person[4:6]};" for person in people]
    lines += [f"{person};{born};{died}" for person, (born, died) in SPECIAL.items()]
    file = folder / "extracts" / "people.csv"
    file.write_text("henkilotunnus;syntynyt;kuollut\n" + "\n".join(lines) + "\n", encoding="utf-8")
    _mark(file, len(lines))


def _write_contacts(folder: Path, people: NDArray[np.object_], size: int) -> Planted:
    file, rng = folder / "extracts" / "contacts.csv", np.random.default_rng(3)
    order, faults, refused, later = rng.permutation(people), _faults(), Counter[str](), b""
    first = rows = 0
    with file.open("wb") as stream:
        stream.write(HEADER.encode())
        while stream.tell() < size:
            bad = [next(faults) for _ in range(int(ROWS_PER_BLOCK * BAD_SHARE))]
            block = _mixed(_good(order, first, rng), [one.now for one in bad]) + later
            later = b"".join(one.later for one in bad)
            refused.update(reason for one in bad for reason, n in one.reasons.items() for _ in range(n))
            rows += stream.write(block) and block.count(b"\n")
            first += ROWS_PER_BLOCK
        stream.write(later)
        written = stream.tell()
    rows += later.count(b"\n")
    _mark(file, rows)
    return Planted(written, rows, dict(refused))


def _good(order: NDArray[np.object_], first: int, rng: np.random.Generator) -> list[bytes]:
    """Good rows: of every person one contact in every 30 days."""
    row = np.arange(first, first + ROWS_PER_BLOCK)
    start = row // len(order) * 30 * DAY_S + rng.integers(0, 29 * DAY_S, len(row))
    time = np.datetime64(FIRST_VISIT, "s") + start
    recorded = time + rng.integers(0, 2 * DAY_S, len(row))
    _to_noon(time)
    _to_noon(recorded)
    columns = {
        "person": pa.array(order[row % len(order)], pa.string()),
        "time": pa.array(time),
        "recorded": pa.array(np.maximum(recorded, time)),
        **{name: _picked(values, rng, len(row)) for name, values in _CODED.items()},
    }
    sink = io.BytesIO()
    form = arrow_csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    arrow_csv.write_csv(pa.table(columns), sink, form)
    return sink.getvalue().splitlines(keepends=True)


def _to_noon(times: NDArray[np.datetime64]) -> None:
    """Move what lies in March to noon: no fault by chance in the skipped hour of spring."""
    is_march = times.astype("datetime64[M]").astype(int) % 12 == 2
    times[is_march] = times[is_march].astype("datetime64[D]") + np.timedelta64(DAY_S // 2, "s")


_CODED = {
    "sector": ["PTH", "ESH"],
    "service": list(SERVICES),
    "channel": ["R10", "R50", "R80"],
    "profession": ["221", "222", ""],
    "professional": [f"terveysasema_{unit}.tekija.{n}" for unit in range(901, 941) for n in range(50)],
    "urgency": ["non_urgent", "urgent", "emergency"],
    "reason": [f"{letter}{n:02d}" for letter in "ADKLPRT" for n in range(1, 99)],
    "status": ["T", "E"],
    "minutes": ["", "12,5", *map(str, range(5, 90, 5))],
    "unit": [f"terveysasema_{unit}" for unit in range(901, 941)],
    "organisation": ["L01", "L02"],
}


def _picked(values: list[str], rng: np.random.Generator, n: int) -> pa.Array:
    places = pa.array(rng.integers(0, len(values), n, dtype=np.int32))
    return pa.array(values).take(places)


def _mixed(good: list[bytes], bad: list[bytes]) -> bytes:
    step = len(good) // len(bad)
    mixed = []
    for place, lines in enumerate(bad):
        mixed += good[place * step : (place + 1) * step]
        mixed.append(lines)
    return b"".join([*mixed, *good[len(bad) * step :]])


def _faults() -> Iterator[Bad]:
    """Bad rows without end, one kind after the other, each at a minute of its own."""
    n = 0
    while True:
        for kind in _KINDS:
            yield kind((FIRST_BAD + timedelta(minutes=n)).strftime("%Y-%m-%d %H:%M:%S"))
            n += 1
            if (FIRST_BAD + timedelta(minutes=n)).month == 3:
                n += 31 * 24 * 60  # no fault by chance: the skipped hour of spring


def _row(time: str, person: str = ALIVE, **cells: str) -> bytes:
    given = {"sector": "PTH", "service": "T11", "urgency": "urgent", "reason": "A01", "status": "T", "minutes": "30"}
    of = {**given, **cells}
    return (
        f"{person};{of.get('own_time', time)};{of.get('recorded', of.get('own_time', time))};{of['sector']};"
        f"{of['service']};R10;221;tekija.1;{of['urgency']};{of['reason']};{of['status']};{of['minutes']};unit;L01\n"
    ).encode()


def _one(why: str, **cells: str) -> Callable[[str], Bad]:
    return lambda time: Bad(_row(time, **cells), {why: 1})


def _cut(time: str) -> Bad:
    return Bad(_row(time).replace(b";unit;L01", b""), {"too_few_fields": 1})


def _long(time: str) -> Bad:
    return Bad(_row(time).replace(b";unit;L01", b";unit;L01;x"), {"too_many_fields": 1})


def _broken_in_quotes(time: str) -> Bad:
    return Bad(_row(time, reason='"A01\nand more"'), {"unclosed_quote": 2})


def _latin(time: str) -> Bad:
    return Bad(_row(time, reason="A?1").replace(b"A?1", b"A\xe41"), {"bad_encoding": 1})


def _twice(time: str) -> Bad:
    return Bad(_row(time), {"duplicate": 1}, _row(time))


def _clash(time: str) -> Bad:
    return Bad(_row(time), {"conflict": 2}, _row(time, minutes="31"))


_KINDS = (
    _cut,
    _long,
    _broken_in_quotes,
    _latin,
    _one("control_character", reason="A\x0001"),
    _one("bad_identifier", person=ALIVE[:-1] + CHECK_CHARACTERS[CHECK_CHARACTERS.index(ALIVE[-1]) - 1]),
    _one("bad_time", own_time="2018-02-30 10:00:00"),
    _one("bad_time", own_time="2018-03-25 03:30:00"),
    _one("bad_number", minutes="abc"),
    _one("bad_number", minutes="NaN"),
    _one("out_of_range", minutes="-5"),
    _one("missing_value", status=""),
    _one("unknown_code", service="T99"),
    _one("not_allowed_value", urgency="K9"),
    _one("future_event", own_time="2026-01-01 10:00:00"),
    _one("too_far_ahead", own_time="2030-01-01 10:00:00", recorded="2018-01-01 10:00:00", status="S"),
    _one("orphan", person=STRANGER),
    _one("before_birth", person=YOUNG),
    _one("after_death", person=DEAD),
    _one("older_than_120", person=OLD),
    _twice,
    _clash,
)


def _mark(file: Path, rows: int) -> None:
    with file.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    marker = {"sha256": checksum, "rows": rows, "covers_until": UNTIL}
    file.with_name(file.name + ".complete").write_text(json.dumps(marker))
