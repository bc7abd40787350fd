"""A forecast as an Excel file: forecast, history, why, scenarios, staffing, overrides, and one about the file."""

from collections.abc import Sequence
from datetime import date, timedelta

from models.answers import ForecastAnswer
from models.exchange import Cell, Sheet, workbook
from serving.pages.format import Format
from serving.planning.kept.records import SeriesPicture


def forecast_workbook(picture: SeriesPicture, format: Format, more: Sequence[Sheet] = (), registers: str = "") -> bytes:
    """The workbook's bytes.  Numbers are numbers and dates are dates; every text is escaped.

    `registers` is the last day of the registers (ISO).  `more` are the sheets of planning; the last of them is about
    the file and is joined with ours.
    """
    t = format.language.text
    about = [*_about_rows(picture, format, registers), *(more[-1].rows[1:] if more else ())]
    made = [Sheet(t("excel.forecast"), _forecast_rows(picture, format))]
    made.append(Sheet(t("excel.history"), _history_rows(picture, format)))
    if picture.explanation is not None:
        made.append(Sheet(t("excel.explanation"), _explanation_rows(picture, format)))
    return workbook([*made, *more[:-1], Sheet(t("excel.about"), tuple(about))])


def _forecast_rows(picture: SeriesPicture, format: Format) -> tuple[tuple[Cell, ...], ...]:
    t, answer = format.language.text, picture.answer
    names = ("column.low80", "column.high80", "column.low95", "column.high95", "column.last_year")
    head: list[Cell] = [t("column.begins"), t("column.period"), f"{t('column.forecast')} ({format.said(answer.unit)})"]
    head += [t(name) for name in names]
    rows: list[tuple[Cell, ...]] = [(*head, *([t("column.corrected")] if picture.corrected else []))]
    for p in answer.points:
        numbers = (p.value, p.low80, p.high80, p.low95, p.high95, p.last_year)
        own = picture.corrected.get(p.period_start)
        added = [own.value if own else None] if picture.corrected else []
        rows.append((_day(p.period_start), format.period(p.period_start, answer.period), *numbers, *added))
    return tuple(rows)


def _history_rows(picture: SeriesPicture, format: Format) -> tuple[tuple[Cell, ...], ...]:
    t, answer = format.language.text, picture.answer
    head = (t("column.begins"), f"{t('column.seen')} ({format.said(answer.unit)})")
    return (head, *((_day(period), value) for period, value in answer.history))


def _explanation_rows(picture: SeriesPicture, format: Format) -> tuple[tuple[Cell, ...], ...]:
    t, told = format.language.text, picture.explanation
    assert told is not None
    head: tuple[Cell, ...] = (
        t("column.begins"),
        t("because.base"),
        *(format.said(one.name) for one in told.groups),
        t("because.remainder"),
        t("column.forecast"),
    )
    columns = (told.base_values, *(one.values for one in told.groups), told.remainder_values, told.shown_values)
    return (head, *((_day(period), *row) for period, row in zip(told.periods, zip(*columns, strict=True), strict=True)))


def _about_rows(picture: SeriesPicture, format: Format, registers: str) -> list[tuple[Cell, ...]]:
    t, answer = format.language.text, picture.answer
    return [
        (t("excel.about"), ""),
        (t("excel.series"), format.said(answer.name)),
        (t("stamp.model"), answer.stamp.name),
        (t("stamp.version"), answer.stamp.version),
        *([(t("known.registers.label"), _day(registers))] if registers else []),
        *([(t(f"known.periods.{answer.period}.label"), _last_seen(answer))] if answer.points else []),
        (t("stamp.bundle"), answer.stamp.bundle_sha256),
        *((format.language.label("backtest", key), value) for key, value in answer.backtest.items()),
        (format.said(answer.notice), ""),
    ]


def _last_seen(answer: ForecastAnswer) -> date:
    """The last day of the last whole period before the forecast."""
    return _day(answer.points[0].period_start) - timedelta(days=1)


def _day(iso: str) -> date:
    return date.fromisoformat(iso[:10])
