"""`python -m evaluation.demand_reports --config configs/demand_reports.yaml`: what a planner reads beside the forecast.

Writes `demand_reports.json`, one Markdown page per language and one CSV per report into `var/published/<snapshot>/`,
and keeps the forecasts of today's models in `var/published/forecasts/` for the comparison with what will come.
Whether planners' overrides helped is also written as `var/published/overrides_judged.json`.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config, resolve_path
from configs.workspace import Workspace
from evaluation.demand_reports import beside, capacity, clients, kept, overrides
from evaluation.demand_reports.attainment import attainment
from evaluation.demand_reports.page import as_csv, csv_name, render
from evaluation.demand_reports.section import Section, joined, missing_model
from evaluation.demand_reports.settings import (
    AttainmentConfig,
    CaseloadConfig,
    CostsConfig,
    Measured,
    ReportsConfig,
)
from evaluation.demand_reports.waiting import queues
from evaluation.published import published_folder
from features.manifest import write_atomically
from features.panel.counted import current
from features.panel.series import RESIDENT_COLUMNS
from features.store import Snapshot, open_snapshot, read_table
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.config import DemandConfig
from models.demand.hierarchy import names_of, places_of
from models.demand.model import DemandModel
from models.names import demand_model
from models.registry import RegisteredBundle, Registry, connect
from models.texts import LANGUAGES, Texts

DEFAULT = "configs/demand_reports.yaml"
DAYS_A_WEEK = {"day": 7.0, "week": 1.0, "month": 7 / 30.4375}
"""A period's value × this = a week's."""
REQUEST_COLUMNS = ("client_id", "requested_at", "assessed_at", "started_at", "ended_at", "service", "superseded_at")
CAPACITY_COLUMNS = ("unit", "period_start", "period_end", "staffed_hours", "superseded_at")
CONTACT_COLUMNS = ("client_id", "time", "service", "channel", "status", "superseded_at")
ASSESSMENT_COLUMNS = ("client_id", "time", "instrument", "scale", "value", "superseded_at")
POPULATION_COLUMNS = ("municipality", "age_band", "year", "persons", "superseded_at")


@dataclass(frozen=True)
class Known:
    """The store, the newest registered demand models by config id, and the places of the reports."""

    snapshot: Snapshot
    models: Mapping[str, DemandModel]
    versions: Mapping[str, RegisteredBundle]
    places: DemandConfig


def make(config: ReportsConfig) -> tuple[Path, dict[str, Any]]:
    """Make every report and write the files; the folder and the report."""
    workspace = Workspace.of(config.var)
    known = _known(config, workspace)
    as_of = known.snapshot.data_until.isoformat()
    judged, published = _overrides(config, known, workspace, as_of)
    sections = [
        _realised(config, known, workspace),
        judged,
        _last_year(config, known),
        _units(config, known),
        _capacity(config, known),
        _attainment(config, known),
        _case_managers(config, known),
        _euros(config, known),
        *_of_clients(config, known),
    ]
    report = {
        "snapshot_sha256": known.snapshot.sha256,
        "as_of": as_of,
        "names": {name: text.as_text() for name, text in {**names_of(known.places), **_unit_names(config)}.items()},
        "models": {name: one.version for name, one in known.versions.items()},
        "sections": [asdict(one) for one in sections if one is not None],
    }
    _write_json(workspace.published / overrides.JUDGED, published)
    return _written(published_folder(workspace, known.snapshot.sha256), report), report


def _known(config: ReportsConfig, workspace: Workspace) -> Known:
    registry, snapshot = connect(workspace), open_snapshot(workspace.store)
    wanted = dict.fromkeys([*config.models, *(one.model for one in config.compared), *_named(config)])
    found = {name: registry.latest(demand_model(name)) for name in wanted}
    versions = {name: one for name, one in found.items() if one is not None}
    models = {name: load_demand(workspace, registry, one) for name, one in versions.items()}
    return Known(snapshot, models, versions, load_config(config.places, DemandConfig))


def _unit_names(config: ReportsConfig) -> dict[str, Texts]:
    return {unit: one.name for unit, one in config.capacity.units.items()} if config.capacity else {}


def _named(config: ReportsConfig) -> list[str]:
    """Models that the tables name."""
    served = [one.model for one in config.capacity.units.values()] if config.capacity else []
    measured = load_config(config.attainment, AttainmentConfig).measured if config.attainment else ()
    cases = [load_config(config.caseload, CaseloadConfig).model] if config.caseload else []
    costs = load_config(config.unit_costs, CostsConfig).costs if config.unit_costs else ()
    return [*served, *(one.demand for one in measured if one.demand), *cases, *(one.model for one in costs)]


def load_demand(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> DemandModel:
    """The model of a registered version.  Raises ModelError when the bundle is damaged or not signed by us."""
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return DemandModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))


def _realised(config: ReportsConfig, known: Known, workspace: Workspace) -> Section:
    found = Section("realised")
    for name in config.models:
        if name not in known.models:
            found = joined(found, missing_model("realised", [name]))
            continue
        folder, model = workspace.published / overrides.FORECASTS / name, known.models[name]
        until = known.versions[name].tags.get("data_until", known.snapshot.data_until.isoformat())
        kept.keep(folder, known.versions[name].version, until, model)
        found = joined(found, kept.realised(name, model, kept.kept_forecasts(folder)))
    return found


def _overrides(config: ReportsConfig, known: Known, workspace: Workspace, as_of: str) -> tuple[Section, dict[str, Any]]:
    told = {}
    for name in config.models:
        if name in known.models:
            here = sorted((workspace.published / overrides.FORECASTS / name / overrides.KEPT).glob("*.json"))
            told[name] = overrides.kept_overrides([*here, *map(resolve_path, config.overrides.get(name, ()))])
    return overrides.judged(told, known.models, as_of)


def _last_year(config: ReportsConfig, known: Known) -> Section:
    found = Section("last_year")
    for name in config.models:
        one = beside.last_year(name, known.models[name]) if name in known.models else missing_model("last_year", [name])
        found = joined(found, one)
    return found


def _units(config: ReportsConfig, known: Known) -> Section:
    population, found = current(read_table(known.snapshot, "population", columns=POPULATION_COLUMNS)), Section("units")
    for asked in config.compared:
        model = known.models.get(asked.model)
        one = missing_model("units", [asked.model]) if model is None else beside.units(model, asked, population)
        found = joined(found, one)
    return found


def _capacity(config: ReportsConfig, known: Known) -> Section | None:
    if config.capacity is None:
        return None
    table = current(read_table(known.snapshot, "capacity", columns=CAPACITY_COLUMNS))
    return capacity.against_capacity(known.models, table, config.capacity)


def _attainment(config: ReportsConfig, known: Known) -> Section | None:
    if config.attainment is None:
        return None
    settings = load_config(config.attainment, AttainmentConfig)
    requests = current(read_table(known.snapshot, "requests", columns=REQUEST_COLUMNS))
    residents = current(read_table(known.snapshot, "residents", columns=RESIDENT_COLUMNS))
    day_after = pd.Timestamp(known.snapshot.data_until + timedelta(days=1))
    found = Section("attainment")
    for measured in settings.measured:
        held = queues(requests, residents, settings.limits, measured, places_of(known.places))
        arrivals = _arrivals(known, measured, settings.horizon_weeks)
        found = joined(found, attainment(measured, held, day_after, arrivals, settings))
    return found


def _arrivals(known: Known, measured: Measured, weeks: int) -> dict[str, float]:
    """Place → requests a week by the demand forecast, for the places that it publishes."""
    model = known.models.get(measured.demand or "")
    if model is None:
        return {}
    factor = DAYS_A_WEEK[model.config.period]
    steps = max(1, round(weeks * factor))
    totals = {one.area: one.series_id for one in model.published.values() if all(a == "total" for _, a in one.groups)}
    return {
        place: float(beside.rows_of(model, series)["value"].iloc[:steps].mean()) * factor
        for place, series in totals.items()
    }


def _case_managers(config: ReportsConfig, known: Known) -> Section | None:
    if config.caseload is None:
        return None
    asked = load_config(config.caseload, CaseloadConfig)
    model = known.models.get(asked.model)
    return missing_model("case_managers", [asked.model]) if model is None else beside.case_managers(model, asked)


def _euros(config: ReportsConfig, known: Known) -> Section | None:
    if config.unit_costs is None:
        return None
    found = Section("euros")
    for cost in load_config(config.unit_costs, CostsConfig).costs:
        model = known.models.get(cost.model)
        found = joined(found, missing_model("euros", [cost.model]) if model is None else beside.euros(model, cost))
    return found


def _of_clients(config: ReportsConfig, known: Known) -> tuple[Section, ...]:
    """Cost per event, and cost per client with the quality of assessment."""
    if config.per_client is None or config.unit_costs is None:
        return ()
    asked, priced = config.per_client, load_config(config.unit_costs, CostsConfig)
    model = known.models.get(asked.model)
    contacts = current(read_table(known.snapshot, "contacts", columns=CONTACT_COLUMNS))
    residents = current(read_table(known.snapshot, "residents", columns=RESIDENT_COLUMNS))
    until = pd.Timestamp(known.snapshot.data_until + timedelta(days=1))
    year = clients.recent(contacts, residents, until, clients.YEAR_DAYS)
    events = clients.event_costs(year, priced.events, list(known.places.areas))
    if model is None:
        return events, missing_model("per_client", [asked.model])
    cost = next((one for one in priced.costs if (one.model, one.measure) == (asked.model, asked.measure)), None)
    now = year[year["time"] >= until - pd.Timedelta(days=asked.recent_days)]
    assessed = current(read_table(known.snapshot, "assessments", columns=ASSESSMENT_COLUMNS))
    fits = (assessed["instrument"] == asked.instrument) & (assessed["scale"] == asked.scale)
    fits &= (assessed["time"] >= until - pd.Timedelta(days=asked.assessed_within_days)) & (assessed["time"] < until)
    return events, clients.per_client(model, asked, cost, now, assessed[fits])


def _written(folder: Path, report: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for section in report["sections"]:
        write_atomically(folder / csv_name(section["id"]), as_csv(section["lines"]).encode())
    for language in LANGUAGES:
        write_atomically(folder / f"demand_reports.{language}.md", render(report, language).encode())
    _write_json(folder / "demand_reports.json", report)
    return folder


def _write_json(file: Path, what: Mapping[str, Any]) -> None:
    write_atomically(file, (json.dumps(what, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())


def told(report: Mapping[str, Any]) -> str:
    """What the command prints: lines per report, and every note."""
    lines = []
    for section in report["sections"]:
        lines.append(f"  {section['id']:16}{len(section['lines']):6} lines")
        lines += [f"    {note['en']}" for note in section["notes"]]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the planner's reports."""
    path = parse_config_path(
        argv, "evaluation.demand_reports", "Writes what a planner reads beside the forecast.", DEFAULT
    )

    def action() -> None:
        folder, report = make(load_config(path, ReportsConfig))
        say(told(report))
        say(f"Published in {folder.parent.name}/{folder.name}/demand_reports.fi.md.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
