"""Pictures made on the server: SVG with presentation attributes only, so that they pass a strict CSP.

Colours stand as attributes for paper and plain viewers; the style sheet recolours the same shapes by class in the dark.
"""

from serving.pages.charts.axes import ForecastTexts
from serving.pages.charts.bars import difference_bar, dot_row, share_bar
from serving.pages.charts.forecast import forecast_chart
from serving.pages.charts.levels import level_bar, level_swatch
from serving.pages.charts.regions import Cell
from serving.pages.charts.scenarios import Lines, measured_bar, scenario_chart, scenario_swatch
from serving.pages.charts.segments import segment_picture

__all__ = [
    "Cell",
    "ForecastTexts",
    "Lines",
    "difference_bar",
    "dot_row",
    "forecast_chart",
    "level_bar",
    "level_swatch",
    "measured_bar",
    "scenario_chart",
    "scenario_swatch",
    "segment_picture",
    "share_bar",
]
