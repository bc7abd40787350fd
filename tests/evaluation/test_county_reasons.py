"""Reasons of groups: sums by hand, small groups hidden, homes as known on the date, and no client in any file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError, ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from evaluation.county_reasons import __main__ as command
from evaluation.county_reasons.asked import asked_models, check_features
from evaluation.county_reasons.groups import Group, GroupSums, groups_of, municipality_of
from evaluation.county_reasons.summary import CSV_HEAD
from evaluation.published import REASONS_CSV, REASONS_HTML, REASONS_JSON, take_along
from features.history_files import part_file
from features.store import bucket_of
from models.bundles.golden import draw_rows, with_golden
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from models.registry import CHAMPION, connect
from tests.features.histories_data import store_of, table_of
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from training.tracking import tracked_run

AS_OF = np.datetime64("2024-07-01")
TASK = load_task("configs/needs/heavier_home_care_6m.yaml")
NAME = "need_heavier_home_care_6m"
BUCKETS = 2


class Nothing(StrictConfig):
    """A training without settings."""


# Sums of groups


def sums_of(*sizes: int) -> GroupSums:
    """Groups of these sizes in municipality 901, one age band each."""
    bands = ("18-29", "30-49", "50-64", "65-74", "75-84", "85+")
    groups = [Group("901", band) for band, size in zip(bands, sizes, strict=False) for _ in range(size)]
    sums = GroupSums(("falls",))
    sums.add(groups, np.full(len(groups), 0.5), np.ones((len(groups), 1)))
    return sums


def test_clients_are_added_to_their_groups():
    sums, old, young = GroupSums(("falls", "work")), Group("901", "85+"), Group("901", "18-29")
    sums.add([old, young, old], np.array([0.2, 0.4, 0.6]), np.array([[1.0, -2.0], [5.0, 5.0], [-3.0, 4.0]]))
    sums.add([old], np.array([0.1]), np.array([[0.5, 0.5]]))
    found = dict(sums.ordered())
    assert [group.age_band for group in found] == ["18-29", "85+"]
    assert found[old].clients == 2 + 1
    assert found[old].probability == pytest.approx(0.2 + 0.6 + 0.1)
    np.testing.assert_allclose(found[old].contribution, [1 - 3 + 0.5, -2 + 4 + 0.5])
    np.testing.assert_allclose(found[old].absolute, [1 + 3 + 0.5, 2 + 4 + 0.5])
    np.testing.assert_allclose(sums.everyone().contribution, [1 - 3 + 0.5 + 5, -2 + 4 + 0.5 + 5])


@pytest.mark.parametrize(
    "sizes,          shown",
    [
        ((5, 6, 7),      [True, True, True]),
        ((4, 6, 7),      [False, False, True]),   # the four would be the whole minus the others
        ((2, 3, 9),      [False] * 3),           # of five people in two groups none can be five
        ((2, 4, 9),      [False, False, True]),   # of six one can
        ((1, 1, 1, 50),  [False] * 4),
    ],
)  # fmt: skip
def test_small_groups_and_those_that_give_them_away_are_hidden(sizes, shown):
    assert [found is not None for _, found in sums_of(*sizes).shown()] == shown


def test_ages_are_bands_and_unknown_ones_a_group_of_their_own():
    found = groups_of(["901", "902", "901"], np.array([84.9, np.nan, 18.0]))
    assert found == [Group("901", "75-84"), Group("902", "unknown"), Group("901", "18-29")]


@pytest.mark.parametrize(
    "stays,                                                                              home",
    [
        ([("901", "2020-01-01", "2020-01-02", None)],                                    "901"),
        ([("901", "2020-01-01", "2020-01-02", None), ("902", "2024-06-30", "2024-06-30", None)], "902"),
        ([("901", "2020-01-01", "2020-01-02", None), ("902", "2024-07-01", "2024-06-01", None)], "901"),  # moves later
        ([("901", "2020-01-01", "2020-01-02", None), ("902", "2024-06-01", "2024-07-01", None)], "901"),  # unknown yet
        ([("901", "2020-01-01", "2020-01-02", "2024-01-01"), ("903", "2020-01-01", "2024-01-01", None)], "903"),
        ([("901", "2020-01-01", "2020-01-02", "2024-08-01")],                            "901"),  # corrected later
        ([],                                                                             "unknown"),
    ],
)  # fmt: skip
def test_home_is_what_was_recorded_before_the_date(stays, home):
    columns = ("municipality", "valid_from", "recorded_at", "superseded_at")
    rows = [{"client_id": "c", **dict(zip(columns, stay, strict=True))} for stay in stays]
    assert municipality_of(table_of("residents", rows), ["c"], AS_OF) == [home]


# The command


@pytest.fixture(scope="module")
def model() -> NeedModel:
    rows = draw(400)
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    line = LogisticRegression.fit(rows, labels(rows), described.used, BaselineSettings())
    return NeedModel(described, TASK, BinaryModel(Blend(trees, line, 0.25), Calibration(0.9, -0.2)))


@pytest.fixture(scope="module")
def county(tmp_path_factory, model) -> Path:
    """A data folder with a store, a history of two dates, and the live model."""
    var = tmp_path_factory.mktemp("county") / "var"
    workspace, rows = Workspace(var), draw(300, seed=7)
    clients = [f"{place:032x}" for place in range(len(rows))]
    homes = [{"client_id": one, "municipality": "901" if place % 3 else "902"} for place, one in enumerate(clients)]
    snapshot = store_of(workspace.store, {"residents": table_of("residents", homes)}, BUCKETS)
    _history(workspace, clients, rows)
    files = model.to_files()
    drawn = draw_rows(rows)
    with tracked_run(workspace, NAME, "need", Nothing(), snapshot.sha256) as run:
        version = run.register_bundle(with_golden(files, model.feature_names, drawn, model.golden_outputs(drawn)))
    run.registry.set_alias(NAME, CHAMPION, version.version)
    return var


def _history(workspace: Workspace, clients: list[str], rows: np.ndarray) -> None:
    folder = workspace.histories / "h"
    folder.mkdir(parents=True)
    bucket = np.array([bucket_of(client, BUCKETS) for client in clients])
    for number in range(BUCKETS):
        own = bucket == number
        frame = pd.DataFrame(rows[own], columns=list(names()))
        frame.insert(0, "client_id", np.array(clients, object)[own])
        older = frame.assign(as_of=AS_OF - np.timedelta64(91, "D"), emergency_contacts__90d=np.float32(50))
        both = pd.concat([older, frame.assign(as_of=AS_OF)]).astype({"as_of": "datetime64[s]"})
        both.to_parquet(part_file(folder, number), index=False)


@pytest.fixture(scope="module")
def published(county) -> Iterator[Path]:
    """The folder that the command has written; until the end of the module the command would find the county again."""
    patched = pytest.MonkeyPatch()
    patched.setenv("LUOTAIN_VAR", str(county))
    patched.setattr(command, "find_history", lambda workspace, config: workspace.histories / "h")
    assert command.main(["--config", "configs/county_reasons.yaml"]) == 0
    (folder,) = [one for one in (county / "published").iterdir() if one.is_dir()]
    yield folder
    patched.undo()


def output_of(folder: Path) -> dict[str, Any]:
    (output,) = json.loads((folder / REASONS_JSON).read_text(encoding="utf-8"))["outputs"]
    return output


def test_every_figure_is_the_mean_of_the_served_contributions(published, model):
    rows = draw(300, seed=7)
    age, episode = rows[:, names().index("age")], rows[:, names().index("home_care_episode")]
    kept = (episode == 1) & (age >= 50) & (age < 65) & (np.arange(300) % 3 > 0)
    explained = model.model.explain(rows[kept])  # LightGBM's own
    (group,) = [
        one for one in output_of(published)["groups"] if one["municipality"] == "901" and one["age_band"] == "50-64"
    ]
    assert group["clients"] == kept.sum() >= 5
    assert group["probability"] == pytest.approx(explained.probabilities.mean(), abs=1e-12)
    columns = [names().index(f"emergency_contacts__{days}d") for days in (90, 365)]
    emergencies = explained.shares[:, columns].sum(axis=1)
    (reason,) = [one for one in group["reasons"] if one["family"] == "emergency_contacts"]
    assert reason["mean"] == pytest.approx(emergencies.mean(), abs=1e-9)
    assert reason["mean_absolute"] == pytest.approx(np.abs(emergencies).mean(), abs=1e-9)


def test_only_the_newest_date_and_whom_the_model_answers_count(published):
    rows = draw(300, seed=7)
    summary = json.loads((published / REASONS_JSON).read_text(encoding="utf-8"))
    assert (summary["as_of"], summary["clients"]) == ("2024-07-01", 300)
    assert output_of(published)["everyone"]["clients"] == int((rows[:, names().index("home_care_episode")] == 1).sum())


def test_no_client_and_no_small_group_is_in_any_file(published):
    shown = [one for one in output_of(published)["groups"] if one["clients"] is not None]
    assert all(one["clients"] >= 5 for one in shown)
    hidden = [one for one in output_of(published)["groups"] if one["clients"] is None]
    assert hidden
    assert all(one["reasons"] == [] and one["probability"] is None for one in hidden)
    for name in (REASONS_HTML, REASONS_JSON, REASONS_CSV):
        text = (published / name).read_text(encoding="utf-8")
        assert not any(f"{place:032x}" in text for place in range(300))


def test_the_table_has_a_line_for_each_shown_group_and_family(published):
    lines = list(csv.reader((published / REASONS_CSV).read_text(encoding="utf-8").splitlines()))
    output = output_of(published)
    shown = [one for one in output["groups"] if one["clients"] is not None]
    assert tuple(lines[0]) == CSV_HEAD
    assert len(lines) == 1 + (1 + len(shown)) * len(output["everyone"]["reasons"])


def test_the_page_is_whole_and_loads_nothing(published):
    page = (published / REASONS_HTML).read_text(encoding="utf-8")
    assert "Kotihoidon tarve kasvaa" in page
    assert page.count("<section") == 2
    assert not any(word in page for word in ("<script", "http://", "https://", "src="))


def test_the_same_county_gives_the_same_bytes(published):
    before = {name: (published / name).read_bytes() for name in (REASONS_HTML, REASONS_JSON, REASONS_CSV)}
    assert command.main([]) == 0
    assert {name: (published / name).read_bytes() for name in before} == before


def test_evaluation_keeps_the_page(published, tmp_path):
    take_along(published, tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {REASONS_HTML, REASONS_JSON, REASONS_CSV}


def test_a_model_that_is_not_live_is_named(county):
    workspace = Workspace(county)
    with pytest.raises(ModelError, match="No version of need_other is live"):
        asked_models(workspace, connect(workspace), ["need_other"])


def test_a_county_without_live_models_is_told(var):
    with pytest.raises(ModelError, match="any segmentation or need model is live"):
        asked_models(Workspace(var), connect(Workspace(var)), [])


def test_a_history_of_another_catalogue_is_refused(county):
    workspace = Workspace(county)
    (asked,) = asked_models(workspace, connect(workspace), [])
    with pytest.raises(DataError, match="no feature rai_cps"):
        check_features(asked, [name for name in names() if name != "rai_cps"])
