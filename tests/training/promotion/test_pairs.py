"""Champion and candidate are measured on the same rows: stored where they are the same, else scored again."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import GateError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.held_out.stored import PREDICTIONS_FILE
from evaluation.metrics import auroc
from models.bundles.bundle import read_bundle
from models.bundles.signing import trusted_keys
from models.needs.need import NeedModel
from tests.training import small_training as small
from tests.training.promotion import world
from tests.training.promotion.world import NEED, gates
from training.promote import promote
from training.promotion import again
from training.promotion.champion import Pair, compared
from training.promotion.desk import Desk
from training.promotion.gates import Gates, judge, refusals
from training.promotion.pairing import CHAMPION_P, client_gains, on_common, same_rows, series_gain

NEED_GATE = gates().kinds["need"]


def predictions(seed: int, good: float, clients: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    label = (rng.random(clients * 2) < 0.4).astype(int)
    p = np.clip(good * label + np.random.default_rng(seed).random(clients * 2), 0.01, 1.99) / 2
    rows = {"row": range(clients * 2), "client": np.arange(clients * 2) // 2, "as_of": pd.Timestamp("2024-01-01")}
    return pd.DataFrame({**rows, "output": "need", "label": label, "p": p})


def paired(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    found = same_rows(ours, theirs)
    assert found is not None
    return found


def test_the_gain_is_of_the_same_rows_whatever_their_order() -> None:
    ours, theirs = predictions(1, 0.9), predictions(2, 0.1)
    found = client_gains(paired(ours, theirs.sample(frac=1, random_state=3)), ["auroc"], "stored")["auroc"]
    assert found.candidate == auroc(ours["label"].to_numpy(), ours["p"].to_numpy())
    assert found.champion == auroc(theirs["label"].to_numpy(), theirs["p"].to_numpy())
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.candidate - found.champion < found.high
    assert found.drawn == 200


@pytest.mark.parametrize(
    "column, value", [("label", 1), ("client", 999), ("as_of", pd.Timestamp("2024-02-01")), ("row", -1)]
)
def test_other_rows_are_never_taken_for_the_same(column: str, value: object) -> None:
    ours, theirs = predictions(1, 0.9), predictions(2, 0.1)
    theirs.loc[theirs.index[theirs["label"] == 0][0], column] = value
    assert same_rows(ours, theirs) is None
    assert same_rows(ours, predictions(2, 0.1).iloc[1:]) is None


def test_a_difference_that_a_few_clients_make_is_no_sure_one() -> None:
    few, many = (
        client_gains(paired(predictions(1, 0.30, n), predictions(2, 0.34, n)), ["auroc"], "stored") for n in (20, 4000)
    )
    assert few["auroc"].low is not None
    assert few["auroc"].high is not None
    assert few["auroc"].low < 0 < few["auroc"].high
    assert many["auroc"].high is not None
    assert many["auroc"].high < 0


def series(scale: float, origin: str = "2024-07-01") -> pd.DataFrame:
    rows = [
        (f"s{one}", origin, step, 10.0 + scale * (one % 3 + 1), 10.0, 2.0) for one in range(12) for step in range(4)
    ]
    return pd.DataFrame(rows, columns=["series_id", "origin", "ds", "value", "y", "scale"])


def test_sums_are_compared_series_by_series_on_common_periods() -> None:
    keys = (("series_id", "origin", "ds"), "value", ("series_id",))
    common = on_common(series(1.0), series(2.0), *keys, 0.9)
    assert common is not None
    found = series_gain(*common, "stored")
    assert found is not None
    assert found.candidate == pytest.approx((0.5 + 1.0 + 1.5) / 3)
    assert found.champion == pytest.approx((1.0 + 2.0 + 3.0) / 3)
    assert found.high is not None
    assert found.high < 0
    assert found.drawn == 12
    assert on_common(series(1.0), series(2.0, "2024-08-01"), *keys, 0.9) is None


@pytest.fixture
def other_hold_out(other_rows: Path, place: Workspace) -> Desk:
    """Version 1 is live; version 2 was measured on another hold-out."""
    shutil.rmtree(place.root)
    shutil.copytree(other_rows, place.root)
    return world.desk()


def test_the_champion_is_scored_again_on_the_candidates_own_hold_out(other_hold_out: Desk, place: Workspace) -> None:
    registry = other_hold_out.registry
    first, second = registry.version(NEED, "1"), registry.version(NEED, "2")
    found = compared(Pair(second, first, registry, place), NEED_GATE)
    assert found.untold == ""
    assert {one.how for one in found.gains.values()} == {"scored again"}
    folder = registry.artefact(first.run_id, "bundle")
    champion = NeedModel.from_bundle(read_bundle(folder, trusted_keys(place.keys)))
    stored = pd.read_parquet(registry.artefact(second.run_id, PREDICTIONS_FILE))
    rows = again.client_rows(stored, second, (champion, champion), registry, place)
    assert found.gains["auroc"].champion == auroc(rows["label"].to_numpy(), rows[CHAMPION_P].to_numpy())
    assert len(rows) == len(stored) < len(pd.read_parquet(registry.artefact(first.run_id, PREDICTIONS_FILE)))


def test_scoring_again_gives_the_stored_probabilities_bit_for_bit(desk: Desk, place: Workspace) -> None:
    version = desk.registry.version(NEED, "1")
    model = NeedModel.from_bundle(
        read_bundle(desk.registry.artefact(version.run_id, "bundle"), trusted_keys(place.keys))
    )
    stored = pd.read_parquet(desk.registry.artefact(version.run_id, PREDICTIONS_FILE))
    rows = again.client_rows(stored, version, (model, model), desk.registry, place)
    assert (rows[CHAMPION_P] == rows["p"]).all()
    assert desk.registry.metrics(version.run_id)["replay_share"] == 1.0


def test_registers_that_have_changed_since_make_the_comparison_impossible_and_block(
    other_hold_out: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = type(small.SNAPSHOT)(sha256="b" * 64, data_until=small.SNAPSHOT.data_until)
    monkeypatch.setattr(again, "open_snapshot", lambda _: other)
    with pytest.raises(GateError, match="not comparable with version 1: the registers have changed since"):
        promote(other_hold_out, NEED, gates())


def test_a_candidate_that_is_surely_worse_is_refused_with_both_figures(
    other_hold_out: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = again.client_rows

    def perfect_champion(*given: object) -> pd.DataFrame:
        rows = worse(*given)  # type: ignore[arg-type]
        return rows.assign(**{CHAMPION_P: np.where(rows["label"] == 1, 0.99, 0.01)})

    monkeypatch.setattr(again, "client_rows", perfect_champion)
    with pytest.raises(
        GateError, match=r"auroc not worse than the champion's: 0\.\d+ against 1\.0000 on the same rows"
    ) as told:
        promote(other_hold_out, NEED, gates())
    assert "Keep the champion, or find out what made the candidate worse." in str(told.value)
    live = other_hold_out.ledger.live(NEED)
    assert live is not None
    assert live.version == "1"


@pytest.mark.parametrize(
    "metric,                value, said",
    [
        ("owner_fields_missing", 3.0, "Name definer"),
        ("data_age_days", 93.0, "Ingest the present registers"),
        ("undeclared_changes", 1.0, "declare each break"),
        ("replay_share", 0.999, "cannot be replayed"),
        ("additivity_max_error", 2e-9, "do not add up"),
        ("one_feature_max_auroc", 0.91, "leave its family out"),
        ("waived_feature_max_auc", 0.91, "needs a signed waiver"),
        ("waived_feature_max_information", 0.61, "needs a signed waiver"),
        ("conformal_groups_short", 1.0, "sets of that group"),
    ],
)
def test_every_shipped_gate_blocks_and_says_what_to_do(metric: str, value: float, said: str) -> None:
    gate = load_config("configs/gates.yaml", Gates).kinds["segmentation"]
    (found,) = [one for one in refusals(judge(gate, {metric: value}, None)) if one.startswith(f"{metric}:")]
    assert said in found
