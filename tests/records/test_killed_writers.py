"""A killed writer of the logs loses no acknowledged entry."""

import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from serving.records.chain.chained import verify_table
from serving.records.database import Place, open_logs
from serving.records.schema import AUDIT_LOG
from tests.counts import count


@pytest.fixture(scope="module")
def nursery():
    """A process that has imported everything once and gives birth to writers, which are then killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.records.writers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.stdin.close()


@pytest.mark.proof("audit_kills")
def test_F12_a_killed_writer_loses_no_acknowledged_entry(place: Place, nursery, tmp_path):
    """Three writers side by side; one is killed with kill -9 at whatever it is doing, and another takes its place."""
    kills = count("audit_kills", small=3, full=50)
    open_logs(place).dispose()
    said = tmp_path / "acknowledged"
    asked = [str(place.folder), place.url.render_as_string(hide_password=False) if place.url else "", str(said)]
    writers = [born(nursery, asked) for _ in range(3)]
    for number in range(kills):
        waited_for(said, 10 * (number + 1))
        time.sleep(0.001 * (number % 17))
        os.kill(writers.pop(0), signal.SIGKILL)
        writers.append(born(nursery, asked))
    for writer in writers:
        os.kill(writer, signal.SIGKILL)
    acknowledged = [int(line) for line in said.read_bytes().split(b"\n")[:-1]]
    engine = open_logs(place)
    result = verify_table(engine, AUDIT_LOG)
    with engine.connect() as connection:
        there = set(connection.execute(sa.select(AUDIT_LOG.c.seq)).scalars())
    engine.dispose()
    assert len(acknowledged) >= 10 * kills
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) - there == set()
    assert result.first_bad is None


def born(nursery, asked):
    nursery.stdin.write(("\t".join(asked) + "\n").encode())
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def waited_for(said, lines):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if said.exists() and said.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.005)
    raise AssertionError("The writers wrote nothing for two minutes.")
