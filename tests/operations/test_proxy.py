"""The shipped nginx file, run for real: TLS at the proxy, the service on loopback behind it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from serving.serve import environment
from tests.operations.proxy import NAME, Proxy, listening, program, proxied, written
from tests.serving.fake_engine import MINE, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, SETTINGS, house, service_of
from tests.serving.users.identity import sign_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:websockets"),  # uvicorn looks for a library that is not used
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di|uvicorn).*"),
]
ONCE = ("content-security-policy", "strict-transport-security", "x-content-type-options", "cache-control",
        "referrer-policy")  # fmt: skip


@contextmanager
def in_front_of(folder: Path, **changes: object) -> Iterator[Proxy]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(folder / "var"))
        program()
        believed = environment(SETTINGS, "configs/serving.yaml")["FORWARDED_ALLOW_IPS"]
        app = service_of(house(FakeEngine(), **changes)).to_asgi()
        with listening(app, believed) as port, proxied(folder, port) as proxy:
            yield proxy


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    given = {
        "environment": "production",
        "sign_in": sign_in(),
        "allowed_hosts": (NAME, "127.0.0.1"),
        "trusted_proxies": ("127.0.0.1",),
    }
    with in_front_of(tmp_path_factory.mktemp("production"), **given) as proxy:
        yield proxy


def test_nginx_takes_the_shipped_file_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [program(), "-t", "-q", "-c", str(written(tmp_path, 3000)), "-p", str(tmp_path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_pages_come_over_tls_with_every_security_header_once(production: Proxy) -> None:
    assert production.ask("GET", "/livez").status_code == 200
    page = production.ask("GET", "/sign-in")
    assert (page.status_code, "/sign-in/start" in page.text) == (200, True)
    assert {name: len(page.headers.get_list(name)) for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert page.headers["server"] == "nginx"  # neither its version nor the service's
    away = production.ask("GET", "/clients")
    assert away.status_code == 303
    assert away.headers["location"].startswith(("/sign-in", f"https://{NAME}/sign-in"))


def test_without_tls_everything_is_sent_to_the_tls_address(production: Proxy) -> None:
    told = httpx.get(f"http://127.0.0.1:{production.plain}/clients?page=2", headers={"host": NAME}, trust_env=False)
    assert (told.status_code, told.headers["location"]) == (301, f"https://{NAME}/clients?page=2")


def test_A31_metrics_are_not_there_and_the_rest_needs_a_token(production: Proxy) -> None:
    assert [production.ask("GET", path).status_code for path in ("/metrics", "/docs.json", "/schema.json")] == [
        404, 401, 401,
    ]  # fmt: skip
    assert production.ask("POST", "/v1/segment", json={**CLIENT_QUESTION, "client_id": MINE}).status_code == 401


def test_W18_another_host_is_refused_and_forwarded_headers_lead_nowhere(production: Proxy) -> None:
    assert production.ask("GET", "/sign-in", host="evil.example").status_code == 400
    sent = {
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example;proto=http",
        "x-forwarded-proto": "http",
    }
    page = production.ask("GET", "/clients", headers=sent)
    assert "evil" not in page.text + str(page.headers)


def test_W7_bodies_are_limited_by_the_service_in_its_shape_and_by_the_proxy_above(production: Proxy) -> None:
    given = {"content-type": "application/x-www-form-urlencoded", "origin": f"https://{NAME}"}
    above_ours, above_both = (
        production.ask("POST", "/sign-in", content=b"user=" + b"x" * size, headers=given)
        for size in (2_500_000, 4_000_000)
    )
    assert (above_ours.status_code, above_both.status_code) == (413, 413)
    assert "content-security-policy" in above_ours.headers  # the service's own answer
    assert "content-security-policy" not in above_both.headers  # never reached it


def test_A29_a_made_up_address_does_not_help_against_the_limit_of_failures(production: Proxy) -> None:
    statuses = []
    for number in range(40):
        given = {"authorization": "Bearer a.b.c", "x-forwarded-for": f"10.0.0.{number}"}
        statuses.append(production.ask("POST", "/v1/segment", json=CLIENT_QUESTION, headers=given).status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_A24_the_development_sign_in_is_refused_behind_a_proxy(tmp_path: Path) -> None:
    with in_front_of(tmp_path, allowed_hosts=(NAME, "127.0.0.1", "localhost")) as proxy:
        page = proxy.ask("GET", "/sign-in")
        posted = proxy.ask("POST", "/sign-in", data={"user": "coordinator"}, headers={"origin": f"https://{NAME}"})
    assert (page.status_code, posted.status_code) == (403, 403)
    assert "set-cookie" not in posted.headers
