"""The accessibility statement: open to everybody, whole in three languages, linked from every page."""

import re
from collections.abc import Sequence

import pytest

from serving.pages import create_pages
from serving.pages.views.statement import GAPS, TESTED
from serving.settings import load_settings
from tests.serving.pages.faked.visitor import FakeBrowser, words


@pytest.mark.parametrize(
    "language,  parts",
    [
        ("fi", ["306/2019", "osittain", "Ruudunlukijan", "14 päivän", "Traficom", "28.11.2026"]),
        ("sv", ["306/2019", "delvis", "skärmläsare", "14 dagar", "Traficom", "28.11.2026"]),
        ("en", ["306/2019", "in part", "screen readers", "14 days", "Traficom", "saavutettavuusvaatimukset.fi"]),
    ],
)  # fmt: skip
def test_everybody_can_read_it_without_signing_in(language: str, parts: Sequence[str]) -> None:
    answer = FakeBrowser(language=language).get("/accessibility")
    assert answer.status_code == 200
    assert [part for part in parts if part not in words(answer.text)] == []
    assert answer.text.count("<li>") >= len(GAPS) + len(TESTED)


@pytest.mark.parametrize(
    "user, path", [(None, "/sign-in"), (None, "/nowhere"), ("aino", "/clients"), ("tuula", "/models")]
)
def test_every_page_links_it_from_its_foot(user: str | None, path: str) -> None:
    foot = FakeBrowser(user=user).get(path).text.split("<footer")[1]
    assert 'href="/accessibility"' in foot


def test_the_countys_own_address_is_told_and_its_lack_is_too() -> None:
    visitor = FakeBrowser()
    assert "ei ole vielä nimennyt palautekanavaa" in words(visitor.get("/accessibility").text)
    visitor.app = create_pages(visitor.services, accessibility_contact="saavutettavuus@county.example")
    told = visitor.get("/accessibility").text
    assert 'href="mailto:saavutettavuus@county.example"' in told
    assert "ei ole vielä nimennyt" not in told


def test_the_production_example_names_one() -> None:
    contact = load_settings("configs/serving_production.yaml").pages.accessibility_contact
    assert re.fullmatch(r"\S+@\S+", contact or "")
