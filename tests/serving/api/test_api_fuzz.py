"""schemathesis over every address and role: no server error, no answer that the description does not allow, no way in
without a token or with a role that has no right.

`make prove` runs 900 cases per role.  The cases are asked in this process, through the whole service.
"""

from collections import Counter

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.api.description import description
from serving.settings import DevelopmentUserSettings
from tests.counts import count, note
from tests.serving.api.seeded_api import seeded
from tests.serving.served import MARKS, about, serving
from tests.serving.serving_parts import SETTINGS, bearer

pytestmark = MARKS
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
RIGHTS = {"clients": {"coordinator"}, "planning": {"planner", "manager"}, "oversight": {"auditor"}}
ALSO = {"/v1/review-sample": {"auditor", "coordinator"}}
"""Addresses with rights of their own."""
ROLES = ("coordinator", "planner", "manager", "data_scientist", "auditor", "admin")
LEAST_ANSWERED = 0.30


def users():
    shown = SETTINGS.development_users["planner"]
    more = {
        role: DevelopmentUserSettings(**{**shown.model_dump(), "role": role})
        for role in ROLES
        if role not in SETTINGS.development_users
    }
    return {**SETTINGS.development_users, **more}


@pytest.fixture(scope="module")
def served():
    with serving(development_users=users()) as one:
        yield one


@pytest.fixture(scope="module")
def operations(served):
    """Each address twice: with values that are known here, and as the description has it."""
    answer_id = served.ask("/v1/segment", about()).json()["answer_id"]
    documents = (seeded(served.house.settings, answer_id), description(served.house.settings))
    known, plain = ([one.ok() for one in loaded(document).get_all_operations()] for document in documents)
    return list(zip(known, plain, strict=True))


def loaded(document):
    return schemathesis.openapi.from_dict(document)


def cases_of(operation, mode, most, ask):
    """Ask `most` generated cases."""

    @hypothesis.settings(
        max_examples=most,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def run(case):
        ask(case)

    run()


@pytest.mark.proof("api_fuzz")
@pytest.mark.parametrize("role", ROLES)
def test_every_address_keeps_to_its_description_for_every_role(served, operations, role):
    each = max(3, count("api_fuzz_cases_per_role", small=150, full=900) // len(operations))
    answered = {operation.path: Counter() for operation, _ in operations}

    def ask(case):
        sent = {**case.as_transport_kwargs(), "timeout": None}
        made = {
            name: value for name, value in (sent.pop("headers", None) or {}).items() if name.lower() != "authorization"
        }
        headers = {**made, **bearer(role)}
        response = send(served, sent, headers)
        case.validate_response(response, checks=CHECKS)
        if is_wrong(case):
            assert response.status_code >= 400, case.body
        answered[case.operation.path][response.status_code // 100] += 1
        if sum(answered[case.operation.path].values()) % 5 == 0:
            headers.pop("authorization")
            assert send(served, sent, headers).status_code in (401, 415)

    for operation, plain in operations:
        cases_of(operation, GenerationMode.POSITIVE, each - each // 4, ask)
        cases_of(plain, GenerationMode.NEGATIVE, max(1, each // 4), ask)
        seen = answered[operation.path]
        if role in ALSO.get(operation.path, RIGHTS[operation.tags[0]]):
            assert seen[2] / seen.total() >= LEAST_ANSWERED, (operation.path, seen)
        else:
            assert seen[2] == 0, (operation.path, seen)
    note(f"api_fuzz_cases_asked_{role}", sum(seen.total() for seen in answered.values()))


def is_wrong(case):
    """True when the body breaks the description."""
    part = case.meta.components.get(ParameterLocation.BODY)
    return part is not None and part.mode is GenerationMode.NEGATIVE


def send(served, sent, headers):
    named = {name: value.encode("utf-8") if isinstance(value, str) else value for name, value in headers.items()}
    return served.http.request(
        sent["method"],
        sent["url"],
        headers=named,
        params=sent.get("params"),
        **{"content" if name == "data" else name: sent[name] for name in ("json", "data") if name in sent},
    )
