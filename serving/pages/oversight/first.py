"""The auditor's first screen, and what was live on a day."""

from typing import Any

from starlette.responses import Response

from models.oversight.facts import Point
from serving.pages.format import Format
from serving.pages.oversight.services import NotUnderstood
from serving.pages.page import Page

DECIMALS = {"gain": 3, "value": 3, "baseline": 3, "slope": 2, "ratio": 2}
SHARES = ("seen", "promised")
MOMENTS = ("at",)
LINKS = ("live-on", "access", "replay", "chains", "own-log")


def first_screen(page: Page) -> Response:
    """One sentence per served model, its three weakest points, date and signer."""
    screen = page.services.oversight.first_screen(page.who)
    return page.show("oversight/first.html", screen=screen, point=point_text, links=LINKS)


def live_on(page: Page) -> Response:
    """The form, and what was live at the end of the day asked about."""
    day, found, fault = page.query("day"), None, ""
    if day:
        try:
            found = page.services.oversight.live_on(page.who, day)
        except NotUnderstood as wrong:
            fault = wrong.key
    return page.show("oversight/live_on.html", 400 if fault else 200, day=page.day("day"), found=found, fault=fault)


def point_text(format: Format, point: Point) -> str:
    """One weak point as a sentence."""
    said = format.language.text(f"point.{point.code}", **{name: _shown(format, name, point) for name in point.values})
    return f"{format.said(point.about)}: {said}" if point.about else said


def _shown(format: Format, name: str, point: Point) -> str:
    value: Any = point.values[name]
    if name in SHARES:
        return format.percent(value)
    if name in MOMENTS:
        return format.moment(value)
    if name == "until":
        return format.date(value)
    if name in DECIMALS:
        return format.number(value, DECIMALS[name])
    if name in ("n", "days", "line"):
        return format.number(value)
    return _coded(format, name, point)


def _coded(format: Format, name: str, point: Point) -> str:
    """A grouping or a group by its name; anything else as it stands."""
    if name == "grouping":
        return format.language.label("grouping", str(point.values[name]))
    if name == "group":
        return format.language.label("group", str(point.values[name]))
    return str(point.values[name])
