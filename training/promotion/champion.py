"""How the candidate compares with what is live, on the candidate's own hold-out."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from configs.errors import ModelError
from configs.workspace import Workspace
from evaluation.held_out.stored import PREDICTIONS_FILE
from features.frames import read_frame
from models.bundles.bundle import Bundle
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.model import DemandModel
from models.flow.model import FlowModel
from models.needs.need import NeedModel
from models.registry import RegisteredBundle, Registry
from models.segments.segmentation import SegmentationModel
from training.promotion import again
from training.promotion.gates import Gain, Gate
from training.promotion.pairing import How, client_gains, on_common, same_rows, series_gain

BACKTEST_FILE = "backtest.parquet"
LEAST_COMMON = 0.9
"""Share of the candidate's forecast periods that the champion must have forecast too."""
PERIODS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "demand": (("series_id", "origin", "ds"), ("series_id",)),
    "flow": (("stage", "measure", "origin", "ds"), ("stage", "measure")),
}
"""Per kind: what tells two forecasts apart, and what a series is."""
CLIENT_MODELS: Mapping[str, Any] = {"need": NeedModel, "segmentation": SegmentationModel}


@dataclass(frozen=True)
class Compared:
    """The gains by metric; `untold` says why there is none."""

    gains: Mapping[str, Gain] = field(default_factory=dict)
    untold: str = ""


@dataclass(frozen=True)
class Pair:
    """A candidate beside the champion, with the doors to what is stored of them."""

    candidate: RegisteredBundle
    champion: RegisteredBundle
    registry: Registry
    workspace: Workspace

    def stored(self, version: RegisteredBundle, file: str) -> pd.DataFrame:
        """A stored table of a version's run."""
        return read_frame(self.registry.artefact(version.run_id, file))

    def bundle(self, version: RegisteredBundle) -> Bundle:
        """A version's bundle, verified."""
        with tempfile.TemporaryDirectory() as folder:
            fetched = self.registry.fetch(version.name, version.version, Path(folder) / "bundle")
            return verify_bundle(fetched, trusted_keys(self.workspace.keys))


def compared(pair: Pair, gate: Gate) -> Compared:
    """The gains that the gate asks for.  A comparison that cannot be made is told, never skipped."""
    names = [rule.metric for rule in gate.not_worse_than_champion]
    if not names:
        return Compared()
    try:
        return Compared(_gains(pair, names))
    except ModelError as error:
        return Compared(untold=f"not comparable with version {pair.champion.version}: {str(error).rstrip('.')}")


def _gains(pair: Pair, names: Sequence[str]) -> Mapping[str, Gain]:
    kind = pair.candidate.kind
    if pair.champion.kind != kind:
        raise ModelError(f"the champion is a {pair.champion.kind} model")
    if kind in CLIENT_MODELS:
        rows, how = _client_rows(pair)
        return client_gains(rows, names, how)
    if kind in PERIODS:
        return _series_gains(pair, names)
    raise ModelError(f"models of the kind {kind} store no hold-out")


def _client_rows(pair: Pair) -> tuple[pd.DataFrame, How]:
    ours = pair.stored(pair.candidate, PREDICTIONS_FILE)
    paired = same_rows(ours, pair.stored(pair.champion, PREDICTIONS_FILE))
    if paired is not None:
        return paired, "stored"
    cls = CLIENT_MODELS[pair.candidate.kind]
    models = cls.from_bundle(pair.bundle(pair.candidate)), cls.from_bundle(pair.bundle(pair.champion))
    return again.client_rows(ours, pair.candidate, models, pair.registry, pair.workspace), "scored again"


def _series_gains(pair: Pair, names: Sequence[str]) -> dict[str, Gain]:
    if list(names) != ["mase"]:
        raise ModelError(f"sums are compared by mase, the gate asks for {', '.join(names)}")
    ours, kind = pair.stored(pair.candidate, BACKTEST_FILE), pair.candidate.kind
    rows, keys = PERIODS[kind]
    how: How = "stored"
    common = on_common(ours, pair.stored(pair.champion, BACKTEST_FILE), rows, "value", keys, LEAST_COMMON)
    if common is None:
        how = "scored again"
        common = on_common(ours, _again(pair), rows, "value", keys, LEAST_COMMON)
    found = series_gain(*common, how) if common else None
    if found is None:
        raise ModelError("the champion forecasts less than nine tenths of the candidate's periods")
    return {"mase": found}


def _again(pair: Pair) -> pd.DataFrame:
    bundle = pair.bundle(pair.champion)
    if pair.candidate.kind == "flow":
        return again.flow_table(pair.candidate, FlowModel.from_bundle(bundle).config, pair.workspace)
    ours, champion = (DemandModel.from_bundle(one).config for one in (pair.bundle(pair.candidate), bundle))
    return again.demand_table(pair.candidate, ours, champion, pair.workspace)
