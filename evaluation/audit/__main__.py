"""`python -m evaluation.audit --config configs/audit.yaml`: the audit report of every live model, as files.

Writes `audit_<model>_v<version>.html`, `.json`, `.pdf` and the model card `card_<model>_v<version>.html`, `.md` into
`var/published/<snapshot>/`, beside the reports that training wrote.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError, ModelError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.audit.card.page import card_html, card_markdown
from evaluation.audit.clock import today_of
from evaluation.audit.figures.client import client_figures, family_names
from evaluation.audit.figures.planning import planning_figures
from evaluation.audit.material import Material
from evaluation.audit.page import render
from evaluation.audit.pdf import pdf_of
from evaluation.audit.settings import AuditConfig, Book
from evaluation.audit.summary import Read, report_stem, summarise
from evaluation.audit.told import kind_of
from evaluation.county_reasons.asked import Asked, every_output, read_model
from evaluation.live_bundles import verified
from features.histories import find_history
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot
from models.bundles.bundle import Bundle
from models.registry import RegisteredBundle, Registry, connect

DEFAULT = "configs/audit.yaml"


def make(config: AuditConfig) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Write the report of each live model, one after the other: (folder, report).

    Raises ModelError when nothing is live or a named model is not; DataError when the history is not built.
    """
    workspace = Workspace.of(config.var)
    registry, book = connect(workspace), load_config(config.book, Book)
    versions = live_versions(registry, config.models)
    bundles = verified(workspace, registry, versions)
    for version in tqdm(versions, desc="audit", disable=None):
        report = audited(Material(workspace, registry, version), bundles[version.name], config, book)
        yield write_report(Material(workspace, registry, version).folder, report, config.pdf), report


def live_versions(registry: Registry, names: Sequence[str]) -> list[RegisteredBundle]:
    """The live versions of these models; of every one when none is named.  Raises ModelError when one is not live."""
    live = registry.champions()
    absent = [name for name in names if name not in live]
    if absent or not live:
        raise ModelError(
            f"No version of {absent[0] if absent else 'any model'} is live. Promote one: `python -m training.promote`."
        )
    return [live[name] for name in names or sorted(live)]


def audited(material: Material, bundle: Bundle, config: AuditConfig, book: Book) -> dict[str, Any]:
    """The report of one version."""
    about_clients = kind_of(material.version.kind) == "client"
    read = _client(material, bundle, config) if about_clients else _planning(material, bundle)
    return summarise(read, config, book, today_of(material.workspace, config.clock))


def write_report(folder: Path, report: Mapping[str, Any], with_pdf: bool) -> Path:
    """Every file of one report."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = report_stem(report["identity"]["name"], report["identity"]["version"])
    card = stem.replace("audit_", "card_", 1)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / f"{card}.md", card_markdown(report).encode())
    write_atomically(folder / f"{card}.html", card_html(report).encode())
    if with_pdf:
        write_atomically(folder / f"{stem}.pdf", pdf_of(report))
    write_atomically(folder / f"{stem}.html", render(report).encode())
    write_atomically(folder / f"{stem}.json", text.encode())
    return folder


def _client(material: Material, bundle: Bundle, config: AuditConfig) -> Read:
    snapshot = open_snapshot(material.workspace.store)
    if snapshot.sha256 != material.version.snapshot_sha256:
        raise DataError(
            f"{material.version.name} was trained on another snapshot of the registers than the store holds now. "
            "Train it again before it is audited: `python -m training.retrain --config configs/retrain.yaml`."
        )
    return client_read(material, bundle, find_history(material.workspace, config.histories), snapshot, config)


def client_read(material: Material, bundle: Bundle, history: Path, snapshot: Snapshot, config: AuditConfig) -> Read:
    """Everything measured of a model about clients, from the parts of a history and its snapshot's residents."""
    read = read_model(bundle)
    asked = Asked(material.version, read.model, every_output(read.model), bundle)
    return Read(material, read.model, client_figures(material, asked, history, snapshot, config), family_names(asked))


def _planning(material: Material, bundle: Bundle) -> Read:
    return Read(material, None, planning_figures(material, bundle), {})


def told(report: Mapping[str, Any]) -> Iterator[str]:
    """What the command prints of one report."""
    identity, states = report["identity"], [line["state"] for line in report["matrix"]]
    yield (
        f"{identity['name']} version {identity['version']}: {states.count('pass')} rules pass, "
        f"{states.count('gap')} explained gaps, {states.count('not_concerned')} not concerned"
    )
    yield f"  {report['verdict']['sentence']['en']}"
    for point in report["verdict"]["weakest"]:
        yield f"  - {point['en']}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the audit reports."""
    path = parse_config_path(argv, "evaluation.audit", "Writes the audit report of every live model.", DEFAULT)

    def action() -> None:
        config = load_config(path, AuditConfig)
        for folder, report in make(config):
            for line in told(report):
                say(line)
            name = report_stem(report["identity"]["name"], report["identity"]["version"])
            say(f"  Published in {folder.parent.name}/{folder.name}/{name}.html.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
