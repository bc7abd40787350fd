"""One row per (client, as_of): what was known of the client then.  `python -m features.histories` builds a grid."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field
from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from features import cohort, computable
from features.attrition import write_attrition
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import FeatureSpec, feature_names, feature_specs
from features.catalogue.vocabulary import Vocabulary, fit_vocabulary
from features.columnar import Columns
from features.frames import column_names
from features.history_files import (
    code_sha256,
    history_id,
    is_complete,
    new_folder,
    part_file,
    read_meta,
    read_parts,
    write_meta,
)
from features.kernel import build_features
from features.kernel.build import numbered_rows
from features.kernel.columns import needed_columns
from features.kernel.events import Tables
from features.packed import PackedClients
from features.store import Snapshot, bucket_of, open_snapshot, read_client, read_columns
from features.windows import Step, index_dates

DEFAULT = "configs/histories.yaml"


class Grid(StrictConfig):
    """Prediction dates from `first` to `last`."""

    first: date
    last: date
    step: Step


class HistoriesConfig(StrictConfig):
    """Whose history is built, on which dates, from which catalogue."""

    var: str
    catalogue: str
    dates: Grid
    vocabulary_until: date
    """Codes are learned from what was known at this date: not after the training period."""
    clients: str = "residents"
    """The table whose known rows make somebody a client."""
    rules: tuple[cohort.Rule, ...] = ()
    processes: int = Field(default=1, ge=1, le=64)


@dataclass(frozen=True)
class History:
    """Rows (client_id, as_of) and their features side by side; NaN = unknown."""

    rows: pd.DataFrame
    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    catalogue: Catalogue
    vocabulary: Vocabulary
    snapshot_sha256: str
    attrition: tuple[cohort.Step, ...] = ()
    id: str = ""


def build(snapshot: Snapshot, rows: pd.DataFrame, catalogue: Catalogue, vocabulary: Vocabulary) -> History:
    """Features of any rows (client_id, as_of), in the order given, bucket by bucket in bounded memory."""
    clients = rows["client_id"].to_numpy(dtype=object)
    as_of = rows["as_of"].to_numpy().astype("datetime64[D]")
    names = feature_names(catalogue, vocabulary)
    values = np.empty((len(rows), len(names)), np.float32)
    buckets = np.array([bucket_of(client, snapshot.n_buckets) for client in clients], np.int64)
    for bucket in _progress(np.unique(buckets).tolist(), "histories"):
        own = buckets == bucket
        tables = _bucket_tables(snapshot, bucket, catalogue, frozenset())
        values[own] = build_features(tables, clients[own], as_of[own], catalogue, vocabulary)
    plain = pd.DataFrame({"client_id": clients, "as_of": as_of.astype("datetime64[s]")})
    frame = pd.DataFrame(values, columns=list(names))
    return History(plain, frame, feature_specs(catalogue, vocabulary), catalogue, vocabulary, snapshot.sha256)


def build_client(
    store: Snapshot | PackedClients, client_id: str, as_of: date, catalogue: Catalogue, vocabulary: Vocabulary
) -> np.ndarray:
    """One client's row (float32) by the same kernel: what a request is answered from."""
    tables: Mapping[str, Columns | pd.DataFrame]
    tables = store.client(client_id) if isinstance(store, PackedClients) else read_client(store, client_id)
    clients, days = np.array([client_id], object), np.array([as_of], "datetime64[D]")
    return build_features(tables, clients, days, catalogue, vocabulary)[0]


def load_history(workspace: Workspace, config: HistoriesConfig | str | Path) -> History:
    """The history that the command built for the store's present snapshot.  Raises DataError when there is none."""
    settings = config if isinstance(config, HistoriesConfig) else load_config(config, HistoriesConfig)
    snapshot = open_snapshot(workspace.store)
    catalogue = load_catalogue(settings.catalogue)
    folder = _folder(workspace, settings, snapshot, catalogue)
    meta = read_meta(folder)
    vocabulary = Vocabulary.from_json(meta["vocabulary"])
    parts = read_parts(folder)
    frame = parts[list(feature_names(catalogue, vocabulary))]
    return History(
        rows=parts[["client_id", "as_of"]],
        frame=frame,
        specs=feature_specs(catalogue, vocabulary),
        catalogue=catalogue,
        vocabulary=vocabulary,
        snapshot_sha256=snapshot.sha256,
        attrition=tuple(meta["attrition"]),
        id=folder.name,
    )


def find_history(workspace: Workspace, config: str) -> Path:
    """The folder of the history built for the present snapshot.  Raises DataError when there is none."""
    settings = load_config(config, HistoriesConfig)
    folder = _folder(workspace, settings, open_snapshot(workspace.store), load_catalogue(settings.catalogue))
    read_meta(folder)
    return folder


def build_grid(workspace: Workspace, config: HistoriesConfig, engine: "Engine | None" = None) -> Path:
    """Build the history of a config unless it is there already; the folder it lies in.

    `engine` runs the work of every bucket, in bucket order; without one it runs here, in `processes` processes.
    """
    snapshot = open_snapshot(workspace.store)
    catalogue = load_catalogue(config.catalogue)
    folder = _folder(workspace, config, snapshot, catalogue)
    if is_complete(folder):
        return folder
    vocabulary = fit_vocabulary(snapshot, catalogue, config.vocabulary_until)
    with new_folder(folder) as building:
        work = BucketWork(building, snapshot, config, catalogue.to_json(), vocabulary.to_json())
        attrition = cohort.joined((engine or _each_bucket)(work))
        if not attrition or attrition[-1]["rows_after"] == 0:
            raise DataError(f"No client is left on these dates. {_shown(attrition)}Widen `dates` or `rules`.")
        write_attrition(building, attrition)
        found = computable.described(sorted(building.glob("part-*.parquet")), catalogue, vocabulary)
        write_meta(building, {**_meta(snapshot, catalogue, vocabulary, config, attrition), **found})
    return folder


@dataclass(frozen=True)
class BucketWork:
    """What a process needs to build one bucket's part: settings as text, so that they travel."""

    folder: Path
    snapshot: Snapshot
    config: HistoriesConfig
    catalogue: str
    vocabulary: str

    def __call__(self, bucket: int) -> list[cohort.Step]:
        """Build and write one bucket's part; its attrition."""
        catalogue, vocabulary = _parsed(self.catalogue, self.vocabulary)
        wanted = cohort.tables_of_rules(self.config.rules, self.config.clients)
        frames = _bucket_tables(self.snapshot, bucket, catalogue, wanted)
        people = sorted(frames[self.config.clients].text("client_id").present())
        grid = self.config.dates
        clients, as_of = cohort.grid(people, index_dates(grid.first, grid.last, grid.step))
        rows, order = numbered_rows(clients, as_of)
        kept, steps = cohort.keep(Tables(frames, order), rows, self.config.clients, self.config.rules, catalogue)
        threads = 1 if self.config.processes > 1 else None
        values = build_features(frames, clients[kept], as_of[kept], catalogue, vocabulary, threads)
        frame = pd.DataFrame(values, columns=list(feature_names(catalogue, vocabulary)))
        frame.insert(0, "client_id", clients[kept])
        frame.insert(1, "as_of", as_of[kept].astype("datetime64[s]"))
        frame.to_parquet(part_file(self.folder, bucket), index=False, compression="zstd")
        return steps


Engine = Callable[[BucketWork], Iterable[list[cohort.Step]]]


@lru_cache(maxsize=1)
def _parsed(catalogue: str, vocabulary: str) -> tuple[Catalogue, Vocabulary]:
    """Read once per process, so that the kernel plans once."""
    return Catalogue.from_json(catalogue), Vocabulary.from_json(vocabulary)


def _each_bucket(work: BucketWork) -> Iterator[list[cohort.Step]]:
    buckets = range(work.snapshot.n_buckets)
    if work.config.processes == 1:
        yield from (work(bucket) for bucket in _progress(buckets, "histories"))
        return
    with ProcessPoolExecutor(work.config.processes, mp_context=get_context("spawn")) as pool:
        yield from _progress(pool.map(work, buckets), "histories", len(buckets))


def _bucket_tables(snapshot: Snapshot, bucket: int, catalogue: Catalogue, more: frozenset[str]) -> dict[str, Columns]:
    names = sorted({*catalogue.tables, *more})
    families = catalogue.enabled
    return {name: read_columns(snapshot, name, bucket, needed_columns(name, families)) for name in names}


def _folder(workspace: Workspace, config: HistoriesConfig, snapshot: Snapshot, catalogue: Catalogue) -> Path:
    settings = config.model_dump_json(exclude={"var", "processes", "catalogue"})
    parts = {"snapshot": snapshot.sha256, "catalogue": catalogue.sha256, "settings": settings, "code": code_sha256()}
    return workspace.histories / history_id(**parts)


def _meta(
    snapshot: Snapshot,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    config: HistoriesConfig,
    attrition: Sequence[cohort.Step],
) -> dict[str, object]:
    return {
        "snapshot_sha256": snapshot.sha256,
        "data_until": str(snapshot.data_until),
        "catalogue_sha256": catalogue.sha256,
        "sources_version": catalogue.sources_version,
        "code_sha256": code_sha256(),
        "settings": config.model_dump(mode="json", exclude={"var"}),
        "vocabulary": vocabulary.to_json(),
        "attrition": list(attrition),
    }


def _progress(items: Sequence[int] | Iterator[list[cohort.Step]], name: str, total: int | None = None) -> tqdm:  # type: ignore[type-arg]
    return tqdm(items, desc=name, total=total, file=sys.stderr, disable=None, leave=False, delay=3)


def _shown(attrition: Sequence[cohort.Step]) -> str:
    return "".join(f"{step['filter']}: {step['rows_after']} rows left. " for step in attrition)


def report(folder: Path) -> None:
    """Print what a history holds: rows and clients before and after every rule."""
    meta = read_meta(folder)
    say(f"{'rule':<40} {'rows before':>12} {'after':>10} {'clients before':>15} {'after':>10}")
    for step in meta["attrition"]:
        rows = f"{step['rows_before']:>12,} {step['rows_after']:>10,}"
        say(f"{step['filter']:<40} {rows} {step['clients_before']:>15,} {step['clients_after']:>10,}")
    for line in computable.lines(meta):
        say(line)
    say(f"history {folder.name}: {_columns(folder)} features, snapshot {meta['snapshot_sha256'][:12]}")


def _columns(folder: Path) -> int:
    first = next(iter(sorted(folder.glob("part-*.parquet"))))
    return len(column_names(first)) - 2


def main(argv: Sequence[str] | None = None) -> int:
    """Build the history that a config describes and print its attrition table."""
    path = parse_config_path(argv, "features.histories", "Build what was known of each client on each date.", DEFAULT)

    def action() -> None:
        config = load_config(path, HistoriesConfig)
        workspace = Workspace.of(config.var)
        report(build_grid(workspace, config))

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
