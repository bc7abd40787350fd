"""What there is to choose from: the scheme's picture, the forecast series, the registered model versions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from configs.errors import LuotainError, ModelError
from configs.workspace import Workspace
from models.registry import RegisteredBundle, Registry, connect
from models.segments.scheme import Axis as SchemeAxis
from models.segments.scheme import Scheme
from serving.desk.asking import AxisQuestion
from serving.engine.contract import DataStamp
from serving.pages.services import Axis, Layout, ModelVersion, Paper, Unavailable
from serving.records.entries import local_text

REPORT_FILE = "report.html"
PAPERS: Mapping[Paper, str] = {
    "html": "audit_{name}_v{version}.html",
    "pdf": "audit_{name}_v{version}.pdf",
    "json": "audit_{name}_v{version}.json",
    "card": "card_{name}_v{version}.html",
}
"""The files of an audit report by what they are."""
PUBLISHED_LETTERS = 12  # as evaluation publishes: a folder named after the snapshot
DATA_UNTIL_TAG = "data_until"
MOST_LEVELS = 4
"""Levels of an axis that a picture on a small screen can hold."""


def layout_of(scheme: Scheme) -> Layout | None:
    """First axis from left to right, second from bottom to top; there the most support needed is at the bottom.

    None when the scheme is no grid that fits a page: it is then shown as a list and a table.
    """
    if len(scheme.axes) != 2 or any(len(axis.levels) > MOST_LEVELS for axis in scheme.axes):
        return None
    across, upwards = scheme.axes
    rows = tuple(reversed(upwards.levels))
    cells = tuple(
        tuple(scheme.segment_of({upwards.id: row.id, across.id: column.id}) for column in across.levels) for row in rows
    )
    return Layout(
        _axis(across), Axis(upwards.id, upwards.name.as_text(), tuple(row.name.as_text() for row in rows)), cells
    )


def questions_of(scheme: Scheme) -> tuple[AxisQuestion, ...]:
    """The axes as a person may answer them."""
    return tuple(
        AxisQuestion(
            axis.id,
            axis.name.as_text(),
            axis.respondent,
            tuple((level.id, level.name.as_text()) for level in axis.levels),
        )
        for axis in scheme.axes
    )


def known_until(model: Any) -> tuple[date, date]:
    """The last day that a demand or flow model had seen, and the first day of its forecast."""
    first: date = model.forecast["ds"].min().date()
    return first - timedelta(days=1), first


def versions_of(registry: Registry, published: Path, data: DataStamp | None) -> tuple[ModelVersion, ...]:
    """Every registered version, newest first within a name; `data` says until when the present registers reach."""
    found = []
    for name in registry.names():
        champion = registry.champion(name)
        for registered in reversed(registry.versions(name)):
            live = champion is not None and champion.version == registered.version
            found.append(_version(registry, published, registered, live, data))
    return tuple(found)


@contextmanager
def asked(workspace: Workspace) -> Iterator[tuple[Registry, Path]]:
    """The registry and the published files.  Raises Unavailable when they cannot be asked."""
    try:
        yield connect(workspace), workspace.published
    except LuotainError as error:
        raise Unavailable(str(error)) from None


def report_of(registry: Registry, published: Path, name: str, version: str) -> str | None:
    """The audit report published about a version, else what its training run stored; None when neither is there."""
    if name not in registry.names() or version not in {one.version for one in registry.versions(name)}:
        return None
    registered = registry.version(name, version)
    file = audit_file(published, registered, "html")
    if file is not None:
        return file.read_text(encoding="utf-8")
    try:
        return registry.artefact(registered.run_id, REPORT_FILE).read_text(encoding="utf-8")
    except ModelError:
        return None


def audit_file(published: Path, registered: RegisteredBundle, kind: Paper) -> Path | None:
    """One file of the audit report of a version (`python -m evaluation.audit`); None when it is not published."""
    name = PAPERS[kind].format(name=registered.name, version=registered.version)
    file = published / registered.snapshot_sha256[:PUBLISHED_LETTERS] / name
    return file if file.is_file() else None


def paper_of(registry: Registry, published: Path, name: str, version: str, kind: Paper) -> bytes | None:
    """One file of a version's audit report; None when the version or the file is not there."""
    if name not in registry.names() or version not in {one.version for one in registry.versions(name)}:
        return None
    file = audit_file(published, registry.version(name, version), kind)
    return file.read_bytes() if file is not None else None


def published_of(published: Path, data: DataStamp | None, name: str) -> str | None:
    """A file published about the snapshot that is served, else one beside the snapshots; None when there is none."""
    places = [published / data.snapshot_sha256[:PUBLISHED_LETTERS] / name] if data else []
    file = next((one for one in (*places, published / name) if one.is_file()), None)
    return file.read_text(encoding="utf-8") if file else None


def _version(
    registry: Registry, published: Path, registered: RegisteredBundle, live: bool, data: DataStamp | None
) -> ModelVersion:
    same_data = data is not None and data.snapshot_sha256 == registered.snapshot_sha256
    known = data.data_until.isoformat() if data is not None and same_data else ""
    papers = [kind for kind in PAPERS if audit_file(published, registered, kind) is not None]
    return ModelVersion(
        name=registered.name,
        version=registered.version,
        live=live,
        created=local_text(registered.created.isoformat()),
        data_until=registered.tags.get(DATA_UNTIL_TAG) or known,
        bundle_sha256=registered.sha256,
        metrics=registry.metrics(registered.run_id),
        report=bool(papers) or _has_report(registry, registered.run_id),
        snapshot_sha256=registered.snapshot_sha256,
        papers=tuple(kind for kind in papers if kind != "html"),
    )


def _has_report(registry: Registry, run_id: str) -> bool:
    try:
        return registry.artefact(run_id, REPORT_FILE).is_file()
    except ModelError:
        return False


def _axis(axis: SchemeAxis) -> Axis:
    return Axis(axis.id, axis.name.as_text(), tuple(level.name.as_text() for level in axis.levels))
