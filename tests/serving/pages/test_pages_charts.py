"""The pictures: geometry that means something, escaped text, no style attribute, no script."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from serving.pages.charts import (
    Cell,
    ForecastTexts,
    difference_bar,
    dot_row,
    forecast_chart,
    segment_picture,
    share_bar,
)
from serving.pages.charts.axes import nice_bounds
from serving.pages.charts.svg import tag, wrap
from tests.serving.pages.faked.answers import forecast_answer

TEXTS = ForecastTexts("Ennuste", "käyntiä", lambda value: f"{value:.0f}", lambda day: day)
SVG = "{http://www.w3.org/2000/svg}"
CELLS = [
    Cell(0, 0, "Yhteisöasiakkuus", "21 / 100", 21, False),
    Cell(1, 0, "Verkostoasiakkuus", "58 / 100", 58, True),
    Cell(0, 1, "Omatoimiasiakkuus", "5 / 100", 5, False),
    Cell(1, 1, "Yhteistyöasiakkuus", "16 / 100", 16, False),
]


def drawn(picture: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(picture))


def shapes(picture: Markup, name: str, class_: str) -> list[ElementTree.Element]:
    return [found for found in drawn(picture).iter(SVG + name) if found.get("class") == class_]


def segments() -> Markup:
    return segment_picture(CELLS, ["vähäinen", "suuri"], ["heikot", "vahvat"], ("Tilanne", "Voimavarat"), "Ryhmät")


def forecast(**changes: object) -> Markup:
    answer = replace(forecast_answer(), **changes)
    return forecast_chart(answer, TEXTS, width=800, history=52, name="wide")


@pytest.mark.parametrize(
    "picture", [segments(), forecast(), share_bar(0.5), difference_bar(-0.2, 1.0), dot_row(38)], ids=str
)
def test_pictures_use_presentation_attributes_only(picture: Markup) -> None:
    for element in drawn(picture).iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.tag.removeprefix(SVG) not in {"script", "style", "foreignObject", "image", "use"}


def test_the_segment_picture_has_a_hundred_dots_in_the_right_cells() -> None:
    dots = shapes(segments(), "circle", "dot filled")
    assert len(dots) == 21 + 58 + 5 + 16
    assert len(shapes(segments(), "rect", "cell proposed")) == 1


def test_every_dot_lies_inside_its_own_cell() -> None:
    for group in drawn(segments()).iter(SVG + "g"):
        box = next(group.iter(SVG + "rect"))
        left, top = float(box.get("x", 0)), float(box.get("y", 0))
        right, bottom = left + float(box.get("width", 0)), top + float(box.get("height", 0))
        for dot in group.iter(SVG + "circle"):
            x, y, r = (float(dot.get(name, 0)) for name in ("cx", "cy", "r"))
            assert left < x - r < x + r < right
            assert top < y - r < y + r < bottom


def test_a_scheme_with_three_levels_and_all_dots_in_one_cell_still_fits() -> None:
    cells = [Cell(2, 2, "Verkostoasiakkuus", "100 / 100", 100, True)]
    picture = segment_picture(cells, ["a", "b", "c"], ["d", "e", "f"], ("x", "y"), "t")
    box = shapes(picture, "rect", "cell proposed")[0]
    bottom = float(box.get("y", 0)) + float(box.get("height", 0))
    assert max(float(dot.get("cy", 0)) for dot in drawn(picture).iter(SVG + "circle")) < bottom


def test_X2_a_name_with_markup_is_text_in_the_picture() -> None:
    cells = [replace(CELLS[0], name='<img src="x" onerror="alert(1)">')]
    picture = segment_picture(cells, ["a"], ["b"], ("x", "y"), "</title><script>alert(1)</script>")
    assert "<img" not in picture
    assert "<script" not in picture
    assert tag("text", "a<b").endswith(">a&lt;b</text>")


def test_the_forecast_grows_out_of_the_last_seen_value_and_bands_are_nested() -> None:
    picture = forecast()
    seen = re.findall(r"[\d.]+ [\d.]+", shapes(picture, "path", "seen")[0].get("d", ""))
    expected = re.findall(r"[\d.]+ [\d.]+", shapes(picture, "path", "expected")[0].get("d", ""))
    assert len(seen) == 52
    assert len(expected) == 1 + 12
    assert expected[0] == seen[-1]
    heights = {
        kind: [
            float(pair.split()[1])
            for pair in re.findall(r"[\d.]+ [\d.]+", shapes(picture, "path", kind)[0].get("d", ""))
        ]
        for kind in ("band80", "band95")
    }
    assert max(heights["band95"]) > max(heights["band80"])
    assert min(heights["band95"]) < min(heights["band80"])


def test_last_year_is_broken_where_it_is_not_known() -> None:
    points = forecast_answer().points
    broken = tuple(replace(point, last_year=None) if i == 5 else point for i, point in enumerate(points))
    assert len(shapes(forecast(), "path", "last-year")) == 1
    assert len(shapes(forecast(points=broken), "path", "last-year")) == 2


@pytest.mark.parametrize(
    "values, bounds",
    [
        ([0.0, 80.0], (0.0, 80.0, 20.0)),
        ([900.0, 1100.0], (900.0, 1100.0, 50.0)),
        ([-3.0, 10.0], (-5.0, 10.0, 2.5)),
        ([5.0, 5.0], (0.0, 6.0, 2.0)),
        ([0.0, 0.0], (0.0, 1.0, 1.0)),
    ],
)
def test_the_value_axis_is_in_round_numbers_and_holds_every_value(
    values: list[float], bounds: tuple[float, float, float]
) -> None:
    low, high, step = nice_bounds(values)
    assert low <= min(values)
    assert high >= max(values)
    assert (low, high, step) == pytest.approx(bounds)


def test_a_difference_points_to_its_own_side() -> None:
    raises = shapes(difference_bar(0.5, 1.0), "rect", "raises")[0]
    lowers = shapes(difference_bar(-0.5, 1.0), "rect", "lowers")[0]
    assert (raises.get("x"), raises.get("width")) == ("50.00%", "25.00%")
    assert (lowers.get("x"), lowers.get("width")) == ("25.00%", "25.00%")
    assert len(list(drawn(difference_bar(0.0, 0.0)).iter(SVG + "rect"))) == 1


def test_dots_count_people() -> None:
    assert len(shapes(dot_row(38), "circle", "dot filled")) == 38
    assert len(list(drawn(dot_row(38)).iter(SVG + "circle"))) == 100


def test_words_are_wrapped_and_only_a_too_long_word_is_cut() -> None:
    assert wrap("Självständig klient", 14) == ["Självständig", "klient"]
    assert wrap("Asiakasohjausyksikkö Länsi", 10) == ["Asiakasoh…", "Länsi"]
