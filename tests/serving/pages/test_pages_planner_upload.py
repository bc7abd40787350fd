"""A plain sheet through the real service: signed in, sent, forecast on the page and as a file, and kept nowhere."""

import asyncio
from datetime import date, timedelta
from io import BytesIO

import httpx
import pytest
from openpyxl import load_workbook

from serving.pages import create_pages
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, OVERRIDE_LOG, SCENARIO_LOG
from tests.serving.fake_engine import FakeEngine
from tests.serving.pages.faked.visitor import HOST, words
from tests.serving.serving_parts import house

MONDAY = date(2025, 1, 6)
SHEET = "\n".join(
    [
        "unique_id;ds;y",
        *(f"keskusta;{MONDAY + timedelta(weeks=n)};{100 + 3 * (n % 4)}" for n in range(80)),
        *(f"lyhyt;{MONDAY + timedelta(weeks=n)};{n}" for n in range(75, 80)),
    ]
)


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    made = house(FakeEngine())
    yield made
    made.close()


def sent(built, **fields):
    """The answer to the sheet, as the planner's browser sends it."""
    app, token = create_pages(built.services, secure_cookie=False), built.services.sign_in("planner")
    form = {"csrf": built.services.visitor(token).csrf, **fields}

    async def ask():
        transport = httpx.ASGITransport(app=app)
        cookies = {"luotain_session": token, "luotain_language": "fi"}
        async with httpx.AsyncClient(transport=transport, base_url=HOST, cookies=cookies) as client:
            headers = {"sec-fetch-site": "same-origin", "origin": HOST}
            files = {"file": ("oma.csv", SHEET.encode())}
            return await client.post("/forecasts/upload", data=form, files=files, headers=headers)

    return asyncio.run(ask())


def test_a_plain_sheet_becomes_a_forecast_on_the_page_and_nothing_of_it_is_kept(built):
    page = sent(built, horizon="6")
    said = words(page.text)
    assert page.status_code == 200
    for expected in ("6 jaks", "keskusta", "vk 30/2026", "lyhyt", "Tietoa on liian vähän: 5 jaksoa"):
        assert expected in said, expected
    assert page.text.count('role="img"') == 2  # one series, wide and narrow
    (entry,) = built.desk.records.page(AUDIT_LOG, Wanted({"event": "sheet_forecast"}), 1, 10).entries
    assert (entry["outcome"], entry["detail"]["series"]) == ("ok", 2)
    assert "keskusta" not in str(entry)
    assert built.desk.records.kept(SCENARIO_LOG) == built.desk.records.kept(OVERRIDE_LOG) == ()


def test_the_same_sheet_as_a_file_has_every_period_and_the_reason_in_words(built):
    answer = sent(built, horizon="6", **{"as": "excel"})
    book = load_workbook(BytesIO(answer.content))
    assert [len(list(sheet.rows)) for sheet in book] == [1 + 6, 1 + 2]
    states = {row[0].value: row[2].value for row in book.worksheets[1].iter_rows(min_row=2)}
    assert "Tietoa on liian vähän" in states["lyhyt"]
    assert not states["keskusta"]
