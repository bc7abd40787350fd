"""Writers of the audit log that are there to be killed: one line on stdin, one process, its id on stdout."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from serving.records.database import Place
from serving.records.entries import Actor, AuditEvent
from serving.records.logs import Records

ACTOR = Actor("a", "coordinator", "o", "u", "session")


def write_on(folder: str, url: str, said: str) -> None:
    """Audit for ever; every number that was acknowledged is one line of the file `said`."""
    records = Records(Place(Path(folder), sa.make_url(url) if url else None), lambda: datetime.now(UTC))
    lines = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        os.write(lines, f"{records.audit(AuditEvent('answer', 'ok', ACTOR, 'r', 'role'))}\n".encode())


def main() -> None:
    """Give birth as often as asked; the dead are buried by the system."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            write_on(*line.rstrip("\n").split("\t"))
        print(child, flush=True)


if __name__ == "__main__":
    main()
