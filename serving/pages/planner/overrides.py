"""Overriding a forecast: one number by a form, or many by a sheet.  The original is kept and stays in the picture."""

from dataclasses import replace
from datetime import date

from starlette.responses import Response

from serving.pages.page import Page
from serving.pages.planner.choosing import Chosen, choose_series, chosen_of
from serving.pages.planner.reading import FormFault, fault_of, number, upload_of
from serving.pages.planner.services import Correction, WrongInput
from serving.pages.services import NotYours
from serving.pages.views.forecasts import excel_file, show_forecast

MOST = 1e9
"""An override above this is a slip of the keyboard."""


def back(page: Page) -> Response:
    """A form's address opened as a page: to the forecasts."""
    return page.go("/forecasts")


def correct(page: Page) -> Response:
    """Store one override (or take the earlier one back), or show the form again with what is wrong."""
    chosen = _chosen(page)
    taken_back = page.form.get("act") == "take_back"
    value = None if taken_back else number(page.form.get("value", ""))
    fault = _fault(page, value, taken_back)
    if fault is None:
        try:
            page.services.planner.correct(page.who, _correction(page, value))
        except WrongInput as error:
            fault = fault_of(error, page.format)
    if fault is not None:
        return show_forecast(page, chosen, page.form, fault, 400)
    return page.go(f"/forecasts?{chosen.query}#overrides")


def sheet(page: Page) -> Response:
    """The sheet to fill in: the series' periods with their forecast."""
    chosen = choose_series(page, page.services.series(page.who)).series
    content = page.services.planner.corrections_sheet(page.who, chosen.model, chosen.series_id)
    return excel_file(content, f"luotain_{page.language.text('excel.overrides.file')}.xlsx")


def upload(page: Page) -> Response:
    """Store the overrides of a sheet, all or none."""
    chosen = _chosen(page)
    try:
        planner, key = page.services.planner, page.form.get("key", "")
        planner.correct_by_sheet(page.who, chosen.series.model, upload_of(page), key)
    except WrongInput as error:
        return show_forecast(page, chosen, {}, fault_of(error, page.format), 400)
    return page.go(f"/forecasts?{chosen.query}#overrides")


def _chosen(page: Page) -> Chosen:
    """The series that the form is about.  Raises NotYours for an unknown one."""
    series = page.services.series(page.who)
    own = [
        one for one in series if one.series_id == page.form.get("series_id") and one.model == page.form.get("model", "")
    ]
    if not own:
        raise NotYours("There is no such series.")
    wanted = {select.name: select.chosen for select in chosen_of(page, own, {}).selects} | {"model": own[0].model}
    return replace(chosen_of(page, series, wanted), series=own[0])


def _fault(page: Page, value: float | None, taken_back: bool) -> FormFault | None:
    t = page.language.text
    if not taken_back and (value is None or not 0 <= value <= MOST):
        return FormFault(t("override.fault.value"))
    try:
        date.fromisoformat(page.form.get("period", ""))
    except ValueError:
        return FormFault(t("override.fault.period"))
    return None if page.form.get("reason", "").strip() else FormFault(t("override.fault.reason"))


def _correction(page: Page, value: float | None) -> Correction:
    form = page.form
    return Correction(
        form.get("model", ""),
        form["series_id"],
        form.get("period", ""),
        value,
        form.get("reason", ""),
        form.get("key", ""),
    )
