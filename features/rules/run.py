"""Every resident's rules on one date, bucket by bucket: verdicts and evidence as Parquet, counts as a table."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.errors import ConfigError
from configs.loader import StrictConfig, nearest
from configs.workspace import Workspace
from features import cohort
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import FeatureSpec, feature_specs
from features.catalogue.vocabulary import Vocabulary
from features.history_files import history_id, new_folder
from features.kernel import build_features
from features.kernel.build import numbered_rows
from features.kernel.events import Tables
from features.rules.evidence import Fired, evidence
from features.rules.fire import FIRES, verdicts
from features.rules.spec import RuleBook, load_rules
from features.store import Snapshot, open_snapshot, read_table

ANSWERS = {1: "fires", 0: "does_not", -1: "cannot_tell"}


class RulesConfig(StrictConfig):
    """Which rules, over which features, for whom, on which date."""

    var: str
    rules: str
    catalogue: str
    as_of: date | None = None
    """The day after the store's last full day when left out."""
    cohort_rules: tuple[cohort.Rule, ...] = ()


@dataclass(frozen=True)
class RuleWork:
    """Everything that judging one bucket needs."""

    snapshot: Snapshot
    book: RuleBook
    catalogue: Catalogue
    vocabulary: Vocabulary
    as_of: date
    cohort_rules: tuple[cohort.Rule, ...]

    @property
    def specs(self) -> dict[str, FeatureSpec]:
        return {spec.name: spec for spec in feature_specs(self.catalogue, self.vocabulary)}


def run_rules(config: RulesConfig) -> Path:
    """Judge everybody; the folder with verdicts-*.parquet, evidence-*.parquet and summary.json."""
    workspace = Workspace.of(config.var)
    work = rule_work(open_snapshot(workspace.store), config)
    name = history_id(snapshot=work.snapshot.sha256, book=work.book.model_dump_json(), as_of=str(work.as_of))
    folder = workspace.root / "rules" / name
    with new_folder(folder) as building:
        counts: Counter[tuple[str, str]] = Counter()
        buckets = range(work.snapshot.n_buckets)
        for bucket in tqdm(buckets, desc="rules", file=sys.stderr, disable=None, leave=False, delay=3):
            counts.update(_bucket(work, bucket, building))
        (building / "summary.json").write_text(json.dumps(_summary(work, counts), ensure_ascii=False, indent=1))
    return folder


def rule_work(snapshot: Snapshot, config: RulesConfig) -> RuleWork:
    """The rules with just the families they read.  Raises ConfigError naming an unknown feature."""
    book = load_rules(config.rules)
    catalogue = narrowed(load_catalogue(config.catalogue), book, config.rules, config.catalogue)
    as_of = config.as_of or snapshot.data_until + timedelta(days=1)
    return RuleWork(snapshot, book, catalogue, Vocabulary({}, as_of), as_of, config.cohort_rules)


def narrowed(catalogue: Catalogue, book: RuleBook, rules_path: str, catalogue_path: str) -> Catalogue:
    """The catalogue with only the families that the rules read.  Raises ConfigError naming an unknown feature."""
    declared = {spec.name: spec.family for spec in feature_specs(catalogue, Vocabulary({}, date.min))}
    for feature in book.features():
        if feature not in declared:
            guess = nearest(feature, declared)
            hint = f"Did you mean `{guess}`?" if guess else f"Add its family to {catalogue_path}."
            raise ConfigError(f"{rules_path}: no feature is called `{feature}`. {hint}")
    wanted = {declared[feature] for feature in book.features()}
    families = {name: family for name, family in catalogue.families.items() if name in wanted}
    return catalogue.model_copy(update={"families": families})


def _bucket(work: RuleWork, bucket: int, folder: Path) -> Counter[tuple[str, str]]:
    tables = _tables(work, bucket)
    clients = _clients(work, tables)
    judged, fired = judge(work, tables, clients)
    shown = evidence(tables, work.as_of, fired, work.book, work.catalogue, work.specs)
    judged.to_parquet(folder / f"verdicts-{bucket:05d}.parquet", index=False)
    shown.to_parquet(folder / f"evidence-{bucket:05d}.parquet", index=False)
    return Counter(zip(judged["rule"], judged["answer"], strict=True))


def judge(work: RuleWork, tables: Mapping[str, pd.DataFrame], clients: np.ndarray) -> tuple[pd.DataFrame, list[Fired]]:
    """Answers `client_id, rule, answer`, and the rules that fired with their clients and the features behind them."""
    as_of = np.full(len(clients), np.datetime64(work.as_of, "D"))
    values = build_features(tables, clients, as_of, work.catalogue, work.vocabulary)
    frame = dict(zip(work.specs, values.T, strict=True))
    found = verdicts(work.book, frame, len(clients))
    answers = pd.DataFrame(
        {
            "client_id": np.tile(clients, len(found)),
            "rule": np.repeat(list(found), len(clients)),
            "answer": np.concatenate([_words(answer) for answer in found.values()]),
        }
    )
    fired = [_fired(name, answer == FIRES, clients, frame) for name, answer in found.items()]
    return answers, fired


def _words(answer: np.ndarray) -> np.ndarray:
    return np.array([ANSWERS[int(one)] for one in answer], dtype=object)


def _fired(name: str, chosen: np.ndarray, clients: np.ndarray, frame: Mapping[str, np.ndarray]) -> Fired:
    return Fired(name, clients[chosen], {feature: values[chosen] for feature, values in frame.items()})


def _tables(work: RuleWork, bucket: int) -> dict[str, pd.DataFrame]:
    wanted = {*work.catalogue.tables, *cohort.tables_of_rules(work.cohort_rules, "residents")}
    return {name: read_table(work.snapshot, name, bucket) for name in sorted(wanted)}


def _clients(work: RuleWork, tables: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """The residents of the bucket who fulfil the cohort's rules on the date."""
    people = np.array(sorted(tables["residents"]["client_id"].unique()), dtype=object)
    as_of = np.full(len(people), np.datetime64(work.as_of, "D"))
    rows, order = numbered_rows(people, as_of)
    kept, _ = cohort.keep(Tables(tables, order), rows, "residents", work.cohort_rules, work.catalogue)
    return people[kept]


def _summary(work: RuleWork, counts: Mapping[tuple[str, str], int]) -> dict[str, object]:
    rules = {
        name: {"kind": rule.kind, "name": rule.name.as_text(), "source": rule.source}
        | {answer: counts.get((name, answer), 0) for answer in ANSWERS.values()}
        for name, rule in work.book.rules.items()
    }
    return {"snapshot_sha256": work.snapshot.sha256, "as_of": str(work.as_of), "rules": rules}
