"""The published report is what the service shows: its page first, its papers beside it, nothing outside the folder."""

from collections.abc import Iterator

import pytest

from evaluation.audit.__main__ import write_report
from evaluation.audit.page import render
from serving.engine import catalogue
from tests.audit.conftest import NEED, SEGMENTATION, World


@pytest.fixture
def published(world: World, report: dict) -> Iterator[World]:  # type: ignore[type-arg]
    folder = world.material(NEED).folder
    write_report(folder, report, with_pdf=True)
    yield world
    for file in (*folder.glob("audit_*"), *folder.glob("card_*")):
        file.unlink()


def test_the_published_report_is_shown_and_without_one_the_training_runs(published: World, report: dict) -> None:  # type: ignore[type-arg]
    registry, folder = published.registry, published.workspace.published
    assert catalogue.report_of(registry, folder, NEED, "1") == render(report)
    trained = catalogue.report_of(registry, folder, SEGMENTATION, "1")
    assert trained is not None
    assert "Auditointiraportti" in trained
    assert catalogue.report_of(registry, folder, "other", "1") is None
    assert catalogue.report_of(registry, folder, NEED, "../1") is None


def test_papers_are_listed_where_they_are(published: World) -> None:
    registry, folder = published.registry, published.workspace.published
    told = {one.name: one for one in catalogue.versions_of(registry, folder, None)}
    assert told[NEED].papers == ("pdf", "json", "card")
    assert told[SEGMENTATION].papers == ()
    assert told[SEGMENTATION].report
    paper = catalogue.paper_of(registry, folder, NEED, "1", "pdf")
    assert paper is not None
    assert paper.startswith(b"%PDF-")
    assert catalogue.paper_of(registry, folder, SEGMENTATION, "1", "pdf") is None
    assert catalogue.paper_of(registry, folder, "nobody", "1", "pdf") is None
