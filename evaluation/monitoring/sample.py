"""The clients that are monitored, on every date: whole buckets of the store, so that the others are never read.

A client's bucket follows from the pseudonym alone, so the first buckets are a sample that nobody chose, and the same
one at the next monitoring.
"""

import tempfile
from pathlib import Path

import pandas as pd

from configs.errors import DataError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.monitoring.features import drawn_clients
from evaluation.monitoring.settings import MonitorConfig
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import feature_names, feature_specs
from features.catalogue.vocabulary import Vocabulary, fit_vocabulary
from features.frames import read_frame
from features.histories import BucketWork, HistoriesConfig, History, find_history, load_history
from features.history_files import part_file, read_meta
from features.store import Snapshot


def sampled_history(config: MonitorConfig, workspace: Workspace, snapshot: Snapshot) -> History:
    """At most `config.clients` clients on the config's dates.  Raises DataError when nobody is left."""
    settings = load_config(config.histories, HistoriesConfig).model_copy(update={"dates": config.dates, "processes": 1})
    catalogue = load_catalogue(settings.catalogue)
    vocabulary = _vocabulary(config, settings, workspace, snapshot, catalogue)
    with tempfile.TemporaryDirectory() as folder:
        work = BucketWork(Path(folder), snapshot, settings, catalogue.to_json(), vocabulary.to_json())
        rows = _enough(work, config.clients)
    if rows.empty:
        raise DataError("No client is left on the dates that are monitored. Widen `dates`, or `rules` of `histories`.")
    kept = rows[drawn_clients(rows["client_id"].to_numpy(object), config.clients)].reset_index(drop=True)
    return History(
        rows=kept[["client_id", "as_of"]],
        frame=kept[list(feature_names(catalogue, vocabulary))],
        specs=feature_specs(catalogue, vocabulary),
        catalogue=catalogue,
        vocabulary=vocabulary,
        snapshot_sha256=snapshot.sha256,
    )


def built_history(config: MonitorConfig, workspace: Workspace) -> History | None:
    """Everybody on the dates that the models were trained and measured on; None where it is not built."""
    try:
        return load_history(workspace, config.histories)
    except DataError:
        return None


def _enough(work: BucketWork, clients: int) -> pd.DataFrame:
    """Bucket after bucket, until there are so many clients."""
    parts, found = [], 0
    for bucket in range(work.snapshot.n_buckets):
        work(bucket)
        parts.append(read_frame(part_file(work.folder, bucket)))
        found += parts[-1]["client_id"].nunique()
        if found >= clients:
            break
    return pd.concat(parts, ignore_index=True)


def _vocabulary(
    config: MonitorConfig, settings: HistoriesConfig, workspace: Workspace, snapshot: Snapshot, catalogue: Catalogue
) -> Vocabulary:
    """That of the built history; learned again, which reads the whole store, where none is built."""
    try:
        built = find_history(workspace, config.histories)
    except DataError:
        return fit_vocabulary(snapshot, catalogue, settings.vocabulary_until)
    return Vocabulary.from_json(read_meta(built)["vocabulary"])
