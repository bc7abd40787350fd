"""F13, F14, F23 on the real service in processes of its own: a killed worker, no more files, SIGTERM.

Nothing measures a time.  One service is started for all of them; the last test ends it.
"""

import http.client
import signal
import socket
from collections.abc import Iterator

import psutil
import pytest

from configs.loader import PROJECT_ROOT
from serving.ask import free_port
from serving.serve import command, environment
from serving.settings import load_settings
from tests.operations.running import Running, eventually, running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service_faults")]
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
CONFIG = PROJECT_ROOT / "configs" / "serving.yaml"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two workers over an empty data folder, started with the very words of `serving.serve`."""
    folder = tmp_path_factory.mktemp("service")
    settings, port = load_settings(str(CONFIG)), free_port("127.0.0.1")
    variables = {
        **environment(settings, str(CONFIG)),
        "LUOTAIN_VAR": str(folder / "var"),
        "BENTOML_HOME": str(folder / "bento"),
    }
    with running(command(settings, port), variables, port, folder / "service.log") as found:
        eventually(lambda: found.begun() == settings.workers, "both workers answer")
        yield found


def begin_sign_in(connection: http.client.HTTPConnection, body: bytes) -> None:
    """The head of a sign-in by form; of the body only the first half."""
    connection.putrequest("POST", "/sign-in")
    for name, value in {**FORM, "content-length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body[: len(body) // 2])


def kept_open(service: Running) -> http.client.HTTPConnection:
    """A connection that was answered once and stays open."""
    connection = service.connect()
    connection.request("GET", "/livez")
    connection.getresponse().read()
    return connection


def is_closed(connection: http.client.HTTPConnection) -> bool:
    """True when the service closed it."""
    try:
        return connection.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def sign_in(connection: http.client.HTTPConnection) -> int:
    """A whole sign-in, which writes a session and an audit entry."""
    connection.request("POST", "/sign-in", b"user=planner", FORM)
    reply = connection.getresponse()
    reply.read()
    return reply.status


def test_F13_a_killed_worker_is_replaced_and_another_one_serves(service: Running) -> None:
    before = {one.pid for one in service.workers()}
    first = service.workers()[0]
    first.kill()
    first.wait()
    seen = [service.status("/livez")]  # from the other one, for the new one takes seconds to import

    def replaced() -> bool:
        seen.append(service.status("/livez"))
        return service.begun() == len(before) + 1

    eventually(replaced, "it is replaced")
    assert seen.count(200) >= len(seen) - 1  # at most what the killed worker held in its hands
    assert len({one.pid for one in service.workers()} - before) == 1


def test_F23_without_another_open_file_it_is_503_and_recovers(service: Running) -> None:
    connections = [kept_open(service) for _ in range(8)]  # both workers hold some of them
    workers = service.workers()
    usual = [one.rlimit(psutil.RLIMIT_NOFILE) for one in workers]
    try:
        for one in workers:
            one.rlimit(psutil.RLIMIT_NOFILE, (1, usual[0][1]))
        assert {sign_in(one) for one in connections} == {503}
    finally:
        for one, limit in zip(workers, usual, strict=True):
            one.rlimit(psutil.RLIMIT_NOFILE, limit)
    assert {sign_in(one) for one in connections} == {303}
    for one in connections:
        one.close()
    assert service.status("/livez") == 200


def test_F14_on_sigterm_every_open_request_is_answered_and_the_service_ends(service: Running) -> None:
    body = b"user=planner"
    opened = [service.connect() for _ in range(4)]
    for one in opened:
        begin_sign_in(one, body)
    idle = [kept_open(service) for _ in range(8)]  # both workers hold some of them
    service.process.send_signal(signal.SIGTERM)
    eventually(lambda: all(is_closed(one) for one in idle), "both workers have begun to end")
    for one in opened:
        one.send(body[len(body) // 2 :])
    assert [one.getresponse().status for one in opened] == [303] * len(opened)
    for one in (*opened, *idle):
        one.close()
    assert service.process.wait(60) == 0
