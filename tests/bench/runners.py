"""One runner in a process of its own: `python -m tests.bench.runners NAME FILE OUT TIMES` (started by histories)."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np

from tests.bench.measure import best_of, peak_bytes


def main(name: str, file: Path, out: Path, times: int) -> None:
    """Run it some times, keep its frame for the comparison, print its figures."""
    frame = import_module(f"tests.bench.peers.{name}").frame
    result, timed = best_of(times, lambda: frame(file))
    peak = peak_bytes()
    np.save(out, np.ascontiguousarray(result))
    print(json.dumps({"name": name, "peak_bytes": peak, "rows": len(result), **asdict(timed)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
