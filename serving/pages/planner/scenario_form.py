"""Making a scenario: by a form of the usual changes, or by a sheet with all of them."""

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response

from serving.desk.masking import holds_identity_code
from serving.pages.page import Page
from serving.pages.planner.reading import FormFault, fault_of, number, upload_of
from serving.pages.planner.services import WrongInput
from serving.pages.services import NotAllowed
from serving.pages.views.forecasts import excel_file

BANDS = ("under65", "65to74", "75to84", "85plus")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
YEARS_AHEAD = 10


@dataclass(frozen=True)
class Field:
    """One number of the form with its limits, as the form writes it (shares in per cent)."""

    low: float
    high: float
    start: str


NUMBERS: Mapping[str, Field] = {
    **{f"growth_{band}": Field(-90, 300, "") for band in BANDS},
    "growth_margin": Field(0, 100, "1"),
    "early_share": Field(0, 100, ""),
    "early_effect": Field(0, 100, "40"),
    "early_margin": Field(0, 100, "20"),
    "early_light": Field(0, 20, "0,25"),
    "early_delay": Field(0, 520, "8"),
    "channel_share": Field(0, 100, ""),
    "channel_suitable": Field(0, 100, "50"),
    "channel_solved": Field(1, 100, "77"),
    "supply_share": Field(0, 100, "100"),
}


def new(page: Page) -> Response:
    """The empty form."""
    return _show(page, {}, None)


def back(page: Page) -> Response:
    """The upload's address opened as a page."""
    return page.go("/scenarios/new")


def sheet(page: Page) -> Response:
    """The empty workbook."""
    page.services.series(page.who)
    content = page.services.planner.scenario_sheet(page.who)
    return excel_file(content, f"luotain_{page.language.text('excel.scenario.file')}.xlsx")


def save(page: Page) -> Response:
    """Keep the form's scenario, or show the form again with every fault."""
    faults = _faults(page)
    if faults:
        return _show(page, page.form, None, faults, 400)
    try:
        made = page.services.planner.save_scenario(page.who, scenario_values(page.form), page.form.get("key", ""))
    except WrongInput as error:
        return _show(page, page.form, fault_of(error, page.format), {}, 400)
    return page.go(f"/scenarios?scenario={made}")


def upload(page: Page) -> Response:
    """Keep the scenario of a sheet."""
    try:
        made = page.services.planner.upload_scenario(page.who, upload_of(page), page.form.get("key", ""))
    except WrongInput as error:
        return _show(page, {}, fault_of(error, page.format), {}, 400)
    return page.go(f"/scenarios?scenario={made}")


def _show(
    page: Page,
    given: Mapping[str, str],
    fault: FormFault | None,
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    if not page.services.planner.may_plan(page.who):
        raise NotAllowed("The role may look at scenarios but not make them.")
    series = page.services.series(page.who)
    span = page.services.planner.span(page.who)
    year = span[0].year
    return page.show(
        "planner/scenario_form.html",
        status,
        given=given,
        fault=fault,
        faults=faults or {},
        bands=BANDS,
        fields=NUMBERS,
        years=[year + ahead for ahead in range(YEARS_AHEAD)],
        areas={one.area: one.area_name for one in series if one.area != "county"},
        dimensions=page.services.planner.dimensions(page.who),
        span=[day.isoformat() for day in span],
        form_key=secrets.token_urlsafe(16),
    )


def _faults(page: Page) -> dict[str, str]:
    """Field → sentence, for everything that is wrong with the form."""
    form, t = page.form, page.language.text
    found = {}
    if not form.get("name", "").strip():
        found["name"] = t("scenario.fault.name")
    elif holds_identity_code(form["name"]):
        found["name"] = t("scenario.fault.person")
    for name, field in NUMBERS.items():
        text = form.get(name, "").strip()
        value = number(text)
        if text and (value is None or not field.low <= value <= field.high):
            low, high = page.format.plain(field.low), page.format.plain(field.high)
            found[name] = t("scenario.fault.number", low=low, high=high)
    needed = {
        "early_starts": bool(form.get("early_share", "").strip()),
        "channel_starts": bool(form.get("channel_share", "").strip()),
        "supply_starts": bool(form.get("supply_unit")),
    }
    first, last = page.services.planner.span(page.who)
    limits = {"first": page.format.date(first.isoformat()), "last": page.format.date(last.isoformat())}
    found |= {
        name: t("scenario.fault.date", **limits)
        for name, asked in needed.items()
        if asked and not _is_between(form.get(name, ""), first, last)
    }
    if form.get("supply_unit") and form.get("supply_unit") == form.get("supply_other"):
        found["supply_other"] = t("scenario.fault.same_area")
    asked = any(form.get(f"growth_{band}", "").strip() for band in BANDS) or any(needed.values())
    return found if asked or found else {"name": t("scenario.fault.nothing")}


def _is_between(text: str, first: date, last: date) -> bool:
    try:
        return first <= date.fromisoformat(text) <= last
    except ValueError:
        return False


def scenario_values(form: Mapping[str, str]) -> dict[str, Any]:
    """The checked form in the shape of configs/scenarios/*.yaml."""
    name = form["name"].strip()[:120]
    told = form.get("description", "").strip()[:1000] or name
    year = int(form.get("year", "0") or 0)
    values: dict[str, Any] = {
        "id": scenario_id(name, form.get("key", "")),
        "name": dict.fromkeys(("fi", "sv", "en"), name),
        "description": dict.fromkeys(("fi", "sv", "en"), told),
        "base_year": int(form.get("base_year", "0") or 0) or year - 1,
        "population": _population(form, year),
        "early_support": _early(form),
        "channel_shift": _channel(form),
        "supply": _supply(form),
    }
    return {key: value for key, value in values.items() if value not in ([], None)}


def scenario_id(name: str, key: str) -> str:
    """A readable id, told apart by the form's key."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    slug = "".join(letter if letter in LETTERS else "_" for letter in plain).strip("_")[:30]
    ending = "".join(letter for letter in key.lower() if letter in LETTERS)[:6]
    return f"s_{slug}_{ending}".replace("__", "_").rstrip("_")


def _population(form: Mapping[str, str], year: int) -> list[dict[str, Any]]:
    margin = _share(form, "growth_margin") or 0.0
    areas = {"areas": [form["growth_area"]]} if form.get("growth_area") else {}
    told = [(band, _share(form, f"growth_{band}")) for band in BANDS]
    return [
        {"ages": band, "growth": {str(year): _around(value, margin, -1.0, 10.0)}, **areas}
        for band, value in told
        if value is not None
    ]


def _early(form: Mapping[str, str]) -> list[dict[str, Any]]:
    share = _share(form, "early_share")
    if share is None:
        return []
    effect, margin = _share(form, "early_effect") or 0.0, _share(form, "early_margin") or 0.0
    return [
        {
            "heavy": _dimension(form.get("early_heavy", "")),
            "share": share,
            "effectiveness": _around(effect, margin, 0.0, 1.0),
            "light_per_heavy": number(form.get("early_light", "")) or 0.0,
            "starts": form["early_starts"],
            "delay_weeks": int(number(form.get("early_delay", "")) or 0),
        }
    ]


def _channel(form: Mapping[str, str]) -> list[dict[str, Any]]:
    share = _share(form, "channel_share")
    if share is None:
        return []
    return [
        {
            "moved_from": _dimension(form.get("channel_from", "")),
            "moved_to": _dimension(form.get("channel_to", "")),
            "share": share,
            "suitable": {"all": _share(form, "channel_suitable") or 0.0},
            "first_contact_resolution": _share(form, "channel_solved") or 1.0,
            "starts": form["channel_starts"],
        }
    ]


def _supply(form: Mapping[str, str]) -> list[dict[str, Any]]:
    if not form.get("supply_unit"):
        return []
    other = {"other": {"area": [form["supply_other"]]}} if form.get("supply_other") else {}
    unit = {"area": [form["supply_unit"]]}
    share = _share(form, "supply_share")
    return [
        {
            "kind": "closing",
            "unit": unit,
            **other,
            "share": 1.0 if share is None else share,
            "starts": form["supply_starts"],
        }
    ]


def _share(form: Mapping[str, str], name: str) -> float | None:
    value = number(form.get(name, ""))
    return None if value is None else round(value / 100, 6)


def _around(value: float, margin: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": max(low, value - margin), "high": min(high, value + margin)}


def _dimension(told: str) -> dict[str, list[str]]:
    """`age_group=75plus` → {age_group: [75plus]}."""
    name, _, value = told.partition("=")
    return {name: [value]} if name and value else {}
