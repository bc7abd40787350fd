"""Rows of Kanta-Häme's and Keski-Suomi's plans about the proposal, on the small county.

The shipped scheme is trained on the county's recorded segmentations by the project's own steps, and served from its
store.  The truth is what the simulator recorded, and the registers themselves.
"""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd
import pytest

from evaluation.monitoring.decided import agreement
from features.histories import History
from features.store import Snapshot
from models.answers import SegmentAnswer
from models.segments.segmentation import SegmentationModel
from serving.desk.page_services import CorePageServices
from serving.engine.engine import RegisterEngine
from serving.engine.shelf import Chosen, LiveModel
from serving.house import House
from serving.oversight.usability import usability
from serving.pages.coordinator.services import ListFilters
from serving.pages.services import Decision
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, DECISION_LOG
from serving.users import handles
from tests.plans import covers
from tests.plans.county import ends, known, until
from tests.plans.plan_001.learnt import NAME, answers_of, history_of, segmentation_of
from tests.serving.serving_parts import house, settings

pytestmark = [
    pytest.mark.xdist_group("county"),  # one process builds it
    pytest.mark.filterwarnings(
        "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
        r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
    ),
]
PART = 6
"""Decisions of each kind: enough that their shares are shown."""
FOUR = {"self_managed", "cooperative", "community", "network"}
SEGMENT_OF = {
    ("low", "strong"): "self_managed",
    ("high", "strong"): "cooperative",
    ("low", "weak"): "community",
    ("high", "weak"): "network",
}


@pytest.fixture(scope="module")
def history(county: Snapshot) -> History:
    return history_of(county)


@pytest.fixture(scope="module")
def model(county: Snapshot, history: History) -> SegmentationModel:
    return segmentation_of(county, history)


@pytest.fixture(scope="module")
def told(county: Snapshot, history: History, model: SegmentationModel) -> dict[str, SegmentAnswer]:
    """Answers about everybody who has lived in the county for two years."""
    return answers_of(county, history, model)


@pytest.fixture(scope="module")
def answered(told: Mapping[str, SegmentAnswer]) -> dict[str, SegmentAnswer]:
    """Those to whom a segment is proposed."""
    return {client: one for client, one in told.items() if one.status == "answered"}


def proposed(answer: SegmentAnswer) -> str:
    return next(one.segment for one in answer.segments if one.proposed)


@covers("001-A2", county=True)
def test_a_recorded_segment_is_need_and_resources_together_and_neither_alone(
    county: Snapshot, answered: Mapping[str, SegmentAnswer]
) -> None:
    records = known(county, "segment_records").dropna(subset=["axis1_level", "axis2_level", "segment"])
    pairs = list(zip(records["axis1_level"], records["axis2_level"], strict=True))
    assert records["segment"].to_list() == [SEGMENT_OF[pair] for pair in pairs]
    assert set(pairs) == set(SEGMENT_OF)  # the same need with other resources is another segment
    assert records["axis2_respondent"].isin(("client", "relative")).all()  # resources are the client's own word
    both = [one for one in answered.values() if one.basis == "answers"]
    for answer in both:
        levels = {one.axis: one.level for one in answer.answers if one.decides}
        assert proposed(answer) == SEGMENT_OF[levels["complexity"], levels["resources"]]
    assert both


@covers("001-A2", county=True)
def test_resources_are_an_explanation_of_their_own_and_no_reason_is_a_cost(
    answered: Mapping[str, SegmentAnswer], model: SegmentationModel
) -> None:
    estimated = [answer for answer in answered.values() if answer.axes]
    assert all(answer.basis == "answers" for answer in answered.values() if not answer.axes)  # children: no model
    assert len(estimated) > len(answered) / 2
    for answer in estimated:
        assert [one.id for one in answer.axes] == ["complexity", "resources"]
        for axis in answer.axes:
            assert axis.base + sum(one.contribution for one in axis.contributions) == pytest.approx(axis.log_odds)
            assert {one.dimension for one in axis.contributions} >= {"functional_capacity", "social_situation"}
            assert "economic_situation" not in {one.dimension for one in axis.contributions}
    apart = [one.axes[0].probability - one.axes[1].probability for one in estimated]
    assert min(apart) < -0.05 < 0.05 < max(apart)
    assert not [name for name in model.feature_names if "cost" in name or "euro" in name]


@covers("001-F3", county=True)
def test_reasons_are_grouped_by_role_and_risks_are_not_said_alone(
    answered: Mapping[str, SegmentAnswer], history: History
) -> None:
    roles = {spec.family: history.catalogue.families[spec.family].role for spec in history.specs}
    assert set(roles.values()) == {"risk", "protective", "resource", "context"}
    said = Counter[str]()
    for answer in answered.values():
        for axis in answer.axes:
            sums: dict[str, float] = {}
            for one in axis.contributions:
                key = f"{one.dimension} {one.role}"
                sums[key] = sums.get(key, 0.0) + one.contribution
            shown = {f"{one.dimension} {one.role}": one.contribution for one in axis.dimensions}
            assert shown == pytest.approx(sums)
            good = [one for one in axis.contributions if one.contribution < 0]
            if good:
                assert any(one.contribution < 0 for one in axis.reasons)  # what speaks for coping is always said too
            said.update(one.role for one in axis.reasons)
    assert said["risk"]
    assert said["protective"] + said["resource"]


@covers("001-A7", "001-A6", county=True)
def test_a_path_a_channel_a_plan_and_a_responsible_role_come_with_every_proposal(
    answered: Mapping[str, SegmentAnswer], model: SegmentationModel
) -> None:
    arranged = {}
    for answer in answered.values():
        own = answer.arrangement
        assert own is not None
        assert own.segment == proposed(answer) in FOUR
        assert all(len(one) == 3 for one in (own.path, own.channel, own.responsible_role, *own.follow_up))
        arranged[own.segment] = own
    assert {"self_managed", "network"} <= set(arranged)
    assert len({one.path["fi"] for one in arranged.values()}) == len(arranged)
    assert arranged["self_managed"].guidance_intensity == "light"
    assert "digihoitopolku" in " ".join(one["fi"] for one in arranged["self_managed"].follow_up).lower()
    assert len(arranged["self_managed"].follow_up) > 1  # digital self-care is offered, never the only way
    assert model.scheme.segment("self_managed").arrangement() == arranged["self_managed"]


@covers("001-A5", county=True)
def test_a_case_manager_is_proposed_for_the_network_clients_of_the_county_only(
    answered: Mapping[str, SegmentAnswer],
) -> None:
    with_manager = {
        client for client, one in answered.items() if one.arrangement and one.arrangement.case_manager_proposed
    }
    assert with_manager == {client for client, one in answered.items() if proposed(one) == "network"}
    assert 0 < len(with_manager) < len(answered)


@covers("001-A11", "001-A3", county=True)
def test_nothing_is_proposed_to_the_client_of_a_single_service(told: Mapping[str, SegmentAnswer]) -> None:
    single = [one for one in told.values() if one.status == "not_eligible" and one.need_duration == "single_service"]
    assert single
    assert all(one.segments == () and one.arrangement is None and one.status_reason["fi"] for one in single)


# The service


@pytest.fixture(scope="module")
def served(county: Snapshot, model: SegmentationModel) -> Iterator[House]:
    """The service over the county's own registers with this model live."""
    chosen = settings()
    engine = RegisterEngine(chosen)
    engine.refresh()
    engine._shelf._live = {NAME: LiveModel(Chosen(NAME, "1", "run", "0" * 64), model)}  # no registry in a small test
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fixture of a file is made outside the tests' filters
        built = house(engine)
    yield built
    built.close()


def own_clients(county: Snapshot) -> list[str]:
    """Whom the coordinator's unit has a care relationship with now."""
    ties = known(county, "relations")
    mine = (ties["other_id"] == "asiakasohjaus_lansi") & (ties["service_task"] == "older_people")
    return sorted(set(ties.loc[mine & ties["valid_to"].isna(), "client_id"]))


@covers("001-B1", "001-A8", county=True)
def test_the_coordinator_sees_the_five_parts_of_guidance_of_one_client(
    county: Snapshot, served: House, answered: Mapping[str, SegmentAnswer]
) -> None:
    """Segment, channel, plan, case manager, and what is digital, on one page of the county's own client."""
    services: CorePageServices = served.services
    visitor = services.visitor(services.sign_in("coordinator"))
    assert visitor is not None
    client = next(one for one in own_clients(county) if one in answered and proposed(answered[one]) == "network")
    handle = handles.handle_of(client, visitor.session.handle_key)
    view = services.client(visitor, handle)
    assert view.segment.segments == answered[client].segments
    assert view.segment.arrangement == answered[client].arrangement
    own = view.segment.arrangement
    assert own is not None
    assert own.case_manager_proposed
    assert own.plan_type == "client_plan"
    assert all(len(one) == 3 for one in (own.channel, own.path, *own.follow_up))
    pages = services.clients(visitor, 1, ListFilters()).pages
    rows = [row for page in range(1, pages + 1) for row in services.clients(visitor, page, ListFilters()).rows]
    listed = {handles.handle_of(one, visitor.session.handle_key): one for one in own_clients(county)}
    held = with_a_plan(county)
    found = {listed[row.handle]: row.has_valid_plan for row in rows if row.handle in listed}
    assert client in found
    assert found == {one: one in held for one in found}
    assert set(found.values()) == {True, False}


def with_a_plan(county: Snapshot) -> set[str]:
    """Who has a plan that is in force."""
    plans = known(county, "plans")
    over = ends(county, plans, "valid_to", "valid_to_recorded_at")
    return set(plans.loc[(plans["valid_from"] < until(county)) & ~(over < until(county)), "client_id"])


@covers("001-H12", county=True)
def test_a_decision_is_kept_with_the_proposal_and_its_reason_and_agreement_is_counted(
    county: Snapshot, served: House, answered: Mapping[str, SegmentAnswer]
) -> None:
    services: CorePageServices = served.services
    visitor = services.visitor(services.sign_in("coordinator"))
    mine = [one for one in own_clients(county) if one in answered][: 2 * PART]
    assert len(mine) == 2 * PART
    for place, client in enumerate(mine):
        view = services.client(visitor, handles.handle_of(client, visitor.session.handle_key))
        change = next(one for one in sorted(FOUR) if one != proposed(view.segment)) if place < PART else None
        made = Decision(view.answer_id, "change" if change else "accept", change, f"syy {place}", f"k-{place}")
        services.decide(visitor, view.handle, made)
        kept = services.client(visitor, view.handle).decisions[0]
        assert (kept.choice, kept.reason) == (made.choice, made.reason)
    logged = served.desk.records.page(DECISION_LOG, Wanted({}), 1, 100).entries
    chosen = {one["client_id"]: (one["proposed"], one["segment"], one["reason"]) for one in logged}
    assert set(chosen) == set(mine)
    assert all(said == proposed(answered[client]) for client, (said, _, _) in chosen.items())
    (line,) = usability(served.desk.records.page(AUDIT_LOG, Wanted({}), 1, 1000).entries, logged)
    assert (line["unit"], line["accepted"], line["overridden"]) == ("asiakasohjaus_lansi", 0.5, 0.5)
    seen = pd.DataFrame([{**one, "unit": "asiakasohjaus_lansi"} for one in logged])
    seen["segment"] = seen["segment"].fillna(seen["proposed"])
    assert {one["unit"]: one["agreement"] for one in agreement(seen, PART)} == {"asiakasohjaus_lansi": 0.5, "*": 0.5}
