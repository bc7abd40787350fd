"""A planner signed in to the service that a test file builds (its fixture `built`)."""

import pytest


@pytest.fixture
def planner(built):
    return built.services.planner


@pytest.fixture
def visitor(built):
    return built.services.visitor(built.services.sign_in("planner"))
