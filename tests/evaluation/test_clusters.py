"""Clusters beside segments: planted groups are found, agreement is right, small cells cannot be told."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ModelError
from evaluation.clusters import __main__ as clusters
from evaluation.clusters.page import render
from evaluation.clusters.summary import Asked, differences, summarise
from evaluation.held_out.contingency import adjusted_rand, hidden
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.learners.mixture import Mixture
from models.segments.conformal import ConformalSets
from models.segments.scheme import load_scheme
from models.segments.segmentation import AxisModel, SegmentationModel
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from tests.models.segments.test_segmentation import RULES

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")


def planted(rows: int) -> np.ndarray:
    """The upper half are old clients with many emergency contacts and a known RAI, the lower half young without."""
    frame, column = draw(rows, seed=3), {name: place for place, name in enumerate(names())}
    old = np.arange(rows) < rows // 2
    frame[:, column["age"]] = np.where(old, 85, 30) + frame[:, column["sex__female"]]
    frame[:, column["emergency_contacts__365d"]] += np.where(old, 12, 0)
    frame[:, column["rai_cps"]] = np.where(old, 3, np.nan)
    return frame


@pytest.fixture(scope="module")
def model() -> SegmentationModel:
    rows = draw(400)
    described = parts(rows, without=("sex",))
    used = described.used_columns(rows)
    axes = tuple(
        AxisModel(
            axis,
            (BinaryModel(BoostedTrees.fit(used, labels(rows, seed=n), described.used, SMALL_TREES), Calibration()),),
        )
        for n, axis in enumerate(SCHEME.axes)
    )
    sets = ConformalSets(SCHEME.segment_ids, (0.9,) * 4, (50,) * 4, 0.9)
    return SegmentationModel(described, SCHEME, RULES, axes, conformal=sets)


@pytest.mark.parametrize(
    "first,              second,             index",
    [
        ([0, 0, 1, 1], [5, 5, 3, 3], 1.0),  # the same groups by other names
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        # Pairs together in both: 1; in the first 2, in the second 3; by chance 2 * 3 / 10.
        ([0, 0, 1, 1, 2], [0, 0, 0, 1, 2], (1 - 0.6) / (2.5 - 0.6)),
    ],
)  # fmt: skip
def test_the_adjusted_rand_index_by_hand(first, second, index):
    assert adjusted_rand(np.array(first), np.array(second)) == pytest.approx(index)


def test_one_group_on_both_sides_has_no_index():
    assert np.isnan(adjusted_rand(np.zeros(4), np.zeros(4)))


@pytest.mark.parametrize(
    "counts,                                     covered",
    [
        ([[50, 60], [70, 80]],                   [[0, 0], [0, 0]]),
        ([[50, 3], [70, 80]],                    [[1, 1], [1, 1]]),  # any other cell would give it away
        ([[50, 3, 40], [70, 80, 9], [20, 2, 7]], [[0, 1, 1], [0, 0, 0], [0, 1, 1]]),
        ([[50, 0], [0, 80]],                     [[0, 0], [0, 0]]),  # nobody is no person
    ],
)  # fmt: skip
def test_a_small_cell_cannot_be_had_by_subtraction(counts, covered):
    counts = np.array(counts)
    assert hidden(counts).astype(int).tolist() == covered


def test_hidden_cells_of_any_table_come_in_several_or_leave_nothing_to_subtract_from():
    rng = np.random.default_rng(1)
    for _ in range(200):
        counts = rng.integers(0, 12, (rng.integers(2, 6), rng.integers(2, 6))) * rng.integers(0, 2)
        mask = hidden(counts)
        assert mask[(counts > 0) & (counts < 5)].all()
        for line, covered in (*zip(counts, mask, strict=True), *zip(counts.T, mask.T, strict=True)):
            whole = covered[line > 0].all()
            assert not covered.any() or whole or (covered.sum() >= 2 and line[covered].sum() >= 5)


def test_planted_groups_are_found_and_the_same_seed_finds_them_again():
    rows = planted(400)
    first, second = (Mixture.fit(rows, (2, 3), scores=4, seed=1).assign(rows) for _ in range(2))
    assert np.array_equal(first, second)
    assert adjusted_rand(first, np.arange(400) < 200) > 0.4
    assert np.bincount(first).argmax() == 0  # the largest comes first


def test_too_few_rows_for_that_many_groups_are_refused():
    with pytest.raises(ModelError, match="40 rows are too few for 5 groups"):
        Mixture.fit(draw(40), (5,), scores=3, seed=1)


def test_the_summary_tells_sizes_segments_and_what_sets_a_cluster_apart(model):
    rows = planted(400)
    used = model.parts.used_columns(rows)
    own = (np.arange(400) >= 200).astype(int)
    shares = np.tile([0.6, 0.2, 0.1, 0.1], (400, 1))
    shares[:60] = [0.1, 0.2, 0.1, 0.6]
    shares[200:] = [0.1, 0.1, 0.1, 0.7]
    told = summarise(Asked(used, own, shares, model, described_from=0.75, explained=0.5))
    assert [one["clients"] for one in told["clusters"]] == [200, 200]
    assert told["clusters"][0]["most_proposed"] == {"segment": "self_managed", "share": 140 / 200}
    assert told["undescribed"] == ["A"]
    said = {line["family"]: line for line in told["clusters"][0]["profile"]}
    assert said["age"]["kind"] == "much_higher"
    assert said["age"]["says"]["fi"] == "arvo on selvästi suurempi kuin muilla"
    assert said["rai_cps"]["kind"] == "more_known"
    assert {line["family"]: line["kind"] for line in told["clusters"][1]["profile"]}["age"] == "much_lower"


def test_a_difference_is_in_standard_deviations_of_all():
    used = np.array([[1.0, np.nan]] * 6 + [[3.0, 2.0]] * 6, dtype=np.float32)
    own = np.arange(12) >= 6
    assert differences(used, own).tolist() == [2.0, 0.0]  # the spread of 1, 3 is 1; the other column is unknown outside


def test_the_command_publishes_a_page_that_loads_nothing(model, tmp_path, monkeypatch, capsys):
    rows = planted(600)
    place = names().index("contact_months__365d")
    rows[:30, place] = 0  # these do not pass the gate
    frame = pd.DataFrame(rows, columns=list(names()))
    pairs = pd.DataFrame({"client_id": [f"{n:032x}" for n in range(600)], "as_of": pd.Timestamp("2024-07-01")})
    history = SimpleNamespace(rows=pairs, frame=frame, snapshot_sha256="b" * 64)
    version = SimpleNamespace(name="segmentation_suuntima_like", version="7")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    monkeypatch.setattr(clusters, "load_history", lambda *_: history)
    monkeypatch.setattr(clusters, "connect", lambda _: None)
    monkeypatch.setattr(clusters, "proposing_model", lambda *_: (version, model))
    config = tmp_path / "clusters.yaml"
    values = {"var": "var", "histories": "h", "scheme": "suuntima_like", "numbers": [2, 3], "scores": 3, "rows": 300}
    config.write_text(yaml.safe_dump(values))
    assert clusters.main(["--config", str(config)]) == 0
    folder = tmp_path / "published" / ("b" * 12)
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(first) == {"clusters.html", "clusters.json"}
    assert "570 eligible clients at 2024-07-01" in capsys.readouterr().out
    page = first["clusters.html"].decode()
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org)|url\(", page)
    assert page.count("<svg") <= page.count("<table")  # each chart has its table
    assert not any(client in page for client in pairs["client_id"])
    assert clusters.main(["--config", str(config)]) == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


def test_a_hidden_count_is_a_star_on_the_page(model):
    used = model.parts.used_columns(planted(200))
    shares = np.tile([0.7, 0.1, 0.1, 0.1], (200, 1))
    shares[:3] = [0.1, 0.7, 0.1, 0.1]
    told = summarise(Asked(used, (np.arange(200) >= 100).astype(int), shares, model, 0.6, 0.5))
    assert told["clusters"][0]["counts"] == [None, None, 0, 0]
    head = {"as_of": "2024-07-01", "snapshot_sha256": "c" * 64, "model": {"name": "m", "version": "1"}}
    assert '<td class="number">*</td>' in render({**head, **told})
