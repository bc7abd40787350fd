"""The house over a made-up engine, as most tests of this room want it."""

import pytest

from tests.serving.fake_engine import FakeEngine
from tests.serving.serving_parts import house


@pytest.fixture
def built(var):
    made = house(FakeEngine())
    yield made
    made.close()
