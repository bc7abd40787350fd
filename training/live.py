"""What is live, or was live on a day: version, since when, who made it so and why, and on which conditions.

`python -m training.live --config configs/promote.yaml --on 2026-11-01`.  It reads the ledger; an alias that
disagrees with it is put right, as every command of the desk does.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from configs.command import run_command, say
from configs.errors import ConfigError
from configs.loader import load_config
from training.promotion.desk import Desk, PromoteConfig, open_desk
from training.promotion.ledger import Live

DEFAULT = "configs/promote.yaml"
SHOWN = ("auroc", "mase")


def say_live(desk: Desk, on: datetime | None) -> None:
    """One line per model, and below it who, why and the conditions."""
    say("\nLive" + (f" on {on.date().isoformat()}" if on else " now") + ":")
    for name in desk.registry.names():
        live = desk.ledger.live(name, on)
        if live is None:
            say(f"  {name:<34} none")
            continue
        entry = live.entry
        since = f"since {entry['at'][:16]} UTC"
        say(f"  {name:<34} version {entry['version']:<4} bundle {entry['bundle_sha256'][:12]}  {since}")
        say("\n".join(f"    {line}" for line in told(live, desk.ledger.checks_of(live))))


def told(live: Live, checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who and why, what changed, and the conditions among the checks that it rests on."""
    entry = live.entry
    lines = [f"{entry['act']} by {entry['who']}: {entry['why']}", *_changed(entry)]
    waivers = [check["waiver"] for check in checks if check.get("waiver")]
    lines += [f"on conditions until {one['until']}: {one['rule']} ({one['who']}: {one['why']})" for one in waivers]
    return lines


def _changed(entry: Mapping[str, Any]) -> list[str]:
    now, before = entry["metrics"], entry["metrics_before"]
    found = [
        f"{name} {before[name]:.3f} → {now[name]:.3f}" if name in before else f"{name} {now[name]:.3f}"
        for name in SHOWN
        if name in now
    ]
    return [", ".join(found)] if found else []


def say_live_on(config: PromoteConfig, text: str) -> None:
    """What was live at the end of a day (UTC).  Raises ConfigError for what is no date."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError("The day needs to be a date such as 2026-11-01.") from None
    say_live(open_desk(config), datetime.combine(day.date(), time.max, UTC))


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.live", description="Says what is or was live.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--on", metavar="DATE", help="the end of this day (UTC); without it now")
    given = parser.parse_args(argv)

    def act() -> None:
        config = load_config(given.config, PromoteConfig)
        if given.on:
            say_live_on(config, given.on)
        else:
            say_live(open_desk(config), None)

    return run_command(act)


if __name__ == "__main__":
    raise SystemExit(main())
