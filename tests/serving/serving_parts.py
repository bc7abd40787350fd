"""The service put together for tests: development settings, a fake engine, a clock that stands still."""

import warnings
from datetime import UTC, datetime

from serving.coordinator.settings import OwnViewFirst
from serving.house import build_house
from serving.settings import load_settings
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, issue_token

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # BentoML and OpenTelemetry use deprecated names of their libraries
    from starlette.testclient import TestClient

    from serving.service import service_of as service_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
READ = load_settings("configs/serving.yaml")
NEVER_ASKED = OwnViewFirst(share=0.0)
SETTINGS = READ.model_copy(update={"coordinator": READ.coordinator.model_copy(update={"own_view": NEVER_ASKED})})
"""As shipped, but the own view is asked of nobody: a test that is about it says so."""
CLIENT_QUESTION = {"decision_point": "client_guidance", "purpose": "service_need_assessment"}
FORECAST_QUESTION = {"decision_point": "service_planning", "purpose": "resource_planning"}


def settings(**changes):
    return SETTINGS.model_copy(update=changes)


def house(engine, **changes):
    """Needs LUOTAIN_VAR to point at a temporary folder."""
    return build_house(settings(**changes), engine, lambda: NOW)


def browser(app):
    """A client on this machine; use it as a context manager, so that the app starts and stops."""
    return TestClient(app, base_url="http://127.0.0.1:3000", client=("127.0.0.1", 50000), follow_redirects=False)


def token(user="coordinator", seconds=600, now=NOW):
    key = load_or_create_key(SETTINGS.workspace.keys / KEY_FILE)
    return issue_token(user, key, now, seconds)


def bearer(user="coordinator", **given):
    return {"authorization": f"Bearer {token(user, **given)}"}
