"""Every shipped task: it loads, its words are there, its cohort can be asked, and the page of definitions names it."""

from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT
from features.catalogue import load_catalogue
from features.outcomes import features_overlap
from models.needs.alternatives import load_alternatives
from models.needs.need import load_task
from models.texts import LANGUAGES
from tests.plans import covers

TASKS = sorted((PROJECT_ROOT / "configs/needs").glob("*.yaml"))
COUNTY = load_catalogue("configs/features.yaml")
HOSPITAL = load_catalogue("configs/real/features_hospital.yaml")
NEEDED = {
    *("home_care_change_6m", "home_care_minutes_6m", "heavier_home_care_6m", "frequent_emergency_12m"),
    *("move_to_24h_care_12m", "multi_service_12m", "multi_professional_team_12m", "informal_care_breakdown_12m"),
    *("heavy_use_12m", "housing_to_basic_care_65", "long_term_social_work_12m"),
    *("hospital_ward_90d", "hospital_ward_90d_gap30"),
}


@covers("000-18", "002-A6")
def test_the_shipped_tasks_are_those_of_the_plan():
    assert {path.stem for path in TASKS} == NEEDED


@covers("000-52", "001-B8", "001-C6", "001-E1")
@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_shipped_task(path: Path):
    task = load_task(str(path))
    catalogue = HOSPITAL if task.id.startswith("hospital") else COUNTY
    assert task.id == path.stem
    assert task.ages.low >= 18
    assert task.gap_days == {"hospital_ward_90d_gap30": 30, "housing_to_basic_care_65": 90}.get(task.id, 0)
    for condition in task.cohort.where:
        assert catalogue.family(condition.feature.split("__")[0]).is_enabled
    for texts in (task.name, task.outcome_name, task.notice):
        assert all(len(texts.as_text()[language]) > 3 for language in LANGUAGES)
    assert not task.cohort.where or task.cohort.reason is not None
    features_overlap(
        task.outcome, [one for one in catalogue.enabled if one.id not in task.without_families], task.gap_days
    )
    if task.alternatives is not None:
        load_alternatives(task.alternatives, catalogue)


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_the_page_of_definitions_names_the_task(path: Path):
    assert f"`{path.stem}`" in (PROJECT_ROOT / "docs/needs.md").read_text(encoding="utf-8")


def test_the_ordered_task_has_a_main_level_and_names():
    task = load_task("configs/needs/home_care_change_6m.yaml")
    assert task.outcome.levels == ("lighter", "stable", "heavier", "residential")
    assert task.main_level == "heavier"
    assert set(task.outcome.level_names) == set(task.outcome.levels)


def test_social_work_is_a_report_of_groups_only():
    assert [path.stem for path in TASKS if load_task(str(path)).report_only] == ["long_term_social_work_12m"]
