"""The load generator: `python -m tests.bench.serving.load <plan.json>`; a process of its own, whose cost is told apart.

Open loop: every request has a planned time (a Poisson process drawn beforehand) and is sent then, on a free connection
or a new one, however long the others take.  Its latency counts from the planned time, so that a service that stands
still is charged for every request it kept waiting.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

IDLE_SECONDS = 4.0
"""A connection that was idle longer is not used again: the service closes it after 5 s (as in deploy/nginx.conf)."""


@dataclass(frozen=True)
class Load:
    """What is sent, where to, how often."""

    host: str
    port: int
    rate: float
    seconds: float
    seed: int
    requests: list[dict[str, Any]]
    """Path, bearer token and JSON body, or path and cookie; taken in turn, each at most once per round."""

    @classmethod
    def read(cls, file: Path) -> "Load":
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def times(self) -> np.ndarray:
        """Planned seconds after the start."""
        gaps = np.random.default_rng(self.seed).exponential(1 / self.rate, int(self.rate * self.seconds * 1.5) + 100)
        planned = np.cumsum(gaps)
        return planned[planned < self.seconds]

    def message(self, number: int) -> bytes:
        """One HTTP/1.1 request, whole: a question with its token, or a page with its cookie."""
        one = self.requests[number % len(self.requests)]
        if "cookie" in one:
            opened = (f"GET {one['path']} HTTP/1.1", f"host: {self.host}:{self.port}", f"cookie: {one['cookie']}")
            return "\r\n".join(opened).encode("ascii") + b"\r\n\r\n"
        body = json.dumps(one["body"]).encode("utf-8")
        lines = (
            f"POST {one['path']} HTTP/1.1",
            f"host: {self.host}:{self.port}",
            f"authorization: Bearer {one['token']}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        )
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


@dataclass
class Seen:
    """Latency in milliseconds and HTTP status of every request; 0 = no answer."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """Milliseconds between the planned time and the sending: what the generator itself was late."""
    numbers: list[int] = field(default_factory=list)
    """Which of the planned requests each was: they are noted as they are answered."""
    connections: int = 0


async def run(load: Load) -> Seen:
    """Send everything at its time and wait for the last answer."""
    messages = [load.message(number) for number in range(len(load.requests))]
    seen, free = Seen(), list[Any]()
    started = time.perf_counter()
    sent = []
    for number, planned in enumerate(load.times().tolist()):
        await asyncio.sleep(max(0.0, started + planned - time.perf_counter()))
        message = messages[number % len(messages)]
        sent.append(asyncio.ensure_future(_ask(load, message, number, started + planned, seen, free)))
    await asyncio.wait_for(asyncio.gather(*sent), 120)
    return seen


async def _ask(load: Load, message: bytes, number: int, planned: float, seen: Seen, free: list[Any]) -> None:
    status, begun = 0, time.perf_counter()
    try:
        while free and begun - free[0][2] > IDLE_SECONDS:
            free.pop(0)[1].close()
        if free:
            reader, writer, _ = free.pop()
        else:
            reader, writer = await asyncio.open_connection(load.host, load.port)
            seen.connections += 1
        writer.write(message)
        status, closes = await _status(reader)
        if closes:
            writer.close()
        else:
            free.append((reader, writer, time.perf_counter()))
    except (OSError, asyncio.IncompleteReadError, ValueError):
        status = 0
    seen.milliseconds.append((time.perf_counter() - planned) * 1000)
    seen.statuses.append(status)
    seen.numbers.append(number)
    seen.late.append((begun - planned) * 1000)


async def _status(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status of one answer, whose body is read to its end, and whether the service ends the connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lines = head.split("\r\n")
    length = next(line for line in lines if line.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(head.split(" ", 2)[1]), "connection: close" in lines


def main() -> None:
    """Run the plan and print what was seen as JSON."""
    load = Load.read(Path(sys.argv[1]))
    wall, cpu = time.perf_counter(), time.process_time()
    seen = asyncio.run(run(load))
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({**vars(seen), **spent}))


if __name__ == "__main__":
    main()
