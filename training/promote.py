"""Which version is live: the newest candidate becomes champion when it passes its gates, else the reasons are printed.

`python -m training.promote --config configs/promote.yaml`; `--why "..."` says why, in the place of the config's reason;
`--live-on 2026-11-01` says what was live at the end of that day.  The ledger is written first, then MLflow's alias.
Back again: `python -m training.rollback`.  Let a version through a failed gate: `python -m training.waive`.
"""

import argparse
from collections.abc import Sequence

from configs.command import run_command, say
from configs.errors import GateError, ModelError
from configs.loader import load_config
from models.names import NEED_PREFIX
from models.needs.need_task import is_report_only
from models.needs.report_only import REFUSED
from models.registry import RegisteredBundle
from training.live import say_live, say_live_on
from training.promotion.desk import Desk, PromoteConfig, make_live, open_desk, refuse_unverified
from training.promotion.gates import Gates
from training.promotion.judging import Judgement, judgement

DEFAULT = "configs/promote.yaml"


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
    found = judgement(desk, candidate, champion, gates)
    if found.refusals:
        raise GateError(_refused(candidate, found))
    refuse_unverified(desk, candidate)
    previous = champion.version if champion else None
    make_live(desk, "promote", candidate, live, previous, found.figures)
    return f"{name}: version {candidate.version} is live now{_before(champion)}.{_on_conditions(found)}"


def _refused(candidate: RegisteredBundle, found: Judgement) -> str:
    reasons = [f"{reason}." for reason in found.refusals]
    return " ".join([f"{candidate.name} version {candidate.version} is refused.", *reasons, *found.void_waivers])


def _before(champion: RegisteredBundle | None) -> str:
    return f", before it {champion.version}" if champion else ""


def _on_conditions(found: Judgement) -> str:
    told = [
        f" On conditions: {check.rule} failed ({check.said}); {check.waiver['who']} answers for it until "
        f"{check.waiver['until']}."
        for check in found.waived
        if check.waiver is not None
    ]
    return "".join(told)


def promote_all(config: PromoteConfig, reason: str | None = None) -> None:
    """Judge every model of the config.  Raises GateError at the end when one was refused."""
    gates = load_config(config.gates, Gates)
    desk = open_desk(config, reason)
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
    say_live(desk, None)
    if refused:
        raise GateError(f"Refused: {', '.join(refused)}; what was live before stays live. The reasons are above.")


def main(argv: Sequence[str] | None = None) -> int:
    """Promote, or say what was live."""
    parser = argparse.ArgumentParser(prog="python -m training.promote", description="Promotes candidates that pass.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--why", metavar="TEXT", help="why, for the ledger (default: the config's reason)")
    parser.add_argument("--live-on", metavar="DATE", help="say what was live at the end of a day (UTC)")
    given = parser.parse_args(argv)

    def act() -> None:
        config = load_config(given.config, PromoteConfig)
        if given.live_on:
            say_live_on(config, given.live_on)
        else:
            promote_all(config, given.why)

    return run_command(act)


if __name__ == "__main__":
    raise SystemExit(main())
