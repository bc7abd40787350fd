"""People who are signed in on the pages, and what a client's page says."""

import pytest

from tests.serving.pages.faked.visitor import FakeBrowser, words


@pytest.fixture
def aino() -> FakeBrowser:
    return FakeBrowser(user="aino")


def said(aino: FakeBrowser, handle: str, code: str = "fi") -> str:
    aino.language = code
    return words(aino.get(f"/clients/{handle}").text)


@pytest.fixture
def tuula() -> FakeBrowser:
    return FakeBrowser(user="tuula")


@pytest.fixture
def pekka() -> FakeBrowser:
    return FakeBrowser(user="pekka")
