"""The desk where promotions are made: registry and ledger side by side, and the one act that changes what is live."""

import getpass
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from configs.errors import ConfigError, ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.report_only import refuse_report_only
from models.registry import CHAMPION, RegisteredBundle, Registry, connect
from training.promotion.gates import Check, Gain
from training.promotion.ledger import Ledger, Live, open_ledger
from training.promotion.pairing import as_entry
from training.promotion.standing import Clock

SHORTEST_REASON = 10
"""Characters of the reason why somebody puts an earlier version back."""


class PromoteConfig(StrictConfig):
    """configs/promote.yaml."""

    var: str
    gates: str
    models: tuple[str, ...] = ()
    ledger: str | None = None
    reason: str
    clock: Clock = "system"
    """Which day it is when the data's age is asked; `data` = the last day of the registers, for invented data."""


@dataclass(frozen=True)
class Desk:
    """What a promotion needs at hand."""

    workspace: Workspace
    registry: Registry
    ledger: Ledger
    reason: str
    clock: Clock = "data"


@dataclass(frozen=True)
class Figures:
    """What the ledger keeps of a change: metrics after and before, the comparison, and every check."""

    metrics: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)
    gains: Mapping[str, Gain] = field(default_factory=dict)
    checks: Sequence[Check] = ()


def actor() -> str:
    """Who acts: `LUOTAIN_ACTOR`, else the user of the system."""
    return os.environ.get("LUOTAIN_ACTOR") or getpass.getuser()


def reasoned(why: str | None) -> str:
    """A reason that says something.  Raises ConfigError."""
    if why is None or len(why.strip()) < SHORTEST_REASON:
        raise ConfigError(f'A roll-back needs a reason of at least {SHORTEST_REASON} characters: `--why "..."`.')
    return why.strip()


def open_desk(config: PromoteConfig, reason: str | None = None) -> Desk:
    """Registry and ledger, whole and agreeing.  Raises ModelError when the ledger's chain is broken."""
    workspace = Workspace.of(config.var)
    ledger = open_ledger(workspace, config.ledger)
    desk = Desk(workspace, connect(workspace), ledger, reason or config.reason, config.clock)
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


def refuse_unverified(desk: Desk, version: RegisteredBundle) -> None:
    """Raises ModelError unless the version's bundle is whole, signed, parseable, and the one that was registered."""
    with tempfile.TemporaryDirectory() as folder:
        fetched = desk.registry.fetch(version.name, version.version, Path(folder) / "bundle")
        bundle = verify_bundle(fetched, trusted_keys(desk.workspace.keys))
    if (bundle.sha256, bundle.kind) != (version.sha256, version.kind):
        raise ModelError(f"Version {version.version} of {version.name} holds another bundle than was registered.")
    refuse_report_only(version.name, bundle)


def make_live(
    desk: Desk, act: str, version: RegisteredBundle, live: Live | None, previous: str | None, figures: Figures
) -> None:
    """Ledger first, then the alias: a kill between the two is mended by `follow_ledger` at the next start.

    Raises GateError when another promotion of the same model was written since `live` was read.
    """
    values: dict[str, Any] = {
        "act": act,
        "name": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "run_id": version.run_id,
        "snapshot_sha256": version.snapshot_sha256,
        "previous": previous,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": actor(),
        "why": desk.reason,
        "metrics": dict(figures.metrics),
        "metrics_before": dict(figures.before),
        "gains": as_entry(figures.gains),
        "checks": [check.as_entry() for check in figures.checks],
    }
    desk.ledger.append(live, values)
    desk.registry.set_alias(version.name, CHAMPION, version.version)
    follow_ledger(desk, version.name)  # someone else may have been promoted between our two writes
