"""A log of a million entries, verified: `make bench-log`.  Also how many entries a second the service can commit.

The entries are of the kinds and sizes that the service writes: of ten one is a whole client page (six models), six are
one answer each and three have no answer (tests/bench/logged_answer.json is the detail of a page of the demo).  Both
databases; PostgreSQL is a private server, and is left out (and said) where the machine has none.
"""

import json
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from configs.loader import var_folder
from serving.records.chain.chained import verify_table
from serving.records.database import Place
from serving.records.entries import AuditEvent
from serving.records.logs import Records
from serving.records.schema import AUDIT_LOG
from tests.bench.report import Figure, finish, tell
from tests.features.sources.postgres import DEBIAN, server
from tests.records.long_log import ACTOR, fill

ENTRIES = int(os.environ.get("LUOTAIN_BENCH_ENTRIES", "1_000_000"))
VERIFY_SECONDS = 60.0
WRITERS, EACH = 8, 100
WANTED_PER_SECOND = 100.0
"""The load that one service is to bear, an entry per answer."""


def main() -> None:
    """Fill, verify, commit; on each database."""
    figures: dict[str, Figure] = {}
    folder = var_folder("var/bench") / "log"
    shutil.rmtree(folder, ignore_errors=True)
    for name, place in places(folder):
        figures |= {f"{name}_{key}": figure for key, figure in measured(name, place).items()}
    shutil.rmtree(folder, ignore_errors=True)
    print(
        "database     " + " ".join(f"{key:>24}" for key in ("seconds", "CPU seconds", "commits per second", "p99 ms"))
    )
    for name in dict.fromkeys(key.split("_")[0] for key in figures):
        keys = ("verify_million", "verify_cpu", "commits", "commit_p99")
        print(f"{name:<12} " + " ".join(f"{figures[f'{name}_{key}'].value:>24.1f}" for key in keys))
    finish(figures)


def places(folder: Path) -> Iterator[tuple[str, Place]]:
    """An empty place in each database."""
    (folder / "records").mkdir(parents=True)
    yield "sqlite", Place(folder / "records")
    if not list(DEBIAN.glob("*/bin/initdb")):
        tell(f"log: no PostgreSQL under {DEBIAN}, left out")
        return
    with server() as url:
        yield "postgresql", Place(folder / "records", sa.make_url(url))


def measured(name: str, place: Place) -> dict[str, Figure]:
    """The figures of one database."""
    records = Records(place, lambda: datetime.now(UTC))
    waits, seconds = commits(records)
    tell(f"log: {name}: {WRITERS * EACH} commits by {WRITERS} writers in {seconds:.1f} s")
    started = time.perf_counter()
    fill(records, ENTRIES - WRITERS * EACH - 1, details())
    tell(f"log: {name}: filled in {time.perf_counter() - started:.0f} s")
    wall, cpu = time.perf_counter(), time.process_time()
    found = verify_table(records.engine, AUDIT_LOG)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert (found.entries, found.first_bad) == (ENTRIES, None)
    records.close()
    return {
        "verify_million": Figure(wall * 1e6 / ENTRIES, "s", at_most=VERIFY_SECONDS),
        "verify_cpu": Figure(cpu * 1e6 / ENTRIES, "s"),
        "commits": Figure(WRITERS * EACH / seconds, "1/s", at_least=WANTED_PER_SECOND),
        "commit_p99": Figure(statistics.quantiles(waits, n=100)[-1] * 1e3, "ms"),
    }


def commits(records: Records) -> tuple[list[float], float]:
    """Seconds that each entry of several writers at once took, and all of them together."""
    said, waits = details(), []
    event = AuditEvent("answer", "ok", ACTOR, "request", "care_relationship", client_id="0" * 32)

    def write(number: int) -> None:
        for turn in range(EACH):
            started = time.perf_counter()
            records.audit(AuditEvent(**{**vars(event), "detail": said[(number + turn) % len(said)]}))
            waits.append(time.perf_counter() - started)

    records.audit(event)
    with records.engine.begin() as connection:  # the first entry opened and migrated the database: not counted
        assert connection.execute(sa.select(sa.func.count()).select_from(AUDIT_LOG)).scalar_one() == 1
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    started = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return waits, time.perf_counter() - started


def details() -> list[dict[str, Any]]:
    """Ten details in the proportions of a day."""
    page: dict[str, Any] = json.loads(Path(__file__).with_name("logged_answer.json").read_text(encoding="utf-8"))
    one = [{**page, "answers": [answer]} for answer in page["answers"]]
    return [page, *one[:6], {}, {}, {}]


if __name__ == "__main__":
    main()
