"""One candidate before its gates: measured again, compared on its own hold-out, its standing and its waivers asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.errors import ConfigError
from evaluation.evaluate import recomputed
from models.bundles.signing import trusted_keys
from models.registry import RegisteredBundle
from training.promotion.champion import Compared, Pair, compared
from training.promotion.desk import Desk, Figures
from training.promotion.gates import Check, Gate, Gates, judge, refusals
from training.promotion.standing import standing
from training.promotion.waivers import Waiver, waivers_of


@dataclass(frozen=True)
class Judgement:
    """What was found, and what does not count of what was signed."""

    figures: Figures
    void_waivers: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it may not be promoted, one sentence each."""
        return refusals(tuple(self.figures.checks))

    @property
    def waived(self) -> tuple[Check, ...]:
        """The failed checks that a signed waiver lets through."""
        return tuple(check for check in self.figures.checks if not check.passed and check.waiver is not None)


def judgement(
    desk: Desk, candidate: RegisteredBundle, champion: RegisteredBundle | None, gates: Gates
) -> Judgement:  # fmt: skip
    """Every check of a candidate, waivers applied."""
    gate = gate_of(gates, candidate)
    metrics = recomputed(desk.registry, candidate)
    metrics |= standing(desk.registry, desk.workspace, candidate, desk.clock)
    before = recomputed(desk.registry, champion) if champion else {}
    beside = compared(Pair(candidate, champion, desk.registry, desk.workspace), gate) if champion else Compared()
    checks = judge(gate, metrics, beside.gains if champion else None, beside.untold)
    good, void = waivers_of(desk.workspace, candidate, trusted_keys(desk.workspace.keys))
    settled = tuple(check.with_waiver(_taken(good, check)) for check in checks)
    return Judgement(Figures(metrics, before, beside.gains, settled), void)


def gate_of(gates: Gates, candidate: RegisteredBundle) -> Gate:
    """The gate of a candidate's kind.  Raises ConfigError when there is none."""
    if candidate.kind not in gates.kinds:
        raise ConfigError(f"configs/gates.yaml has no gate for the kind {candidate.kind}. Add it under `kinds`.")
    return gates.kinds[candidate.kind]


def _taken(good: Mapping[str, Waiver], check: Check) -> Mapping[str, str] | None:
    waiver = good.get(check.rule)
    return waiver.as_dict() if waiver is not None else None
