"""Golden rows: synthetic inputs and the numbers a model gave for them on the day it was trained.

A bundle carries them, so that whoever loads it can see that it still says the same.  No client's row is among them:
each column is drawn on its own from the middle of the training distribution.  The SHA-256 of every other file stands
beside them, because a few rows do not pass through every leaf, table and sentence of a model.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from configs.errors import ModelError
from models.chain import canonical_json

GOLDEN_FILE = "golden.json"
OWN_SUM = "sha256"
TOLERANCE = 1e-9  # absolute, in the unit of each output; the same text on the same library gives 0
LOW_SHARE, HIGH_SHARE = 0.05, 0.95  # quantiles drawn from: the ends could be one person's values
DEFAULT_SEED = 20260101


def draw_rows(training: np.ndarray, count: int = 32, seed: int = DEFAULT_SEED) -> np.ndarray:
    """`count` synthetic rows (float32): every column drawn alone from its 5-95 % quantiles, its share of NaN kept."""
    rng = np.random.default_rng(seed)
    columns = [_draw_column(training[:, j], count, rng) for j in range(training.shape[1])]
    return np.stack(columns, axis=1).astype(np.float32) if columns else np.empty((count, 0), np.float32)


def with_golden(
    files: Mapping[str, bytes],
    feature_names: Sequence[str],
    rows: np.ndarray,
    outputs: Mapping[str, np.ndarray],
    seed: int = DEFAULT_SEED,
) -> dict[str, bytes]:
    """A model's files and the `golden.json` that belongs to exactly them, as a bundle holds them."""
    return {**files, GOLDEN_FILE: golden_file(feature_names, rows, outputs, seed, files)}


def golden_file(
    feature_names: Sequence[str],
    rows: np.ndarray,
    outputs: Mapping[str, np.ndarray],
    seed: int,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """The bundle file `golden.json`.  `outputs` are finite float arrays: what `golden_outputs(rows)` gave.

    `files` are the others of the bundle; a bundle whose golden file does not name each of them is refused.
    """
    values = {
        "features": list(feature_names),
        "files": _sums(files or {}),
        "outputs": {name: _listed(name, array) for name, array in outputs.items()},
        "rows": [[None if np.isnan(v) else float(v) for v in row] for row in np.asarray(rows, np.float32)],
        "seed": seed,
    }
    return canonical_json({**values, OWN_SUM: _sum(canonical_json(values))})


def golden_rows(content: bytes) -> np.ndarray:
    """The synthetic rows of a `golden.json` (float32, NaN = unknown)."""
    values = json.loads(content)
    rows = [[np.nan if v is None else v for v in row] for row in values["rows"]]
    return np.array(rows, np.float32).reshape(len(rows), len(values["features"]))


def differences(content: bytes, outputs: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Greatest absolute difference per output from those stored; infinite for one that is missing or misshapen."""
    stored = {name: np.asarray(values, np.float64) for name, values in json.loads(content)["outputs"].items()}
    return {name: _difference(stored.get(name), outputs.get(name)) for name in sorted({*stored, *outputs})}


def check(content: bytes, outputs: Mapping[str, np.ndarray]) -> None:
    """Raises ModelError when an output differs from its stored golden value by more than the tolerance."""
    found = differences(content, outputs)
    wrong = [name for name, difference in found.items() if not difference <= TOLERANCE]
    if wrong or not found:
        raise ModelError(
            f"The model does not repeat its golden rows ({', '.join(wrong) or 'none are stored'}; allowed {TOLERANCE})."
            " Retrain it with the installed libraries, or install the locked ones (`make install`)."
        )


def check_files(content: bytes, files: Mapping[str, bytes]) -> None:
    """Raises ModelError unless the other files of the bundle are those the golden rows were computed with.

    The golden file itself, whose names and rows may be damaged without a number being another, has a sum of its own.
    """
    values = json.loads(content)
    own = values.pop(OWN_SUM, None)
    named, found = values.get("files"), _sums({name: file for name, file in files.items() if name != GOLDEN_FILE})
    if own != _sum(canonical_json(values)) or content != canonical_json({**values, OWN_SUM: own}):
        named = {**found, GOLDEN_FILE: ""}
    if named != found:
        listed = named if isinstance(named, dict) else {}
        wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
        raise ModelError(
            f"The model's files are not those that its golden rows were computed with ({', '.join(wrong[:3])}). "
            "Retrain it, or promote another version."
        )


def _sums(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: _sum(content) for name, content in files.items()}


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _draw_column(column: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    known = column[~np.isnan(column)]
    shares, hidden = rng.uniform(LOW_SHARE, HIGH_SHARE, count), rng.random(count)
    if known.size == 0:
        return np.full(count, np.nan)
    drawn = np.quantile(known, shares)
    drawn[hidden < 1 - known.size / column.size] = np.nan
    return drawn


def _listed(name: str, array: np.ndarray) -> Any:
    values = np.asarray(array, np.float64)
    if not np.isfinite(values).all():
        raise ModelError(f"The golden output {name} holds a number that is not finite. Check the model's training.")
    return values.tolist()


def _difference(stored: np.ndarray | None, given: np.ndarray | None) -> float:
    if stored is None or given is None or stored.shape != np.shape(given):
        return float("inf")
    difference = float(np.max(np.abs(stored - np.asarray(given, np.float64)), initial=0.0))
    return difference if np.isfinite(difference) else float("inf")
