"""The manager's page: client groups, residents without any event, and indicators, as published; and as files."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from models.exchange import Cell, Sheet, safe_text, workbook
from serving.pages.format import Format
from serving.pages.oversight import plan_indicators
from serving.pages.page import Page
from serving.pages.services import NotYours
from serving.refusals import refusal

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Report = Mapping[str, Any]


def report(page: Page) -> Response:
    """The four parts on one page."""
    found = page.services.oversight.groups(page.who)
    indicators = page.services.oversight.indicators(page.who)
    published = page.services.oversight.plan_indicators(page.who)
    plan = None if published is None else plan_indicators.shown(published, page.format)
    widest = max((line["n"] or 0 for line in found["segments"]), default=0) if found else 0
    widest = max(widest, 1)
    return page.show("oversight/groups.html", found=found, indicators=indicators, plan=plan, widest=widest)


def download(page: Page) -> Response:
    """The same figures as a workbook, or as one table; hidden cells are empty there too."""
    if page.query("form") == "indicators":
        return _indicators(page)
    found = page.services.oversight.groups(page.who)
    if found is None:
        raise NotYours(refusal("not_found"))
    if page.query("form") == "csv":
        content, media, ending = _csv(found, page.format), "text/csv; charset=utf-8", "csv"
    else:
        content, media, ending = _workbook(found, page.format), EXCEL, "xlsx"
    headers = {"Content-Disposition": f'attachment; filename="client-groups.{ending}"'}
    return Response(content, media_type=media, headers=headers)


def _indicators(page: Page) -> Response:
    published = page.services.oversight.plan_indicators(page.who)
    if published is None:
        raise NotYours(refusal("not_found"))
    content = plan_indicators.as_csv(plan_indicators.shown(published, page.format), page.format)
    headers = {"Content-Disposition": 'attachment; filename="indicators.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _workbook(found: Report, format: Format) -> bytes:
    t = format.language.text
    return workbook(
        [
            Sheet(t("groups.title"), tuple(_cells(found, format))),
            Sheet(t("groups.silent"), tuple(_silent(found, format))),
        ]
    )


def _csv(found: Report, format: Format) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    for row in (*_cells(found, format), (), *_silent(found, format)):
        writer.writerow(["" if cell is None else safe_text(str(cell)) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def _cells(found: Report, format: Format) -> list[tuple[Cell, ...]]:
    t, names = format.language.text, found["names"]
    heads = (
        "groups.area",
        "groups.band",
        "groups.group",
        "groups.clients",
        "groups.share",
        "groups.change",
        "groups.expected",
    )
    county = [{**line, "area": None, "band": None} for line in found["segments"]]
    rows: list[tuple[Cell, ...]] = [tuple(t(head) for head in heads)]
    for line in (*county, *found["cells"]):
        area = format.said(names["areas"][line["area"]]) if line["area"] else t("groups.whole")
        band = format.language.label("band", line["band"]) if line["band"] else ""
        segment = format.said(names["segments"].get(line["segment"])) or t("groups.not_told")
        rows.append((area, band, segment, line["n"], line["share"], line["change"], expected_of(line)))
    return rows


def expected_of(line: Report) -> float | None:
    """The expected number of new multi-service clients, where it is told."""
    return (line.get("expected") or {}).get("value")


def _silent(found: Report, format: Format) -> list[tuple[Cell, ...]]:
    t, names = format.language.text, found["names"]["areas"]
    rows: list[tuple[Cell, ...]] = [tuple(t(f"groups.{name}") for name in ("area", "residents", "silent", "share"))]
    for line in found["without_events"]:
        area = format.said(names[line["area"]]) if line["area"] else t("groups.whole")
        rows.append((area, line["residents"], line["silent"], line["share"]))
    return rows
