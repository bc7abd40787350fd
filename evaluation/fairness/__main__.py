"""`python -m evaluation.fairness --config configs/fairness.yaml`: is it as good for everyone?

Writes `fairness.html`, `fairness.json` and `fairness.csv` into `var/published/<snapshot>/`, beside the models' reports;
with `profile: publication` the same under `fairness_publication`, rounded and entered in the ledger of releases.
"""

from collections.abc import Iterator, Sequence

from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.needed.told import TruthRead, against_need, truth_of
from evaluation.fairness.publish import write_report
from evaluation.fairness.released import for_publication, keep_release
from evaluation.fairness.report import Found, ModelTables, report_of, told
from evaluation.fairness.settings import FairnessConfig
from evaluation.fairness.stored import BACKTEST_FILE, CLIENT_KINDS, demand_table, encoding_of, tables_of
from evaluation.fairness.subjects.simulated import truth_tables
from evaluation.fairness.subjects.waiting import waiting_table
from evaluation.fairness.traits import TraitsConfig
from evaluation.published import FAIRNESS, FAIRNESS_PUBLICATION, published_folder
from evaluation.small_cells.ledger import Ledger
from evaluation.truth import Truth, read_truth
from features.store import Snapshot, open_snapshot
from models.registry import RegisteredBundle, Registry, connect

DEFAULT = "configs/fairness.yaml"


def find(config: FairnessConfig, traits: TraitsConfig, workspace: Workspace) -> Found:
    """Every table.  Raises ModelError when no model is registered."""
    registry, snapshot = connect(workspace), open_snapshot(workspace.store)
    versions = [version for name in config.models or registry.names() if (version := registry.latest(name)) is not None]
    if not versions:
        raise ModelError("No model is registered yet. Train one first: `python -m training.need`.")
    truth = _truth(workspace)
    read = truth_of(
        truth, workspace, snapshot, config.histories, traits, config.testing, config.hidden_below, config.most_rows
    )
    models = [
        _model(registry, one, config, traits, (workspace, read))
        for one in tqdm(versions, desc="fairness", disable=None)
    ]
    return Found(
        snapshot_sha256=snapshot.sha256,
        data_until=snapshot.data_until.isoformat(),
        models=[one for one in models if one.tables],
        others=list(_others(config, snapshot, truth)),
    )


def _model(
    registry: Registry,
    version: RegisteredBundle,
    config: FairnessConfig,
    traits: TraitsConfig,
    truth: tuple[Workspace, TruthRead | str],
) -> ModelTables:
    tables, need = list[FairnessTable](), None
    if version.kind in CLIENT_KINDS:
        tables = tables_of(registry, version, traits, config.testing, config.hidden_below)
        need = against_need(truth[1], truth[0], registry, version)
    elif version.kind == "demand" and BACKTEST_FILE in registry.artefact_names(version.run_id):
        tables = [demand_table(registry, version, config.testing, config.hidden_below)]
    return ModelTables(version.name, version.version, version.kind, tables, encoding_of(registry, version), need)


def _truth(workspace: Workspace) -> Truth | None:
    """What the simulator knows; a real county has none."""
    return read_truth(workspace) if workspace.truth.is_dir() else None


def _others(config: FairnessConfig, snapshot: Snapshot, truth: Truth | None) -> Iterator[FairnessTable]:
    waiting = waiting_table(snapshot, config.waiting_days, config.testing, config.hidden_below)
    if waiting is not None:
        yield waiting
    if truth is not None:
        yield from truth_tables(snapshot, truth, config.testing, config.hidden_below)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report of fairness."""
    path = parse_config_path(argv, "evaluation.fairness", "Compares groups of people, with intervals.", DEFAULT)

    def action() -> None:
        config = load_config(path, FairnessConfig)
        workspace, traits = Workspace.of(config.var), load_config(config.traits, TraitsConfig)
        found = find(config, traits, workspace)
        report = report_of(found, config, traits)
        folder, stem = published_folder(workspace, found.snapshot_sha256), FAIRNESS
        if config.profile == "publication":
            report, stem = for_publication(report), FAIRNESS_PUBLICATION
            keep_release(Ledger(workspace.published / config.ledger), report)
        write_report(folder, report, stem)
        say("\n".join(told(report)))
        say(f"Published in {folder.parent.name}/{folder.name}/{stem}.html.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
