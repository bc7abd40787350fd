"""Rows 002 about groups of clients, on the small county: segments, schemes, waits, organisations and what came of it.

What a report says is counted once more from the store's rows, or held against what the simulator was told.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation import crosswalk
from evaluation.audit.card.impact import impact_lines, impact_state
from evaluation.audit.figures.tables import group_lines
from evaluation.audit.settings import Book
from evaluation.fairness.comparing.figures import Certainty
from evaluation.fairness.subjects.encoded import Asked as Encoded
from evaluation.fairness.subjects.encoded import encoding_report
from evaluation.fairness.subjects.waiting import waiting_table
from evaluation.fairness.traits import TraitsConfig, homes, stays_of, traits_of
from evaluation.held_out.stored import PREDICTIONS_FILE
from features.frames import read_frame
from features.store import Snapshot, read_table
from models.needs.need_task import load_task
from models.oversight.impact import Signed
from models.segments.crosswalk import load_crosswalk
from models.segments.scheme import load_scheme
from tests.plans import covers
from tests.plans.county import ends, known, living, until
from tests.plans.plan_002.trained import TASK, YEAR, Trained, seen_lately
from tests.training.feedback_rows import answers as shown_answers
from tests.training.feedback_rows import decisions as made_decisions
from training.feedback.joining import Asked as FeedbackAsked
from training.feedback.joining import join

pytestmark = pytest.mark.xdist_group("county")  # one process builds it


@covers("002-B1", "002-B2", county=True)
def test_every_whole_record_has_the_segment_of_its_scheme_and_version(county: Snapshot) -> None:
    records = known(county, "segment_records")
    scheme = load_scheme("configs/schemes/suuntima_like.yaml")
    assert set(zip(records["scheme"], records["scheme_version"], strict=True)) == {(scheme.id, scheme.version)}
    whole = records.dropna(subset=["axis1_level", "axis2_level", "segment"])
    axes = [axis.id for axis in scheme.axes]
    for row in whole.itertuples():
        levels = dict(zip(axes, (row.axis1_level, row.axis2_level), strict=True))
        assert scheme.segment_of(levels) == row.segment
    assert set(whole["segment"]) == set(scheme.segment_ids)


@covers("002-B2", county=True)
def test_the_county_s_segments_are_taken_into_the_neighbours_scheme(county: Snapshot) -> None:
    table = load_crosswalk("configs/crosswalks/suuntima_like_vantaa_kerava.yaml")
    stored = read_table(county, "segment_records")
    assert crosswalk.compare(stored, table, until(county).date(), 182) is None  # nobody has both
    newest = known(county, "segment_records").sort_values("time").drop_duplicates("client_id", keep="last")
    segments = newest["segment"].dropna()
    found = crosswalk.take_through(list(segments), table)
    sizes = segments.value_counts()
    assert dict(found.clients) == {name: int(sizes[name]) for name in table.from_scheme.segment_ids}
    shown = {name: both for name, both in found.ranges.items() if both is not None}
    for other, (low, high) in shown.items():
        sources = [name for name in table.from_scheme.segment_ids if other in table.targets(name)]
        assert high == sum(sizes[name] for name in sources)
        assert low == sum(sizes[name] for name in sources if list(table.targets(name)) == [other])
    assert shown


@covers("002-B14", county=True)
def test_waits_are_told_by_group_and_the_east_is_flagged(county: Snapshot) -> None:
    """`waits.area` of the county: everything takes 1.25 times as long in the east, and a request for home care more."""
    table = waiting_table(county, 1460, Certainty(repeats=100), 5)
    assert table is not None
    requests = known(county, "requests")
    stays = known(county, "residents").drop_duplicates("client_id", keep="last").set_index("client_id")
    days = (requests["assessed_at"] - requests["requested_at"]).dt.total_seconds() / 86_400
    town = stays["municipality"].reindex(requests["client_id"]).to_numpy()
    own = days.groupby(town).mean()
    lines = [row for row in table.rows if (row.output, row.trait) == ("days_to_assessment", "municipality")]
    told = {row.group: row for row in lines if not row.hidden}
    assert len(told) >= 4
    for code, row in told.items():
        assert row.metrics["mean_days"].value == pytest.approx(own[code], rel=0.02)
    east = [row.metrics["wait_to_usual"].value for code, row in told.items() if code in ("906", "907", "908")]
    west = [row.metrics["wait_to_usual"].value for code, row in told.items() if code not in ("906", "907", "908")]
    assert min(east) > max(west)
    traits = {row.trait for row in table.rows}
    assert {"sex", "language", "municipality", "age_band", "legacy_org"} <= traits


@covers("002-B14", county=True)
def test_the_registered_groups_are_those_of_the_records(county: Snapshot, trained: Trained) -> None:
    config = load_config("configs/traits.yaml", TraitsConfig)
    columns = dict(zip(trained.need.feature_names, trained.rows.T, strict=True))
    asked = pd.DataFrame({"client_id": trained.clients, "as_of": until(county)})
    found = traits_of(county, config, asked, columns)
    assert {f"trait_{name}" for name in config.groups} <= set(found.columns)
    contacts = known(county, "contacts")
    recent = contacts[(contacts["time"] >= until(county) - YEAR) & (contacts["time"] < until(county))]
    for trait, service in (("low_income", "income_support"), ("substance_client", "substance_care")):
        mine = set(recent.loc[recent["service"] == service, "client_id"]) & set(trained.clients)
        assert set(trained.clients[found[f"trait_{trait}"].to_numpy(bool)]) == mine
        assert mine
    carers = known(county, "relations")
    over = ends(county, carers, "valid_to", "valid_to_recorded_at")
    caring = carers[(carers["role"] == "cared_for") & (carers["valid_from"] < until(county)) & ~(over < until(county))]
    held = set(trained.clients[found["trait_informal_carer"].to_numpy(bool)])
    assert held == set(caring["client_id"]) & set(trained.clients)


@covers("002-D14", county=True)
def test_a_score_that_tracks_the_former_organisation_is_found_and_one_that_does_not_is_not(
    county: Snapshot, trained: Trained
) -> None:
    """The planted score is .9 of the organisation; the other is the clients' age."""
    contacts = read_table(county, "contacts")
    home = homes(contacts[contacts["superseded_at"].isna()], stays_of(county))["legacy_org"]
    org = pd.Series(trained.clients).map(home).fillna("unknown").to_numpy()
    names = ("age", "habit")
    place = trained.need.feature_names.index("age")
    age = np.nan_to_num(trained.rows[:, place].astype(float), nan=60.0)
    counts = pd.Series(org).value_counts()
    largest = str(counts.index[0])
    assert counts.iloc[0] >= 100
    habit = (org == largest) + np.random.default_rng(1).normal(0, 0.5, len(org))
    label = (age > np.median(age)).astype(int)
    rows = np.arange(len(org))
    asked = Encoded(np.column_stack([age, habit]), names, trained.clients, {"legacy_org": org})
    scorers = {
        "planted": (rows, label, lambda used: 1 / (1 + np.exp(-3 * (used[:, 1] - 0.5)))),
        "plain": (rows, label, lambda used: 1 / (1 + np.exp(-(used[:, 0] - 70) / 10))),
    }
    report = encoding_report(asked, scorers, 1)
    told = {one["output"]: one for one in report["adversaries"] if one["group"] == largest}
    assert told["planted"]["from_score_at_same_outcome"] > 0.8
    assert told["plain"]["from_score_at_same_outcome"] < 0.65
    pairs = habit[org == largest][:, None] - habit[org != largest][None, :]
    area = float((pairs > 0).mean())
    assert told["planted"]["from_score"] == pytest.approx(area, abs=1e-6)
    assert set(org) - {"unknown"} <= set(known(county, "contacts")["legacy_org"])


@covers("002-G2", county=True)
def test_what_was_answered_a_year_ago_is_joined_with_what_came(county: Snapshot) -> None:
    task = load_task("configs/needs/frequent_emergency_12m.yaml")
    day = pd.Timestamp("2023-10-01")
    here = sorted(living(county) & seen_lately(county))
    told = {"as_of": "2023-10-01", "shown_at": "2023-10-01T09:00:00", "task": task.id, "model": "need_f"}
    shown = shown_answers(*({"client_id": one, **told} for one in here))
    scheme = load_scheme("configs/schemes/suuntima_like.yaml")
    contacts = known(county, "contacts")
    emergency = contacts[(contacts["urgency"] == "emergency") & (contacts["status"] == "done")]
    within = emergency[(emergency["time"] >= day) & (emergency["time"] < day + YEAR)]
    visits = within.groupby("client_id").size()

    def rows_at(midnight: date) -> pd.DataFrame:
        asked = FeedbackAsked(county, midnight, {("need_f", "1"): task}, scheme, 100, 1.0)
        return join(shown, made_decisions(), asked).rows.set_index("client_id")

    early, late = rows_at(date(2024, 6, 1)), rows_at(until(county).date())
    assert set(early["state"]) == {"not_due"}
    scored = late[late["state"] == "scored"]
    assert len(scored) > 100
    expected = (visits.reindex(scored.index).fillna(0) >= 4).astype(int)
    assert (scored["outcome"].astype(int) == expected).all()
    assert 0 < expected.sum() < len(expected)


@covers("002-G5", county=True)
def test_the_people_impact_assessment_is_filled_in_from_the_county_s_held_out_clients(trained: Trained) -> None:
    """Observed over expected by group, summed here from the stored predictions; a person's word wins for six months."""
    version = trained.registry.latest(f"need_{TASK}")
    assert version is not None
    stored = read_frame(trained.registry.artefact(version.run_id, PREDICTIONS_FILE))
    own = stored[stored["output"] == TASK].reset_index(drop=True)
    lines = group_lines(own, 20)
    told = [line for line in lines if line["observed_to_expected"] is not None]
    assert told
    for line in told:
        group = own[own[f"group_{line['grouping']}"].astype(str) == str(line["group"])]
        ratio = group["label"].sum() / group["p"].sum()
        assert line["observed_to_expected"] == pytest.approx(ratio, abs=1e-6)
    book = load_config("configs/audit_book.yaml", Book)
    report = {"figures": {"performance": [{"groups": lines}]}, "facts": {}}
    filled = {line["id"]: line for line in impact_lines(report, book.impact, None)}
    assert set(filled) == {row.id for row in book.impact}
    for row in book.impact:
        kind, _, grouping = (row.measured_by or "").partition(":")
        if kind == "group":
            measured = [line for line in told if line["grouping"] == grouping]
            flags = sum(bool(line["flag"]) for line in measured)
            steps = ("0", "-", "--") if measured else (None,)
            assert filled[row.id]["suggested"] in steps
            assert (filled[row.id]["suggested"] in ("-", "--")) == (flags > 0)
    first = book.impact[0].id
    signed = Signed(version.name, version.version, "head of client guidance", date(2025, 1, 1), {first: "+"})
    again = {line["id"]: line for line in impact_lines(report, book.impact, signed)}
    assert (again[first]["rating"], again[first]["suggested"]) == ("+", filled[first]["suggested"])
    states = [
        impact_state(signed, True, version.version, day, 6)["state"] for day in (date(2025, 7, 1), date(2025, 7, 2))
    ]
    assert states == ["signed", "overdue"]
    assert impact_state(signed, True, "2", date(2025, 7, 1), 6)["state"] == "unsigned"
