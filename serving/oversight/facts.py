"""`python -m serving.oversight.facts`: the ledger, the chains and the statistics of the logs, as one published file.

The audit report is written by evaluation, which reads no log: this command tells it in numbers.  No client and no
count of 1-4 clients is in the file.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from configs.command import run_command, say
from features.manifest import write_atomically
from features.store import open_snapshot
from models.small_cells import SMALLEST_CELL, hidden_cells
from serving.coordinator.alerts import alert_counts
from serving.oversight.gathering import FOLDER_LETTERS, ledger_of
from serving.oversight.usability import usability
from serving.records.chain.witness import Witness
from serving.records.database import Place
from serving.records.entries import utc_text
from serving.records.logs import Records
from serving.records.opening import open_records, place_of, witness_of
from serving.records.promotions import Promotions
from serving.records.schema import AUDIT_LOG, CHAINED, OWN_VIEW_LOG, REVIEW_LOG
from serving.records.statistics import AccessStatistics, access_statistics
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings

FILE, FORMAT, DAYS = "service_facts.json", 1, 365
LEDGER_KEPT = ("act", "at", "name", "version", "bundle_sha256", "who", "why", "metrics", "metrics_before", "checks")
Entry = Mapping[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m serving.oversight.facts", description="Ledger and logs in numbers")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    config = parser.parse_args(argv).config
    return run_command(lambda: _write(load_settings(config)))


def _write(settings: ServingSettings) -> None:
    found = gathered(settings, datetime.now(UTC))
    folder = settings.workspace.published / open_snapshot(settings.workspace.store).sha256[:FOLDER_LETTERS]
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / FILE, (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode())
    broken = [one["log"] for one in found["chains"] if one["first_bad"] is not None]
    events = found["access"]["events"] if found["access"] else 0
    say(
        f"Promotions: {len(found['promotions'])}. Chains of the logs: {len(found['chains'])}, "
        f"{'broken: ' + ', '.join(broken) if broken else 'none broken'}. "
        f"Log entries of the last {DAYS} days: {events}. "
        f"Published in {folder.parent.name}/{folder.name}/{FILE}."
    )


def gathered(settings: ServingSettings, now: datetime) -> dict[str, Any]:
    """JSON-ready: {promotions, chains, access, decisions}; access and decisions are None before the first request."""
    ledger, intact = ledger_of(settings.workspace, settings.promotions)
    told: dict[str, Any] = {"format": FORMAT, "made": now.date().isoformat(), "days": DAYS}
    told |= {"promotions": _promotions(ledger), "chains": _ledger_chain(ledger, intact)}
    place = place_of(settings)
    if not place.exists():
        return {**told, "access": None, "decisions": None}
    records = open_records(settings, lambda: now)
    try:
        entries = tuple(records.span(AUDIT_LOG, utc_text(now - timedelta(days=DAYS)), utc_text(now)))
        chains = [*told["chains"], *_chains(place, witness_of(settings))]
        decisions = {**_decisions(records, entries), "usability": usability(entries, records.all_decisions())}
        return {**told, "chains": chains, "access": _access(entries), "decisions": decisions}
    finally:
        records.close()


def _promotions(ledger: Promotions | None) -> list[dict[str, Any]]:
    return [{name: one.entry.get(name) for name in LEDGER_KEPT} for one in (ledger.entries if ledger else ())]


def _ledger_chain(ledger: Promotions | None, intact: bool | None) -> list[dict[str, Any]]:
    if ledger is None:
        return [] if intact is None else [{"log": "promotions", "entries": 0, "first_bad": 0}]
    return [{"log": "promotions", "entries": len(ledger.entries), "first_bad": ledger.first_bad}]


def _chains(place: Place, witness: Witness) -> Iterable[dict[str, Any]]:
    engine = place.engine()
    try:
        results = [witness.verified(engine, table) for table in CHAINED]
    finally:
        engine.dispose()
    return [{"log": one.log, "entries": one.entries, "first_bad": one.first_bad} for one in results]


def _access(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The access statistics without the people who were many times in the log."""
    if not entries:
        return None
    told: AccessStatistics = access_statistics(entries)
    return {
        "events": told.events,
        "denied": told.denied,
        "errors": told.errors,
        "break_glass": told.break_glass,
        "out_of_hours": told.out_of_hours,
        "by_event": list(told.by_event.items()),
        "denied_by_ground": list(told.denied_by_ground.items()),
        "by_month": [list(month) for month in told.by_month],
    }


def _decisions(records: Records, entries: Sequence[Entry]) -> dict[str, Any]:
    """What people did with the answers; counts of 1-4 are None, and so is what would give them away."""
    made = records.all_decisions()
    shown = [one for one in entries if one["event"] == "answer" and one["outcome"] == "ok"]
    answers = {str(one["answer_id"]) for one in shown}
    decided = {str(one["answer_id"]) for one in made} & answers
    seconds = [float(one["seconds_from_view"]) for one in made if one["seconds_from_view"] is not None]
    others = [one for one in made if one["choice"] != "accept"]
    return {
        "answers": _small(len(answers)),
        "decisions": _small(len(made)),
        "decided_share": _share(len(decided), len(answers)),
        "override_share": _share(len(others), len(made)),
        "median_seconds": median(seconds) if len(seconds) >= SMALLEST_CELL else None,
        "own_views": _small(len(records.kept(OWN_VIEW_LOG))),
        "reasons": _counted(str(one.get("reason_code") or "no code") for one in others),
        "alerts": [asdict(one) for one in alert_counts(records)],
        "reviews": _counted(str(one["finding"]) for one in records.kept(REVIEW_LOG)),
        "replays": _counted(
            str(outcome)
            for one in entries
            if one["event"] == "replay"
            for outcome in one.get("detail", {}).get("outcomes", ())
        ),
    }


def _counted(values: Iterable[str]) -> list[list[Any]]:
    counts = Counter(values).most_common()
    hidden = hidden_cells([count for _, count in counts])
    return [[name, None if hide else count] for (name, count), hide in zip(counts, hidden, strict=True)]


def _small(count: int) -> int | None:
    return None if 0 < count < SMALLEST_CELL else count


def _share(part: int, whole: int) -> float | None:
    """A share that is about 1-4 acts, or leaves 1-4 out, is hidden."""
    return part / whole if whole and all(n == 0 or n >= SMALLEST_CELL for n in (part, whole - part)) else None


if __name__ == "__main__":
    raise SystemExit(main())
