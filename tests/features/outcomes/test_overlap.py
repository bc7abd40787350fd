"""An outcome that a feature already holds is refused by name; earlier use is a fair feature."""

import pytest

from configs.errors import ConfigError
from features.catalogue import load_catalogue
from features.outcomes import features_overlap
from models.needs.need import load_task
from tests.features.histories_data import family
from tests.features.outcomes.drawn import rule

OPEN_NOW = family("ward_now", "episodes", "valid_on", filter={"kind": "ward_stay"})
ANY_OPEN = family("any_open", "episodes", "valid_on")
CARE_NOW = family("care_now", "episodes", "valid_on", filter={"kind": ["home_care_regular", "day_centre"]})
EARLIER = family("ward_stays", "episodes", "count", filter={"kind": "ward_stay"}, windows=[365])
SINCE = family("since_ward", "episodes", "days_since", filter={"kind": "ward_stay"})
YES = {"service": "home_care_request", "outcome": "granted"}
GRANTED = family("granted", "requests", "count", at="ended_at", windows=[90], filter=YES)
ASKED = family("asked", "requests", "count", windows=[90], filter={"service": "home_care_request"})
BY_REQUEST = [{"table": "requests", "filter": {"service": ["home_care_request"], "outcome": "granted"}}]
STARTS = rule(episode_start=["ward_stay"])


@pytest.mark.parametrize(
    "asked,                                                        held,      named",
    [
        (STARTS,                                                   OPEN_NOW,  "ward_now"),
        (STARTS,                                                   ANY_OPEN,  "any_open"),
        (rule(any_of=[{"episode_start": ["ward_stay"]}, {"count_at_least": {"n": 1}}]), OPEN_NOW, "ward_now"),
        (rule(episode_start=["home_care_regular"], granted_by=BY_REQUEST, new_only=True), GRANTED, "granted"),
        (STARTS,                                                   CARE_NOW,  None),  # another kind
        (STARTS,                                                   EARLIER,   None),  # earlier use
        (STARTS,                                                   SINCE,     None),
        (rule(episode_start=["ward_stay"], new_only=True),         OPEN_NOW,  None),
        (rule(episode_start=["ward_stay"], repeatable=True),       OPEN_NOW,  None),
        (rule(heavier=[{"kind": "ward_stay"}]),                    OPEN_NOW,  None),  # compared with what is known
        (rule(episode_start=["home_care_regular"], granted_by=BY_REQUEST, new_only=True), ASKED, None),
    ],
)  # fmt: skip
def test_which_family_holds_the_outcome(asked, held, named):
    if named is None:
        features_overlap(asked, [held], 0)
        return
    with pytest.raises(ConfigError, match=rf"`{named}`.*without_families: \[{named}\]"):
        features_overlap(asked, [EARLIER, held], 0)


@pytest.mark.parametrize(
    "task, catalogue",
    [
        ("configs/needs/move_to_24h_care_12m.yaml", "configs/features.yaml"),
        ("configs/needs/housing_to_basic_care_65.yaml", "configs/features.yaml"),
        ("configs/needs/hospital_ward_90d.yaml", "configs/real/features_hospital.yaml"),
    ],
)
def test_shipped_tasks_do_not_overlap_and_would_without_their_option(task, catalogue):
    asked, families = load_task(task).outcome, load_catalogue(catalogue).enabled
    features_overlap(asked, families, 0)
    with pytest.raises(ConfigError, match="new_only: true"):
        features_overlap(asked.model_copy(update={"new_only": False, "repeatable": False}), families, 0)
