"""P7: a canary henkilötunnus sent to the service in every way there is stands in no log, metric or file afterwards."""

import base64
import gzip
import logging

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.records.schema import AUDIT_LOG, CHAINED
from tests.canary import canary_hits
from tests.serving.fake_engine import HENKILOTUNNUS, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of

CANARIES = (HENKILOTUNNUS, "010516B903X", "010594Y9021")
pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)
ORIGIN = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    "name, content",
    [
        ("plain.log", b"x " + HENKILOTUNNUS.encode() + b" y"),
        ("lower.log", HENKILOTUNNUS.lower().encode()),
        ("joined.log", b"0105949032"),
        ("wide.log", HENKILOTUNNUS.encode("utf-16")),
        ("hex.log", HENKILOTUNNUS.encode().hex().encode()),
        ("base64.log", base64.b64encode(b"12345" + HENKILOTUNNUS.encode() + b"abc")),
        ("packed.gz", gzip.compress(HENKILOTUNNUS.encode(), mtime=0)),
        ("nobody.log", b"010594Y903"),
    ],
)
def test_P7_the_search_finds_the_canary_in_every_spelling(tmp_path, name, content):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / name).write_bytes(content)
    assert canary_hits(CANARIES, tmp_path) == ([] if name == "nobody.log" else [name])


def test_P7_the_search_reads_columns_and_leaves_deliveries_out(tmp_path):
    for folder in ("store", "extracts"):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"client_id": ["a", HENKILOTUNNUS]}), tmp_path / folder / f"{folder}.parquet")
    assert canary_hits(CANARIES, tmp_path) == ["store.parquet"]


def everything_sent(client):
    """The canaries in bodies, forms, addresses, headers and cookies, by the API and by the pages."""
    for code in CANARIES:
        for question in (
            {**CLIENT_QUESTION, "henkilotunnus": code},
            {**CLIENT_QUESTION, "client_id": code},
            {**CLIENT_QUESTION, "purpose": code, "client_id": "1" * 32},
            {**CLIENT_QUESTION, code: code},
        ):
            for path in ("segment", "need", "counterfactual"):
                client.post(f"/v1/{path}", json={**question, "task": "x", "output": "complexity"}, headers=bearer())
        client.post("/v1/segment", content=f'{{"{code}', headers={**bearer(), "content-type": "application/json"})
        client.get(f"/clients/{code}", headers=bearer())
        client.get("/metrics", params={"q": code})
        client.get("/readyz", headers={"x-request-id": code, "user-agent": code, "cookie": f"session={code}"})
        client.post("/v1/segment", json=CLIENT_QUESTION, headers={"authorization": f"Bearer {code}"})
    client.post("/sign-in", data={"user": "coordinator"}, headers=ORIGIN)
    listed = client.get("/clients")
    csrf = listed.text.split('name="csrf" value="')[1].split('"')[0]
    for code in CANARIES:
        client.post("/clients/search", data={"csrf": csrf, "henkilotunnus": code}, headers=ORIGIN)
        client.get("/clients", params={"page": code})
        client.post("/sign-in", data={"user": code}, headers=ORIGIN)
    return client.get("/metrics").text + client.get("/docs.json").text


def test_P7_a_canary_sent_in_every_way_stands_nowhere(place, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    if place.url is not None:
        monkeypatch.setenv("LUOTAIN_RECORDS_URL", place.url.render_as_string(hide_password=False))
    built = house(FakeEngine())
    with caplog.at_level(logging.DEBUG), browser(service_of(built).to_asgi()) as client:
        shown = everything_sent(client)
    assert built.desk.records.values_of(AUDIT_LOG, "event") != ()
    kept = "".join(str(row) for table in CHAINED for row in built.desk.records.kept(table))
    streams = capfd.readouterr()
    assert len(kept) > 1000
    assert canary_hits(CANARIES, tmp_path, kept, shown, ours(caplog), streams.out, streams.err) == []
    built.close()


def ours(caplog):
    """What the service's processes would write; the test's own HTTP client logs the addresses it asks."""
    return "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
