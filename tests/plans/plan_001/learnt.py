"""The small county's clients as the project's own training and kernel see them, quickly: for rows of 001 and 003."""

from datetime import date

import numpy as np
import pandas as pd

from configs.loader import load_config, read_yaml, validate_config
from configs.workspace import Workspace
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import fit_vocabulary
from features.histories import History, build
from features.segment_records import TABLE, known_answers
from features.store import Snapshot, read_table
from models.answers import ModelStamp, SegmentAnswer
from models.segments.eligibility import EligibilityRules
from models.segments.questionnaire import recorded_answers
from models.segments.scheme import load_scheme
from models.segments.segmentation import SegmentationModel
from tests.plans.county import ends, known, until
from training import segmentation

YEAR = pd.Timedelta(days=365)
FIT = {"folds": 2, "boosting": {"trees": 25, "minimum_rows": 8, "threads": 1}, "served": "blend", "line_share": 0.3}
NAME = "segmentation_suuntima_like"


def settled(county: Snapshot) -> np.ndarray:
    """Everybody who lives in the county and has been observed for two years."""
    day, stays = until(county), known(county, "residents")
    gone = ends(county, stays, "died_on", "died_recorded_at").notna()
    gone |= ends(county, stays, "valid_to", "valid_to_recorded_at").notna()
    long = stays[["history_start", "valid_from"]].max(axis=1) < day - 2 * YEAR
    return np.array(sorted(set(stays.loc[long & ~gone, "client_id"])), object)


def history_of(county: Snapshot) -> History:
    """Every feature of the settled, on the last day."""
    catalogue, day = load_catalogue("configs/features.yaml"), until(county)
    asked = pd.DataFrame({"client_id": settled(county), "as_of": np.datetime64(day, "s")})
    return build(county, asked, catalogue, fit_vocabulary(county, catalogue, day.date()))


def segmentation_of(county: Snapshot, history: History) -> SegmentationModel:
    """The shipped scheme, trained by the project's own steps on the county's recorded segmentations: small trees."""
    changed = {"fit": {**read_yaml("configs/segmentation.yaml")["fit"], **FIT}, "minimum_positives": 3}
    changed["fit"].pop("line_shares")
    config = validate_config(
        {**read_yaml("configs/segmentation.yaml"), **changed}, segmentation.SegmentationConfig, "segmentation.yaml"
    )
    scheme, rules = load_scheme(config.scheme), load_config(config.eligibility, EligibilityRules)
    residents = read_table(county, "residents")
    given = segmentation.Given(config, Workspace.of("var"), county, history, scheme, rules, residents)
    learned, _ = segmentation.learn_from(given)
    axes = tuple(axis.served for axis in segmentation.fitted_axes(given, learned))
    return SegmentationModel(learned.parts, scheme, rules, axes)


def stamp_of(county: Snapshot) -> ModelStamp:
    """As the service would stamp it."""
    return ModelStamp(NAME, "1", "0" * 64, county.data_until.isoformat(), until(county).date().isoformat())


def answers_of(county: Snapshot, history: History, model: SegmentationModel) -> dict[str, SegmentAnswer]:
    """What the settled are told: people's own recorded answers before the model's."""
    day: date = until(county).date()
    clients = history.rows["client_id"].astype(str)
    rows = history.frame[list(model.feature_names)].to_numpy(np.float32)
    records = dict(tuple(read_table(county, TABLE).groupby("client_id", observed=True)))
    told = {}
    for client, row in zip(clients, rows, strict=True):
        kept = records.get(client)
        facts = [] if kept is None else known_answers({TABLE: kept}, day)
        told[client] = model.answer(row, stamp_of(county), recorded_answers(model.scheme, facts, day))
    return told
