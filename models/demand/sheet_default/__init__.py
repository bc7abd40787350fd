"""A plain sheet `unique_id, ds, y` to a forecast without any configuration: pure, and quick enough for an upload."""

from models.demand.sheet_default.forecast import SeriesStatus, SheetForecast, forecast_sheet

__all__ = ["SeriesStatus", "SheetForecast", "forecast_sheet"]
