"""The gate refuses with reasons, and of two promotions at once only one can win."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import GateError, ModelError
from configs.loader import load_config
from evaluation.evaluate import recomputed
from tests.training.promotion import desk_case
from tests.training.promotion.desk_case import GATE, GATES, GOOD, NAME, Nothing, another_version
from training import promote as command
from training import rollback as rollback_command
from training.promote import promote
from training.promotion.desk import Desk
from training.promotion.gates import Comparison, Gain, Gate, Gates, Limit, judge, refusals
from training.tracking import tracked_run

template, desk = desk_case.template, desk_case.desk
STANDING = {"owner_fields_missing": 3.0}


@pytest.mark.parametrize(
    "change,                                 gain,          refused_for",
    [
        ({}, None, []),
        ({}, (-0.02, 0.001), []),  # chance alone could be behind it
        ({}, (-0.03, -0.009), []),  # surely worse, but by less than the margin of 0.01
        ({}, (-0.03, -0.011), ["auroc not worse than the champion's"]),
        ({}, (None, None), ["auroc not worse than the champion's"]),  # nothing could be drawn: the difference decides
        ({}, (), ["auroc not worse than the champion's"]),  # not comparable is not good
        ({"auroc": 0.69}, None, ["auroc better than the baseline's"]),
        ({"auroc": 0.7}, None, ["auroc better than the baseline's"]),  # equal is not better
        ({"baseline_auroc": None}, None, ["auroc better than the baseline's"]),
        ({"calibration_slope": 0.69}, None, ["calibration_slope"]),
        ({"calibration_slope": 1.31}, None, ["calibration_slope"]),
        ({"complexity_calibration_slope": 2.0}, None, ["complexity_calibration_slope"]),
        ({"boosting_machine_complexity_calibration_slope": 2.0}, None, []),  # measured beside, does not answer
        ({"baseline_calibration_slope": 9.0}, None, []),  # the baseline need not be calibrated
        ({"additivity_max_error": 2e-9}, None, ["additivity_max_error"]),
        ({"additivity_max_error": None}, None, ["additivity_max_error"]),  # not measured is not good
        ({"auroc": 0.5, "calibration_slope": 0.1}, None, ["auroc better than the baseline's", "calibration_slope"]),
    ],
)
def test_the_gate(change: dict[str, float | None], gain: tuple[float, ...] | None, refused_for: list[str]) -> None:
    metrics = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    found = {"auroc": Gain(0.75, 0.77, gain[0], gain[1], 300, "stored")} if gain else {}
    checks = judge(GATE, metrics, None if gain is None else found)
    assert [check.rule for check in checks if not check.passed] == refused_for
    assert len(refusals(checks)) == len(refused_for)
    assert all(check.do for check in checks if not check.passed)


@pytest.mark.parametrize(
    "value, low, high, passed",
    [(0.90, 0.85, 0.95, True), (0.87, 0.84, 0.90, True), (0.87, 0.86, 0.879, False), (0.95, 0.93, 0.97, False)],
)
def test_a_limit_by_interval_is_failed_only_surely(value: float, low: float, high: float, passed: bool) -> None:
    gate = Gate(beats_baseline=(), limits={"coverage": Limit(low=0.88, high=0.92, by_interval=True)})
    found = judge(gate, {"coverage": value, "coverage_low": low, "coverage_high": high}, None)
    assert [check.passed for check in found] == [passed]


def test_a_lower_error_is_better_where_the_gate_says_so() -> None:
    gate = Gate(beats_baseline=(Comparison(metric="mase", better="lower", margin=0.05),))
    for mase, refused in ((0.80, 0), (0.87, 1), (0.95, 1)):
        assert len(refusals(judge(gate, {"mase": mase, "baseline_mase": 0.9}, None))) == refused


def test_the_projects_gates_cover_every_kind_of_model_and_demand_additivity() -> None:
    gates = load_config("configs/gates.yaml", Gates)
    assert set(gates.kinds) == {"segmentation", "need", "demand", "flow"}
    for kind in ("segmentation", "need"):
        assert gates.kinds[kind].limits["additivity_max_error"].high == 1e-9
        assert gates.kinds[kind].beats_baseline


def test_a_good_candidate_becomes_champion_and_the_ledger_says_who_when_and_why(desk: Desk) -> None:
    assert promote(desk, NAME, GATES) == "need_demo: version 1 is live now."
    champion = desk.registry.champion(NAME)
    assert champion is not None
    assert champion.version == "1"
    (chained,) = desk.ledger.entries()
    entry = chained.entry
    assert (entry["act"], entry["who"], entry["why"], entry["version"]) == ("promote", "tester", "a test", "1")
    assert entry["bundle_sha256"] == champion.sha256
    assert entry["metrics"] == GOOD | STANDING
    assert entry["metrics_before"] == {}
    assert promote(desk, NAME, GATES) == "need_demo: version 1 is live already."
    assert len(desk.ledger.entries()) == 1


def test_a_worse_candidate_is_refused_and_the_champion_stays(desk: Desk) -> None:
    promote(desk, NAME, GATES)
    another_version(desk.registry, {**GOOD, "auroc": 0.6})
    with pytest.raises(GateError, match=r"version 2 is refused.*0\.6000 against 0\.7000.*simpler model serve"):
        promote(desk, NAME, GATES)
    champion = desk.registry.champion(NAME)
    assert champion is not None
    assert champion.version == "1"


def test_a_comparison_that_cannot_be_made_is_told_and_refused(desk: Desk) -> None:
    promote(desk, NAME, GATES)
    another_version(desk.registry, GOOD)
    with pytest.raises(GateError, match="not comparable with version 1: models of the kind booster store no hold-out"):
        promote(desk, NAME, Gates(kinds={"booster": GATE}))


def test_F16_of_two_promotions_at_once_one_wins_and_the_other_is_told(desk: Desk) -> None:
    seen_by_both = desk.ledger.live(NAME)
    values = {"name": NAME, "version": "1", "previous": None, "at": "2026-11-01T10:00:00+00:00"}
    desk.ledger.append(seen_by_both, values)
    with pytest.raises(GateError, match="written first"):
        desk.ledger.append(seen_by_both, {**values, "version": "2"})
    live = desk.ledger.live(NAME)
    assert live is not None
    assert live.version == "1"
    assert len(desk.ledger.entries()) == 1


def changed_byte(bundle: Path) -> None:
    content = bytearray((bundle / "booster.txt").read_bytes())
    content[100] ^= 1
    (bundle / "booster.txt").write_bytes(bytes(content))


def extra_file(bundle: Path) -> None:
    (bundle / "code.py").write_text("x = 1")


@pytest.mark.parametrize("damage", [changed_byte, extra_file])
def test_F3_a_bundle_that_is_not_as_signed_is_never_promoted(desk: Desk, damage: Callable[[Path], None]) -> None:
    damage(desk.registry.artefact(desk.registry.version(NAME, "1").run_id, "bundle"))
    with pytest.raises(ModelError, match="is refused"):
        promote(desk, NAME, GATES)
    assert desk.registry.champion(NAME) is None


def test_logged_metrics_must_follow_from_the_stored_predictions(desk: Desk) -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.9, 300)
    rows = {"row": range(300), "client": range(300), "as_of": pd.Timestamp("2024-01-01"), "output": "need"}
    frame = pd.DataFrame({**rows, "label": (rng.random(300) < p).astype(int), "p": p, "baseline_p": 0.5})
    for logged, agrees in ((None, True), (0.99, False)):
        with tracked_run(desk.workspace, "need_other", "need", Nothing(), "a" * 64) as run:
            run.log_frame("predictions.parquet", frame)
            if logged:
                run.log_metrics({"auroc": logged})
        version = desk.registry.register("need_other", run.run_id, "0" * 64, {"kind": "need"})
        if agrees:
            assert recomputed(desk.registry, desk.registry.version("need_other", version))["auroc"] > 0.7
        else:
            with pytest.raises(ModelError, match="do not give the logged auroc"):
                recomputed(desk.registry, desk.registry.version("need_other", version))


def test_the_command_prints_reasons_and_what_is_live_and_exits_5(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gates.yaml").write_text("kinds: {booster: {beats_baseline: [{metric: auroc, better: higher}]}}\n")
    (tmp_path / "promote.yaml").write_text(f"var: var\ngates: {tmp_path}/gates.yaml\nreason: monthly\n")
    config = ["--config", str(tmp_path / "promote.yaml")]
    assert command.main(config) == 0
    assert "need_demo: version 1 is live now." in capsys.readouterr().out
    another_version(desk.registry, {"auroc": 0.5, "baseline_auroc": 0.6})
    assert command.main(config) == 5
    said = capsys.readouterr()
    assert "version 2 is refused. auroc better than the baseline's: 0.5000 against 0.6000" in said.out
    assert "version 1    bundle" in said.out
    assert "Refused: need_demo" in said.err
    assert command.main([*config, "--live-on", "2020-01-01"]) == 0
    assert "need_demo                          none" in capsys.readouterr().out
    assert command.main([*config, "--live-on", "yesterday"]) == 2
    back = [*config, "--model", NAME]
    assert rollback_command.main(back) == 2
    assert rollback_command.main([*back, "--why", "too short"]) == 2
    assert "needs a reason of at least 10 characters" in capsys.readouterr().err
    assert rollback_command.main([*config, "--model", "need_dem", "--why", "alarms since Monday"]) == 2
    assert "Did you mean `need_demo`" in capsys.readouterr().err
    assert rollback_command.main([*back, "--why", "alarms since Monday"]) == 5


def test_nothing_to_promote_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], var: Path) -> None:
    assert command.main([]) == 4
    assert "No model is registered yet" in capsys.readouterr().err
