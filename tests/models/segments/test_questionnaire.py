"""People's own answers: what is known at a date, whose answer decides, and what is only shown."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from features.columnar import Columns
from features.segment_records import RecordedAnswer, known_answers
from features.tables import TABLES
from models.answers import AxisAnswer
from models.segments.questionnaire import by_hand, decided_levels, recorded_answers, settled
from models.segments.scheme import Questionnaire, Scheme, load_scheme
from tests.plans import covers

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
AS_OF = date(2025, 4, 1)
COLUMNS = ("time", "recorded_at", "superseded_at", "scheme", "scheme_version", "axis1_level", "axis1_respondent",
           "axis2_level", "axis2_respondent")  # fmt: skip


def table(*rows: tuple) -> pd.DataFrame:
    """Rows of `segment_records` of one client, in the order of COLUMNS."""
    frame = pd.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in rows], columns=list(COLUMNS))
    for column in TABLES["segment_records"].columns:
        if column.kind == "time":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[s]")
        elif column.name not in frame:
            frame[column.name] = None
        frame[column.name] = frame[column.name] if column.kind == "time" else frame[column.name].astype(object)
    return frame


def row(time, recorded=None, superseded=None, scheme="suuntima_like", version="1", axis1="high", axis2="weak"):
    return (time, recorded or time, superseded, scheme, version, axis1, "professional", axis2, "client")


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize(
    "time,                recorded,     superseded,   known",
    [
        ("2025-03-31 09:00", "2025-03-31", None,         True),   # the day before as_of
        ("2025-04-01 00:00", "2025-04-01", None,         False),  # at as_of
        ("2025-03-30 09:00", "2025-04-01", None,         False),  # recorded at as_of
        ("2025-03-01 09:00", "2025-03-01", "2025-03-15", False),  # corrected away before
        ("2025-03-01 09:00", "2025-03-01", "2025-04-01", True),   # the correction is not known yet
    ],
)  # fmt: skip
def test_an_answer_is_known_by_its_own_clocks(time, recorded, superseded, known, by_columns):
    frame = table(row(time, recorded, superseded))
    given = Columns.of_frame(frame) if by_columns else frame
    found = known_answers({"segment_records": given}, AS_OF)
    day = date.fromisoformat(time[:10])
    assert found == (
        (
            RecordedAnswer(day, "suuntima_like", "1", "axis1", "high", "professional"),
            RecordedAnswer(day, "suuntima_like", "1", "axis2", "weak", "client"),
        )
        if known
        else ()
    )


def test_a_client_without_records_has_no_answers():
    assert known_answers({}, AS_OF) == ()
    assert known_answers({"segment_records": table()}, AS_OF) == ()


@covers("000-2")
def test_answers_come_oldest_first_and_an_unanswered_axis_is_no_answer():
    frame = table(row("2025-03-02", axis2=None), row("2025-01-05", axis1=None), row("2025-02-01", scheme=None))
    found = known_answers({"segment_records": frame}, AS_OF)
    assert [(one.day.month, one.column) for one in found] == [(1, "axis2"), (3, "axis1")]


def answer(day, column, level, respondent, scheme="suuntima_like", version="1") -> RecordedAnswer:
    return RecordedAnswer(date.fromisoformat(day), scheme, version, column, level, respondent)


@covers("001-A1")
@pytest.mark.parametrize(
    "records, told",
    [
        ([("2025-03-01", "axis1", "high", "professional")], [("complexity", "high", "professional", True)]),
        ([("2024-04-01", "axis1", "high", "professional")], [("complexity", "high", "professional", True)]),  # 365 days
        ([("2024-03-31", "axis1", "high", "professional")], []),                                            # 366 days
        ([("2025-03-01", "axis1", "high", "professional", "vantaa_kerava")], []),
        ([("2025-03-01", "axis1", "high", "professional", "suuntima_like", "2")], []),
        # Of one respondent the latest; of two respondents the axis's own decides, the other is shown.
        ([("2025-01-01", "axis2", "weak", "client"), ("2025-02-01", "axis2", "strong", "client")],
         [("resources", "strong", "client", True)]),
        ([("2025-01-01", "axis2", "weak", "client"), ("2025-02-01", "axis2", "strong", "professional")],
         [("resources", "weak", "client", True), ("resources", "strong", "professional", False)]),
        # A relative stands in for the client only when the client's own answer is absent.
        ([("2025-02-01", "axis2", "strong", "relative")], [("resources", "strong", "relative", True)]),
        ([("2025-02-01", "axis2", "strong", "relative"), ("2025-01-01", "axis2", "weak", "client")],
         [("resources", "weak", "client", True), ("resources", "strong", "relative", False)]),
        # A professional does not replace the client, nor the client the professional; nobody named replaces nobody.
        ([("2025-02-01", "axis2", "strong", "professional")], [("resources", "strong", "professional", False)]),
        ([("2025-02-01", "axis1", "low", "client")], [("complexity", "low", "client", False)]),
        ([("2025-02-01", "axis1", "low", "unknown")], [("complexity", "low", "unknown", False)]),
    ],
)  # fmt: skip
def test_whose_answer_decides(records, told):
    found = recorded_answers(SCHEME, [answer(*one) for one in records], AS_OF)
    assert [(one.axis, one.level, one.respondent, one.decides) for one in found] == told


@covers("001-A1")
def test_the_question_sets_of_health_and_social_care_are_kept_apart():
    social = load_scheme("configs/schemes/suuntima_like_social.yaml")
    records = [
        answer("2025-01-01", "axis1", "high", "professional"),
        answer("2025-02-01", "axis1", "low", "professional", scheme=social.id),  # later, of the other set
    ]
    told = {
        one.id: [(found.level, found.time) for found in recorded_answers(one, records, AS_OF)]
        for one in (SCHEME, social)
    }
    assert told == {SCHEME.id: [("high", "2025-01-01")], social.id: [("low", "2025-02-01")]}


def changed(**questionnaire) -> Scheme:
    return SCHEME.model_copy(update={"questionnaire": Questionnaire(**questionnaire)})


def test_life_and_stand_ins_are_the_schemes_own():
    records = [
        answer("2025-02-01", "axis2", "strong", "professional"),
        answer("2025-03-30", "axis1", "low", "relative"),
    ]
    allowing = changed(stands_in={"client": ("relative", "professional"), "professional": ()})
    assert decided_levels(recorded_answers(allowing, records, AS_OF)) == {"resources": "strong"}
    short = changed(answer_life_days=2)
    assert [one.axis for one in recorded_answers(short, records, AS_OF)] == ["complexity"]


def test_a_recorded_level_that_the_axis_lacks_is_refused_without_naming_it():
    with pytest.raises(
        DataError, match=r"axis1_level that the axis `complexity` does not have; allowed: low"
    ) as caught:
        recorded_answers(SCHEME, [answer("2025-03-01", "axis1", "gigantic", "professional")], AS_OF)
    assert "gigantic" not in str(caught.value)


def test_an_answer_tells_its_day_and_its_name_in_every_language():
    told = recorded_answers(SCHEME, [answer("2025-03-01", "axis2", "weak", "client")], AS_OF)[0]
    assert (told.given, told.time) == ("recorded", "2025-03-01")
    assert told.level_name == {"fi": "vähäiset", "sv": "små", "en": "weak"}


def test_by_hand_is_the_axiss_own_respondents_unless_said_otherwise():
    assert by_hand(SCHEME, "resources", "weak").respondent == "client"
    assert by_hand(SCHEME, "resources", "weak", "relative").respondent == "relative"
    assert by_hand(SCHEME, "resources", "weak").time is None


def test_by_hand_decides_where_no_recorded_answer_does_whatever_it_claimed():
    hand = by_hand(SCHEME, "resources", "strong")
    own = recorded_answers(SCHEME, [answer("2025-03-01", "axis2", "weak", "client")], AS_OF)
    others = recorded_answers(SCHEME, [answer("2025-03-01", "axis2", "weak", "professional")], AS_OF)
    assert [(one.given, one.decides) for one in settled(SCHEME, (hand, *own))] == [
        ("recorded", True),
        ("by_hand", False),
    ]
    told = settled(SCHEME, (replace(hand, decides=False), *others))
    assert [(one.given, one.decides) for one in told] == [("by_hand", True), ("recorded", False)]
    assert decided_levels(told) == {"resources": "strong"}


@pytest.mark.parametrize(
    "axis, level, message",
    [
        ("resorces", "weak", r"unknown axis `resorces`. Did you mean `resources`\? Allowed: complexity, resources"),
        ("resources", "none", "unknown level of axis `resources` `none`.* Allowed: strong, weak"),
    ],
)
def test_an_unknown_axis_or_level_names_those_allowed(axis, level, message):
    with pytest.raises(ConfigError, match=message):
        by_hand(SCHEME, axis, level)
    with pytest.raises(ConfigError, match=message):
        settled(SCHEME, [AxisAnswer(axis, level, {}, "client", "by_hand", None, decides=True)])


def test_one_axis_is_answered_by_hand_once():
    twice = [by_hand(SCHEME, "resources", "weak"), by_hand(SCHEME, "resources", "strong")]
    with pytest.raises(ConfigError, match="`resources` is answered by hand more than once; give one level per axis"):
        settled(SCHEME, twice)
