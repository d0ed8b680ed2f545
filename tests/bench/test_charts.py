"""Charts are pictures that a light and a dark page can show, and that say what they draw."""

import xml.etree.ElementTree as ET

from bench.charts import svg
from bench.results import Chart

SPACE = "{http://www.w3.org/2000/svg}"
CHART = Chart(
    "rates",
    "Rates & more",
    "rows/s",
    (("tableferry", 500_000.0), ("a <limit>", 250_000.0), ("nothing", 0.0)),
    ("tableferry",),
)


def test_a_bar_is_as_long_as_its_value() -> None:
    bars = list(ET.fromstring(svg(CHART)).iter(f"{SPACE}rect"))
    whole, half, none = (float(bar.attrib["width"]) for bar in bars)
    assert abs(whole / half - 2) < 0.01
    assert none <= 1
    assert [bar.attrib["class"] for bar in bars] == ["ours", "bar", "bar"]


def test_no_bar_or_value_leaves_the_picture() -> None:
    root = ET.fromstring(svg(CHART))
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    for text in root.iter(f"{SPACE}text"):
        assert 0 <= float(text.attrib["x"]) < width
        assert 0 <= float(text.attrib["y"]) < height


def test_a_chart_says_what_it_draws_to_people_who_do_not_see_it() -> None:
    root = ET.fromstring(svg(CHART))
    told = root.findtext(f"{SPACE}desc")
    assert told == "tableferry: 500,000 rows/s; a <limit>: 250,000 rows/s; nothing: 0 rows/s"
    assert root.findtext(f"{SPACE}title") == "Rates & more"


def test_a_chart_has_colours_for_a_dark_page() -> None:
    assert "prefers-color-scheme: dark" in svg(CHART)


def test_a_chart_without_rows_is_a_picture_too() -> None:
    assert ET.fromstring(svg(Chart("none", "None", "s", (), ()))).tag == f"{SPACE}svg"
