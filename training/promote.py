"""Which version is live: the newest candidate becomes champion when it passes its gate, else the reason is printed.

`python -m training.promote --config configs/promote.yaml`; `--rollback NAME` puts the version before back;
`--live-on 2026-11-01` says what was live at the end of that day.  The ledger is written first, then MLflow's alias.
"""

import argparse
import getpass
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from configs.command import run_command, say
from configs.errors import ConfigError, GateError, ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.evaluate import recomputed
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.names import NEED_PREFIX
from models.need_task import is_report_only
from models.registry import CHAMPION, RegisteredBundle, Registry, connect
from models.report_only import REFUSED, refuse_report_only
from training.gates import Check, Gate, Gates, judge, refusals
from training.ledger import Ledger, Live, open_ledger


class PromoteConfig(StrictConfig):
    """configs/promote.yaml."""

    var: str
    gates: str
    models: tuple[str, ...] = ()
    ledger: str | None = None
    reason: str


@dataclass(frozen=True)
class Desk:
    """What a promotion needs at hand."""

    workspace: Workspace
    registry: Registry
    ledger: Ledger
    reason: str


def open_desk(config: PromoteConfig) -> Desk:
    """Registry and ledger, whole and agreeing.  Raises ModelError when the ledger's chain is broken."""
    workspace = Workspace.of(config.var)
    desk = Desk(workspace, connect(workspace), open_ledger(workspace, config.ledger), config.reason)
    bad = desk.ledger.verify()
    if bad is not None:
        raise ModelError(f"The promotion ledger was changed at entry {bad}. Restore it before anything is promoted.")
    for name in desk.registry.names():
        follow_ledger(desk, name)
    return desk


def follow_ledger(desk: Desk, name: str) -> None:
    """Point MLflow's alias at what the ledger says; they differ after a kill between the two, or a change by hand."""
    live = desk.ledger.live(name)
    champion = desk.registry.champion(name)
    if live is not None and (champion is None or champion.version != live.version):
        desk.registry.set_alias(name, CHAMPION, live.version)


def promote(desk: Desk, name: str, gates: Gates) -> str:
    """Judge the newest candidate of `name`; returns the sentence to print.  Raises GateError with every reason."""
    live = desk.ledger.live(name)
    champion = desk.registry.champion(name)
    candidate = desk.registry.latest(name)
    if candidate is None:
        if is_report_only(name.removeprefix(NEED_PREFIX)):
            raise GateError(REFUSED.format(name=name))
        raise ModelError(f"No version of {name} is registered. Train it first.")
    if champion is not None and champion.version == candidate.version:
        return f"{name}: version {candidate.version} is live already."
    gate = _gate_of(gates, candidate)
    metrics = recomputed(desk.registry, candidate)
    before = recomputed(desk.registry, champion) if champion else {}
    same_data = champion is not None and champion.snapshot_sha256 == candidate.snapshot_sha256
    checks = judge(gate, metrics, before if same_data else None)
    if reasons := refusals(checks):
        raise GateError(f"{name} version {candidate.version} is refused. " + ". ".join(reasons) + ".")
    _refuse_unverified(desk, candidate)
    previous = champion.version if champion else None
    _make_live(desk, "promote", candidate, live, previous, metrics, before, checks)
    return f"{name}: version {candidate.version} is live now" + (
        f", before it {champion.version}." if champion else "."
    )


def roll_back(desk: Desk, name: str) -> str:
    """Make the version before the live one live again; no gate, because it passed one."""
    live = desk.ledger.live(name)
    previous = live.entry["previous"] if live else None
    if live is None or previous is None:
        raise GateError(f"{name} has no earlier version to go back to. Promote another version instead.")
    version = desk.registry.version(name, str(previous))
    _refuse_unverified(desk, version)
    before = recomputed(desk.registry, desk.registry.version(name, live.version))
    earlier = desk.ledger.previous_of(name, version.version)
    _make_live(desk, "rollback", version, live, earlier, recomputed(desk.registry, version), before, ())
    return f"{name}: back to version {version.version} from {live.version}."


def _gate_of(gates: Gates, candidate: RegisteredBundle) -> Gate:
    if candidate.kind not in gates.kinds:
        raise ConfigError(f"configs/gates.yaml has no gate for the kind {candidate.kind}. Add it under `kinds`.")
    return gates.kinds[candidate.kind]


def _refuse_unverified(desk: Desk, version: RegisteredBundle) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fetched = desk.registry.fetch(version.name, version.version, Path(folder) / "bundle")
        bundle = verify_bundle(fetched, trusted_keys(desk.workspace.keys))
    if (bundle.sha256, bundle.kind) != (version.sha256, version.kind):
        raise ModelError(f"Version {version.version} of {version.name} holds another bundle than was registered.")
    refuse_report_only(version.name, bundle)


def _make_live(
    desk: Desk,
    act: str,
    version: RegisteredBundle,
    live: Live | None,
    previous: str | None,
    metrics: Mapping[str, float],
    before: Mapping[str, float],
    checks: Sequence[Check],
) -> None:
    """Ledger first, then the alias: a kill between the two is mended by `follow_ledger` at the next start."""
    values: dict[str, Any] = {
        "act": act,
        "name": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "run_id": version.run_id,
        "snapshot_sha256": version.snapshot_sha256,
        "previous": previous,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": os.environ.get("LUOTAIN_ACTOR") or getpass.getuser(),
        "why": desk.reason,
        "metrics": dict(metrics),
        "metrics_before": dict(before),
        "checks": [{"rule": check.rule, "passed": check.passed, "said": check.said} for check in checks],
    }
    desk.ledger.append(live, values)
    desk.registry.set_alias(version.name, CHAMPION, version.version)
    follow_ledger(desk, version.name)  # someone else may have been promoted between our two writes


def _promote_all(config: PromoteConfig) -> None:
    gates = load_config(config.gates, Gates)
    desk = open_desk(config)
    names = config.models or desk.registry.names()
    if not names:
        raise ModelError("No model is registered yet. Train one first: `python -m training.segmentation`.")
    refused = []
    for name in names:
        try:
            say(promote(desk, name, gates))
        except GateError as error:
            say(str(error))
            refused.append(name)
    _say_live(desk, None)
    if refused:
        raise GateError(f"Refused: {', '.join(refused)}; what was live before stays live. The reasons are above.")


def _say_live(desk: Desk, on: datetime | None) -> None:
    say("\nLive" + (f" on {on.date().isoformat()}" if on else " now") + ":")
    for name in desk.registry.names():
        live = desk.ledger.live(name, on)
        if live is None:
            say(f"  {name:<34} none")
            continue
        entry = live.entry
        since = f"since {entry['at'][:16]} UTC"
        say(f"  {name:<34} version {entry['version']:<4} bundle {entry['bundle_sha256'][:12]}  {since}")


def _live_on(config: PromoteConfig, text: str) -> None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError("--live-on needs a date such as 2026-11-01.") from None
    _say_live(open_desk(config), datetime.combine(day.date(), time.max, UTC))


def main(argv: Sequence[str] | None = None) -> int:
    """Promote, roll back, or say what was live."""
    parser = argparse.ArgumentParser(prog="python -m training.promote", description="Promotes candidates that pass.")
    parser.add_argument("--config", default="configs/promote.yaml", help="YAML file (default: configs/promote.yaml)")
    parser.add_argument("--rollback", metavar="NAME", help="put the version before the live one back")
    parser.add_argument("--live-on", metavar="DATE", help="say what was live at the end of a day (UTC)")
    given = parser.parse_args(argv)

    def act() -> None:
        config = load_config(given.config, PromoteConfig)
        if given.rollback:
            say(roll_back(open_desk(config), given.rollback))
        elif given.live_on:
            _live_on(config, given.live_on)
        else:
            _promote_all(config)

    return run_command(act)


if __name__ == "__main__":
    raise SystemExit(main())
