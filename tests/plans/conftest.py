"""The small county of this folder's tests: built once, and what is read of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.guidance.counting import Counted, Wanted, count
from evaluation.guidance.settings import GuidanceConfig
from evaluation.indicators.compute import Found
from features.rules.run import RulesConfig, judge, rule_work
from features.store import Snapshot, read_table
from models.segments.routing import RoutingTable
from tests.plans.county import indicators_of, ingested, until
from tests.plans.laboratory import Measured, measured_at
from tests.plans.plan_002.trained import trained as trained  # a fixture of this folder

Guided = tuple[Counted, Wanted]


@pytest.fixture(scope="package")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The store."""
    folder = tmp_path_factory.mktemp("county") / "var"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        yield ingested(folder, patch)


@pytest.fixture(scope="package")
def laboratory(county: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The store beside which a laboratory has begun to deliver, and its rows."""
    return measured_at(county, tmp_path_factory.mktemp("laboratory") / "var")


@pytest.fixture(scope="package")
def measured(county: Snapshot) -> tuple[Found, dict[str, Any]]:
    """The indicators that the tests look at, before and after protection."""
    return indicators_of(county)


@pytest.fixture(scope="package")
def indicators(measured: tuple[Found, dict[str, Any]]) -> dict[str, Any]:
    """As they are published."""
    return measured[1]


@pytest.fixture(scope="package")
def guided(county: Snapshot) -> Guided:
    """What guidance led to, before anything is hidden."""
    config = load_config("configs/guidance.yaml", GuidanceConfig)
    wanted = Wanted(until(county), config, load_config(config.routing, RoutingTable), "suuntima_like")
    return count(county, wanted), wanted


@pytest.fixture(scope="package")
def judged(county: Snapshot) -> pd.DataFrame:
    """client_id × rule → fires, does_not or cannot_tell, of everybody with a contact."""
    work = rule_work(county, RulesConfig(var="var", rules="configs/rules.yaml", catalogue="configs/features.yaml"))
    parts = []
    for bucket in range(county.n_buckets):
        tables = {name: read_table(county, name, bucket) for name in {*work.catalogue.tables, "residents"}}
        clients = np.array(sorted(set(tables["contacts"]["client_id"].astype(str))), object)
        parts.append(judge(work, tables, clients)[0])
    found = pd.concat(parts, ignore_index=True).astype(str)
    return found.pivot(index="client_id", columns="rule", values="answer")
