"""The project's own kernel, from the same file."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.catalogue.vocabulary import Vocabulary
from features.columnar import Coded, Columns
from features.kernel import build_features
from features.kernel.columns import needed_columns
from features.tables import CONTACTS
from tests.bench import wanted
from tests.bench.worlds.events import AS_OF


def frame(file: Path) -> np.ndarray:
    """Read, build, done."""
    catalogue = wanted.catalogue()
    columns = list(needed_columns("contacts", catalogue.enabled))
    texts = [name for name in columns if CONTACTS.by_name[name].kind == "text"]
    contacts = Columns.of_arrow(pq.ParquetFile(file, read_dictionary=texts, memory_map=True).read(columns))
    words = contacts.text("client_id").words
    by_client = np.argsort(words.texts)
    clients = Coded(np.repeat(by_client, len(AS_OF)), words)
    as_of = np.tile(AS_OF, len(by_client))
    return build_features({"contacts": contacts}, clients, as_of, catalogue, Vocabulary({}, AS_OF[0].item()))
