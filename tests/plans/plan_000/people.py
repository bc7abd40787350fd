"""Everybody of the small county with a row of the shipped features, and a segmentation model that learned there."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from configs.loader import load_config
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import FeatureSpec, feature_specs
from features.catalogue.vocabulary import Vocabulary
from features.kernel import build_features
from features.rules.spec import EligibilityRules
from features.store import Snapshot, read_table
from models.explaining.comparison import Comparison
from models.explaining.wording.sentences import load_sentences
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.parts import ClientParts
from models.segments.scheme import Scheme
from models.segments.segmentation import AxisModel, SegmentationModel
from tests.plans.county import born, known, until

NO_CODES = Vocabulary({}, date(2025, 1, 1))
LEARNED = ("age", "emergency_contacts__365d", "distinct_services__365d", "home_care_episode")


@dataclass(frozen=True)
class People:
    """The feature row of each client on the day after the data."""

    catalogue: Catalogue
    clients: np.ndarray
    rows: np.ndarray

    @cached_property
    def specs(self) -> dict[str, FeatureSpec]:
        """The columns of a row by name."""
        return {spec.name: spec for spec in feature_specs(self.catalogue, NO_CODES)}

    @cached_property
    def frame(self) -> pd.DataFrame:
        """client_id × feature."""
        return pd.DataFrame(self.rows.astype(float), index=self.clients, columns=list(self.specs))


def people_of(county: Snapshot) -> People:
    """Everybody with a contact."""
    catalogue, rows, everybody = load_catalogue("configs/features.yaml"), [], []
    for bucket in range(county.n_buckets):
        tables = {name: read_table(county, name, bucket) for name in {*catalogue.tables, "residents"}}
        clients = np.array(sorted(set(tables["contacts"]["client_id"].astype(str))), object)
        days = np.full(len(clients), np.datetime64(until(county), "D"))
        rows.append(build_features(tables, clients, days, catalogue, NO_CODES))
        everybody.append(clients)
    return People(catalogue, np.concatenate(everybody), np.concatenate(rows))


def learned_there(county: Snapshot, people: People, scheme: Scheme) -> SegmentationModel:
    """A plain model of the adults' recorded segmentations, behind the shipped gate."""
    frame, records = people.frame, known(county, "segment_records").sort_values("time")
    newest = records.drop_duplicates("client_id", keep="last").set_index("client_id")
    grown = newest[newest.index.map(born(county)) <= until(county).year - 19]
    taught = grown.index.intersection(frame.index)
    rows = people.rows[frame.index.get_indexer(taught)]
    comparison = Comparison.fit(
        frame.loc[taught, list(LEARNED)].to_numpy(), LEARNED, frame.loc[taught, "age"].to_numpy(), taught
    )
    parts = ClientParts(people.catalogue, NO_CODES, LEARNED, comparison, load_sentences("configs/sentences.yaml"))
    axes = []
    for axis in scheme.axes:
        high = (newest.loc[taught, f"{axis.column}_level"] == axis.level_ids[-1]).to_numpy(np.int8)
        learner = LogisticRegression.fit(parts.used_columns(rows), high, LEARNED, BaselineSettings())
        axes.append(AxisModel(axis, (BinaryModel(learner, Calibration(1.0, 0.0)),)))
    return SegmentationModel(parts, scheme, load_config("configs/eligibility.yaml", EligibilityRules), tuple(axes))
