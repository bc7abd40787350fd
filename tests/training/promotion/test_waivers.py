"""A failed gate is passed only with a signed waiver that has not ended, and the auditor sees that it was."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from configs.errors import ConfigError, GateError
from configs.workspace import Workspace
from models.bundles.signing import load_or_create_signing_key
from models.oversight.facts import ModelFacts
from models.oversight.verdict import verdict
from serving.records.promotions import read_promotions
from tests.training.promotion.world import NEED, gates, promote_config
from training import live, waive
from training.promote import promote
from training.promotion.desk import Desk
from training.promotion.waivers import FOLDER, waivers_of, written
from training.rollback import roll_back

STRICT = gates(one_feature_max_auroc={"high": 0.501})
RULE, WHY = "one_feature_max_auroc", "The feature is known before the date; checked with the register's steward."
TODAY = datetime.now(UTC).date()


def sign(desk: Desk, until: date = TODAY + timedelta(days=30), rule: str = RULE) -> Path:
    waive.waive(desk, STRICT, NEED, rule, WHY, until)
    (file,) = (desk.workspace.records / FOLDER).glob("*.json")
    return file


def changed(key: str, value: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        values = json.loads(file.read_text())
        assert values[key] != value
        file.write_text(json.dumps({**values, key: value}))

    return change


def test_a_signed_waiver_lets_one_rule_through_and_is_kept_in_the_ledger(desk: Desk) -> None:
    with pytest.raises(GateError, match=rf"{RULE}: 0\.\d+, allowed at most 0\.501\. Train the candidate again"):
        promote(desk, NEED, STRICT)
    sign(desk)
    said = promote(desk, NEED, STRICT)
    assert f"version 1 is live now. On conditions: {RULE} failed" in said
    assert "tester answers for it until" in said
    (entry,) = desk.ledger.entries()
    (failed,) = [check for check in entry.entry["checks"] if not check["passed"]]
    assert (failed["rule"], failed["waiver"]["who"], failed["waiver"]["why"]) == (RULE, "tester", WHY)
    assert failed["waiver"]["signature"]


@pytest.mark.parametrize(
    "damage",
    [
        changed("until", "2099-01-01"),
        changed("why", "Another reason that nobody signed."),
        changed("who", "someone else"),
        changed("rule", "calibration_slope"),
        changed("bundle_sha256", "0" * 64),
        changed("signature", "00" * 64),
        lambda file: file.write_text("{}"),
    ],
)
def test_a_tampered_waiver_does_not_count_and_says_so(desk: Desk, damage: Callable[[Path], None]) -> None:
    damage(sign(desk))
    with pytest.raises(GateError, match=r"does not count: it (was changed|is no waiver)"):
        promote(desk, NEED, STRICT)
    assert desk.ledger.entries() == ()


def test_a_waiver_of_another_version_rule_or_bundle_does_not_count(desk: Desk) -> None:
    sign(desk)
    version = desk.registry.version(NEED, "1")
    keys = (load_or_create_signing_key(desk.workspace.keys).public_key(),)
    good, told = waivers_of(desk.workspace, version, keys)
    assert (set(good), told) == ({RULE}, ())
    other = {**vars(version), "version": "2"}
    assert waivers_of(desk.workspace, type(version)(**other), keys) == ({}, ())
    bundle = type(version)(**{**vars(version), "sha256": "0" * 64})
    assert waivers_of(desk.workspace, bundle, keys)[1][0].endswith("it is for another bundle.")
    with pytest.raises(GateError, match="additivity_max_error"):
        promote(desk, NEED, gates(additivity_max_error={"high": -1.0}, one_feature_max_auroc={"high": 0.501}))


def test_a_waiver_signed_by_a_stranger_does_not_count(desk: Desk, tmp_path: Path) -> None:
    file = sign(desk)
    stranger = load_or_create_signing_key(tmp_path / "stranger")
    version = desk.registry.version(NEED, "1")
    forged = written(version, RULE, "tester", WHY, TODAY, stranger, datetime.now(UTC))
    file.write_text(json.dumps(forged.as_dict()))
    with pytest.raises(GateError, match="not signed with a trusted key"):
        promote(desk, NEED, STRICT)


def test_a_waiver_ends(desk: Desk) -> None:
    sign(desk, until=TODAY)
    version = desk.registry.version(NEED, "1")
    keys = (load_or_create_signing_key(desk.workspace.keys).public_key(),)
    assert set(waivers_of(desk.workspace, version, keys, TODAY)[0]) == {RULE}
    good, told = waivers_of(desk.workspace, version, keys, TODAY + timedelta(days=1))
    assert good == {}
    assert told[0].endswith(f"it ended on {TODAY.isoformat()}.")


@pytest.mark.parametrize(
    "rule,    why,     days, message",
    [
        ("calibration_slope", WHY, 30, "is no failing gate"),  # it does not fail
        ("one_feature_max_auc", WHY, 30, "Did you mean `one_feature_max_auroc`"),
        (RULE, "because", 30, "at least 10 characters"),
        (RULE, WHY, -1, "lasts from today"),
        (RULE, WHY, 400, "at most 366 days"),
    ],
)
def test_a_waiver_that_says_too_little_or_lasts_too_long_is_not_signed(
    desk: Desk, rule: str, why: str, days: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        waive.waive(desk, STRICT, NEED, rule, why, TODAY + timedelta(days=days))
    assert not list((desk.workspace.records / FOLDER).glob("*"))


def judged(workspace: Workspace, today: date) -> tuple[str, set[str]]:
    ledger = read_promotions(workspace)
    assert ledger is not None
    promotion = ledger.live(NEED)
    assert promotion is not None
    found = verdict(
        ModelFacts(
            "client", promotion.version, promotion.bundle_sha256, promotion, True, True, (), 1, None, None, today
        )
    )
    return found.outcome, {point.code for point in found.weakest}


def test_the_auditor_is_told_of_the_conditions_and_an_ended_waiver_stops_the_model(desk: Desk) -> None:
    sign(desk)
    promote(desk, NEED, STRICT)
    assert judged(desk.workspace, TODAY)[1] >= {"on_waiver"}
    outcome, codes = judged(desk.workspace, TODAY + timedelta(days=31))
    assert outcome == "not_to_be_used"
    assert "waiver_ended" in codes


def test_the_command_signs_lists_and_tells(
    place: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = promote_config(tmp_path)
    config.with_name("gates.yaml").write_text(config.with_name("gates.yaml").read_text().replace("0.9", "0.501"))
    asked = ["--config", str(config), "--model", NEED]
    until = (TODAY + timedelta(days=7)).isoformat()
    assert waive.main(asked) == 2
    assert waive.main([*asked, "--rule", RULE, "--why", WHY, "--until", "soon"]) == 2
    assert waive.main([*asked, "--rule", RULE, "--why", WHY, "--until", until]) == 0
    assert waive.main([*asked, "--list"]) == 0
    said = capsys.readouterr()
    assert f"Signed: {NEED} version 1 may pass `{RULE}` until {until}" in said.out
    assert f"{RULE}: until {until}, tester: {WHY}" in said.out
    assert "`--until` needs a date" in said.err
    assert live.main(["--config", str(config)]) == 0
    assert f"{NEED:<34} none" in capsys.readouterr().out


def test_a_version_that_was_live_on_conditions_is_so_again_after_a_roll_back(desk: Desk) -> None:
    sign(desk)
    promote(desk, NEED, STRICT)
    first = desk.registry.version(NEED, "1")
    desk.registry.register(NEED, first.run_id, first.sha256, dict(first.tags))
    assert "version 2 is live now" in promote(desk, NEED, gates())
    assert "on_waiver" not in judged(desk.workspace, TODAY)[1]
    assert roll_back(desk, NEED) == f"{NEED}: back to version 1 from 2."
    assert "on_waiver" in judged(desk.workspace, TODAY)[1]
    now = desk.ledger.live(NEED)
    assert now is not None
    assert f"on conditions until {(TODAY + timedelta(days=30)).isoformat()}: {RULE} (tester: {WHY})" in "\n".join(
        live.told(now, desk.ledger.checks_of(now))
    )
