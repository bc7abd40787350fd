"""A small county for every test of this room."""

from pathlib import Path

import pytest

from tests.features.deliveries.extracts import Extracts, county


@pytest.fixture
def extracts(var: Path) -> Extracts:
    return county(var)
