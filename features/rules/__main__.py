"""`python -m features.rules --config configs/rules_run.yaml`: judge everybody and print how many."""

import json
from collections.abc import Sequence
from pathlib import Path

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from features.rules.run import ANSWERS, RulesConfig, run_rules

DEFAULT = "configs/rules_run.yaml"
SMALLEST_CELL = 5
"""Counts from 1 to 4 are not printed (Findata's and Soite's practice)."""


def report(folder: Path) -> None:
    """Print how many clients each rule fires for; small counts hidden."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    rules = summary["rules"]
    width = max(len(name) for name in rules)
    say(f"{'rule':<{width}}  {'kind':<14} {'fires':>8} {'does not':>10} {'cannot tell':>12}")
    for name, rule in rules.items():
        shown = [_hidden(rule[answer]) for answer in ANSWERS.values()]
        say(f"{name:<{width}}  {rule['kind']:<14} {shown[0]:>8} {shown[1]:>10} {shown[2]:>12}")
    say(f"as of {summary['as_of']}, snapshot {summary['snapshot_sha256'][:12]}, written to rules/{folder.name}")


def _hidden(count: int) -> str:
    return f"< {SMALLEST_CELL}" if 0 < count < SMALLEST_CELL else f"{count:,}"


def main(argv: Sequence[str] | None = None) -> int:
    """Judge every resident by the rules of a config."""
    path = parse_config_path(argv, "features.rules", "Client flows, target groups and alerts on one date.", DEFAULT)
    return run_command(lambda: report(run_rules(load_config(path, RulesConfig))))


if __name__ == "__main__":
    raise SystemExit(main())
