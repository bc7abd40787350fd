"""Many clients at once say the same as one client alone; similar clients are told in sums only."""

from datetime import date

import numpy as np
import pytest

from models.needs.need import NeedModel, load_task
from models.segments.overviews import list_line, need_shares, proposals
from models.similar import Reference, distances, similar
from tests.models.client_case import draw, names
from tests.models.segments.test_segmentation import SCHEME, STAMP, recorded, trained
from tests.serving.clients.test_serving_case import learner, parts

AS_OF = date(2024, 1, 1)


@pytest.fixture(scope="module")
def rows():
    found = draw(300)
    found[:40, names().index("observed_history")] = 10  # too short a history
    found[40:80, names().index("contact_months__365d")] = 0
    return found


def test_proposals_are_those_of_single_answers(rows):
    model = trained(rows, SCHEME)
    people = [
        (),
        (recorded("complexity", "high"),),
        (recorded("complexity", "low"), recorded("resources", "weak", "client")),
    ]
    answers = [people[place % 3] for place in range(len(rows))]
    found = proposals(model, rows, answers, AS_OF)
    for row, own, told in zip(rows, answers, found, strict=True):
        single = model.answer(row, STAMP, answers=own)
        proposed = next((one.segment for one in single.segments if one.proposed), None)
        assert (told.status, told.segment) == (single.status, proposed)
    assert {one.status for one in found} == {"answered", "not_assessable", "not_eligible"}
    old = proposals(model, rows[:5], answers[:5], AS_OF, date(2026, 1, 1))
    assert {one.status for one in old if one.segment is None} == {"not_assessable"}
    assert proposals(model, rows[:0], [], AS_OF) == ()


def test_need_shares_are_those_of_single_answers_and_nobody_elses(rows):
    described = parts(rows)
    model = NeedModel(described, load_task("heavier_home_care_6m"), learner(rows, described, 5))
    shares = need_shares(model, rows, AS_OF)
    single = [model.answer(row, STAMP).likelihood for row in rows]
    assert [one is None for one in single] == np.isnan(shares).tolist()
    known = [one.probability for one in single if one]
    assert np.allclose(known, shares[~np.isnan(shares)], atol=1e-12)
    assert 0 < len(known) < len(rows)
    assert np.isnan(need_shares(model, rows, AS_OF, date(2026, 1, 1))).all()


def test_the_line_of_a_list_lets_its_share_through():
    shares = np.array([np.nan, *(np.arange(100) / 100)])
    assert (shares >= list_line(shares, 0.1)).sum() == 10
    assert list_line(np.array([np.nan]), 0.1) == 1.0


def reference(rows, outcomes):
    clients = np.array([f"c{place}" for place in range(len(rows))], object)
    return Reference(clients, np.asarray(rows, np.float32), {"task": np.asarray(outcomes, float)})


@pytest.mark.parametrize(
    "outcomes,                                  known, happened",
    [
        ([1] * 12 + [0] * 8, 20, 12),
        ([0] * 20, 20, 0),
        ([1] * 3 + [0] * 17, 20, None),  # three people are not told
        ([1] * 17 + [0] * 3, 20, None),  # nor what gives them away
        ([1] * 2 + [np.nan] * 18, None, None),
    ],
)
def test_similar_clients_are_counted_and_small_cells_hidden(outcomes, known, happened):
    rows = np.tile([1.0, 2.0], (20, 1))
    (told,) = similar(reference(rows, outcomes), "somebody", np.array([1.0, 2.0]), group=50).outcomes
    assert (told.known, told.happened) == (known, happened)


def test_the_nearest_are_taken_the_client_herself_left_out_and_too_few_tell_nothing():
    rows = [[0.0, 0.0]] * 10 + [[9.0, 9.0]] * 10
    found = similar(reference(rows, [0] * 10 + [1] * 10), "c3", np.array([0.1, 0.0]), group=9)
    assert (found.clients, found.outcomes[0].happened) == (9, 0)
    assert similar(reference(rows[:5], [0] * 5), "c3", np.array([0.0, 0.0])) is None
    assert similar(reference(rows[:5], [0] * 5), "nobody", np.array([0.0, 0.0])).clients == 5


def test_what_is_known_of_one_only_counts_as_far_and_no_feature_counts_for_all():
    rows = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, 6.0], [1000.0, 5.0]], np.float32)
    apart = distances(rows, np.array([1.0, 5.0], np.float32))
    assert apart[1] < apart[3]
    assert apart[3] <= 1.5  # 3 of at most 3, over two features
    assert apart[0] == pytest.approx(0.5)
