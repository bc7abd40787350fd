"""No address reaches another unit's client: every client endpoint and list shows exactly the clients that `may` allows.

Three units, six roles, two service tasks, a client in every cell of unit x task, and for each user every client is
asked for at every address.
"""

import itertools
import re
from datetime import date

import pytest

from serving.desk.access import ClientTies, Tie, may
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.users import handles
from serving.users.directory import users_of
from tests.serving.fake_engine import AS_OF, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, SETTINGS, bearer, browser, house, service_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]
ROLES = ("coordinator", "planner", "data_scientist", "auditor", "manager", "admin")
UNITS = ("lansi", "keski", "ita")
TASKS = ("older_people", "disability")
CELLS = tuple(itertools.product(UNITS, TASKS))
CLIENTS = {
    **{f"{place:032x}": (Tie(unit, task, date(2024, 1, 1)),) for place, (unit, task) in enumerate(CELLS, 1)},
    "a" * 32: (Tie("lansi", "older_people", date(2024, 1, 1)), Tie("keski", "disability", date(2024, 1, 1))),
    "b" * 32: (Tie("lansi", "older_people", date(2023, 1, 1), date(2024, 12, 1)),),  # a former client
    "c" * 32: (),
}
NOBODY = "d" * 32
HENKILOTUNNUKSET = {f"{place:06d}-{place:03d}X": client for place, client in enumerate(CLIENTS, 1)}
ORIGIN = {"origin": "http://127.0.0.1:3000"}


class Crowd(FakeEngine):
    """The fake engine over these clients."""

    def ties(self, client_id):
        return ClientTies(client_id, CLIENTS[client_id]) if client_id in CLIENTS else None

    def clients_of(self, unit):
        return [ClientTies(one, ties) for one, ties in CLIENTS.items() if unit in {tie.unit for tie in ties}]

    def identify(self, henkilotunnus):
        return HENKILOTUNNUKSET.get(henkilotunnus)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The service with one development user in every cell of role x unit x task."""
    first = SETTINGS.development_users["coordinator"]
    users = {
        f"{role}-{unit}-{task}": first.model_copy(update={"role": role, "unit": unit, "service_tasks": (task,)})
        for role, unit, task in itertools.product(ROLES, UNITS, TASKS)
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("var")))
        built = house(Crowd(), development_users=users)
        with browser(service_of(built).to_asgi()) as http:
            yield built, http, users_of(built.settings)


def allowed(user):
    return {
        client for client, ties in CLIENTS.items() if may(user, "see_answer", ClientTies(client, ties), AS_OF).allowed
    }


def test_there_is_a_client_in_every_cell_and_every_coordinator_has_some():
    assert {(tie.unit, tie.service_task) for ties in CLIENTS.values() for tie in ties} == set(CELLS)


@pytest.mark.parametrize("role", ROLES)
def test_A18_A19_A32_the_api_answers_for_exactly_the_allowed_clients(served, role):
    _built, http, users = served
    everybody = (*CLIENTS, NOBODY)
    for (name, user), path in itertools.product(
        ((name, user) for name, user in users.items() if user.role == role),
        ("/v1/segment", "/v1/need", "/v1/counterfactual"),
    ):
        more = {"/v1/need": {"task": "heavier_home_care_6m"}, "/v1/counterfactual": {"output": "complexity"}}.get(path)
        answers = {
            client: http.post(path, json={**CLIENT_QUESTION, "client_id": client, **(more or {})}, headers=bearer(name))
            for client in (everybody if role == "coordinator" else everybody[: len(CELLS)])  # one in every cell
        }
        assert {client for client, answer in answers.items() if answer.status_code == 200} == allowed(user), (
            name,
            path,
        )
        refused = {answer.status_code for answer in answers.values() if answer.status_code != 200}
        assert refused == ({404} if role == "coordinator" else {403}), (name, path)


@pytest.mark.parametrize("role", ROLES)
def test_A18_A19_A32_the_pages_show_exactly_the_allowed_clients(served, role):
    built, http, users = served
    several = [(name, user) for name, user in users.items() if user.role == role]
    for name, user in several if role == "coordinator" else several[:1]:  # the others have no right in any unit
        http.cookies.clear()
        http.post("/sign-in", data={"user": name}, headers=ORIGIN)
        visitor = built.services.visitor(http.cookies["luotain_session"])
        handle_of = {one: handles.handle_of(one, visitor.session.handle_key) for one in (*CLIENTS, NOBODY)}
        shown = {one for one, handle in handle_of.items() if http.get(f"/clients/{handle}").status_code == 200}
        assert shown == allowed(user), name
        changed = {
            one
            for one, handle in handle_of.items()
            if http.get(f"/clients/{handle}/what-would-change?output=complexity").status_code == 200
        }
        assert changed == allowed(user), name
        assert listed(http, handle_of) == allowed(user), name
        assert searched(http, visitor.csrf, handle_of) == allowed(user), name


def listed(http, handle_of):
    """The clients of the list, whatever is asked of it."""
    text = "".join(
        http.get(f"/clients{query}").text for query in ("", "?page=2", "?plan=none", "?unit=keski", "?page=-1&unit=*")
    )
    return {one for one, handle in handle_of.items() if f"/clients/{handle}" in text}


def searched(http, csrf, handle_of):
    found = set()
    for henkilotunnus in HENKILOTUNNUKSET:
        answer = http.post("/clients/search", data={"csrf": csrf, "henkilotunnus": henkilotunnus}, headers=ORIGIN)
        if answer.status_code == 303:
            found |= {one for one, handle in handle_of.items() if answer.headers["location"] == f"/clients/{handle}"}
    return found


def test_A18_decisions_and_receipts_of_other_units_clients_are_not_found(served):
    built, http, users = served
    http.cookies.clear()
    http.post("/sign-in", data={"user": "coordinator-lansi-older_people"}, headers=ORIGIN)
    visitor = built.services.visitor(http.cookies["luotain_session"])
    user = users["coordinator-lansi-older_people"]
    for client in set(CLIENTS) - allowed(user):
        handle = handles.handle_of(client, visitor.session.handle_key)
        form = {"csrf": visitor.csrf, "choice": "cannot_tell", "reason": "ei tietoa", "answer_id": "a" * 32, "key": "k"}
        assert http.post(f"/clients/{handle}/decision", data=form, headers=ORIGIN).status_code == 404
        assert http.get(f"/clients/{handle}/decided/{'a' * 32}").status_code == 404
        by_hand = {"csrf": visitor.csrf, "axis-complexity": "high"}
        assert http.post(f"/clients/{handle}/by-hand", data=by_hand, headers=ORIGIN).status_code == 404


def test_A18_every_refusal_is_in_the_log_and_no_address_carries_a_client(served):
    built, http, users = served
    before = len(denials(built))
    answers = [
        http.post("/v1/segment", json={**CLIENT_QUESTION, "client_id": client}, headers=bearer(name))
        for name, client in itertools.product(users, CLIENTS)
    ]
    refused = sum(answer.status_code != 200 for answer in answers)
    assert refused > len(answers) / 2
    denied = denials(built)
    assert len(denied) - before == refused
    assert {entry["ground"] for entry in denied} <= {"no_care_relationship", "no_such_client", "role_without_right"}
    http.post("/sign-in", data={"user": "coordinator-lansi-older_people"}, headers=ORIGIN)
    links = re.findall(r'href="([^"]+)"', http.get("/clients").text)
    assert any(link.startswith("/clients/") for link in links)
    assert not any(client in link for client in CLIENTS for link in links)


def denials(built):
    return built.desk.records.page(AUDIT_LOG, Wanted({"outcome": "denied"}), 1, 10_000).entries
