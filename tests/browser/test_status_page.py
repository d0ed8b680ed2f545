"""The status page in a real browser: its table, its buttons, its looks, and what it must not do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tableferry.report.page import render_page
from tableferry.states.report import StatusReport
from tableferry.states.words import WORST_FIRST, Word
from tests.support.browser import Browser, Page, chromium
from tests.support.page_content import HOSTILE, many, of_every_word, report, state

pytestmark = [pytest.mark.needs_packages("chromium"), pytest.mark.xdist_group("chromium")]

NAMES = """[...document.querySelectorAll('#t tbody')].filter(body => !body.hidden)
  .map(body => body.querySelector('th').firstChild.data)"""
CONTRASTS = """(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const style = getComputedStyle(node);
    const [a, b] = [parse(node instanceof SVGElement ? style.fill : style.color), behind(node)]
      .map(light).sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), walker.currentNode.data]);
  }
  return found.sort((x, y) => x[0] - y[0])[0];
})()"""
"""The lowest contrast of a text with what is behind it (WCAG 2.2), and that text."""

Open = Callable[[StatusReport], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Open:
    def open_page(shown: StatusReport) -> Page:
        file = tmp_path / "status.html"
        file.write_text(render_page(shown), "utf-8")
        page = browser.open(file)
        page.resize(1280)
        return page

    return open_page


def press(page: Page, selector: str) -> None:
    page.evaluate(f"document.querySelector({selector!r}).click()")


def head(page: Page, name: str) -> Any:
    return page.evaluate(
        f"[...document.querySelectorAll('#t thead th')].find(h => h.textContent === {name!r})"
        ".getAttribute('aria-sort')"
    )


def sort_by(page: Page, name: str) -> list[str]:
    page.evaluate(
        "[...document.querySelectorAll('#t thead button')]"
        f".find(b => b.textContent === {name!r}).click()"
    )
    found: list[str] = page.evaluate(NAMES)
    return found


def test_it_loads_without_a_complaint_and_without_a_request(show: Open) -> None:
    page = show(of_every_word())
    assert page.evaluate("document.documentElement.className") == "js"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).marginTop") == "0px"
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.complaints == []


def test_its_policy_runs_no_other_script_and_no_other_style(show: Open) -> None:
    page = show(of_every_word())
    page.evaluate(
        "const s = document.createElement('script'); s.text = 'window.ran = 1';"
        "document.body.append(s);"
        "document.querySelector('h1').setAttribute('style', 'margin-top: 99px')"
    )
    assert page.evaluate("typeof window.ran") == "undefined"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).marginTop") == "0px"
    assert len(page.complaints) == 2


def test_the_most_urgent_tables_come_first(show: Open) -> None:
    page = show(report(*(state(f"of_{word}", word) for word in reversed(WORST_FIRST))))
    assert page.evaluate(NAMES) == [f"of_{word}" for word in WORST_FIRST]
    assert head(page, "State") == "ascending"


def test_a_column_sorts_the_largest_first_and_then_the_smallest_and_unknown_ones_last(
    show: Open,
) -> None:
    page = show(report(state("b", number=20), state("a2", number=300), state("a10", Word.NEVER, 4)))
    for column in ("Age", "Rows/s", "Rows", "Took"):
        assert sort_by(page, column) == ["a2", "b", "a10"], column
        assert head(page, column) == "descending"
        assert sort_by(page, column) == ["b", "a2", "a10"], column
        assert head(page, column) == "ascending"
    assert head(page, "State") is None
    assert sort_by(page, "Verified") == ["a2", "b", "a10"]
    assert sort_by(page, "Table") == ["a2", "a10", "b"]


def test_what_explains_a_table_stays_below_it_when_the_table_is_sorted(show: Open) -> None:
    page = show(of_every_word())
    sort_by(page, "Rows")
    assert page.evaluate(
        "[...document.querySelectorAll('#t code')]"
        ".every(code => code.textContent.endsWith("
        "code.closest('tbody').querySelector('th').firstChild.data))"
    )


def test_a_press_on_a_state_shows_its_tables_only_and_another_press_shows_all(show: Open) -> None:
    page = show(of_every_word())
    press(page, "#f .late")
    assert page.evaluate(NAMES) == ["of_late"]
    press(page, "#f .failing")
    assert page.evaluate(NAMES) == ["of_failing", "of_late"]
    assert page.evaluate("document.getElementById('n').textContent") == "2 of 7 tables"
    assert page.evaluate("document.querySelector('#f .late').ariaPressed") == "true"
    press(page, "#f .late")
    press(page, "#f .failing")
    assert len(page.evaluate(NAMES)) == len(WORST_FIRST)


def test_a_word_in_the_search_field_finds_tables_by_their_names(show: Open) -> None:
    page = show(of_every_word())
    typed = (
        "const i = document.querySelector('#f input'); i.value = {!r};"
        "i.dispatchEvent(new Event('input'))"
    )
    page.evaluate(f"{{ {typed.format(' OF_D')} }}")
    assert page.evaluate(NAMES) == ["of_differs"]
    page.evaluate(f"{{ {typed.format('no such table')} }}")
    assert page.evaluate("document.getElementById('none').checkVisibility()")


def test_a_command_is_copied_as_it_is_to_be_typed(show: Open) -> None:
    page = show(report(state("it's <b>\u00e9", Word.LATE)))
    page.allow_clipboard()
    press(page, "#t code + button")
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert page.evaluate("document.querySelector('#t code + button').textContent") == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == (
        "tableferry sync --tables=it's <b>\u00e9"
    )


def test_hostile_names_are_shown_as_text(show: Open) -> None:
    page = show(report(*(state(name, Word.LATE) for name in HOSTILE)))
    shown = {name.replace("\x07", "\u2407").replace("\x1b", "\u241b") for name in HOSTILE}
    assert set(page.evaluate(NAMES)) == shown
    assert page.evaluate("typeof window.ran") == "undefined"
    assert page.evaluate("document.querySelectorAll('script, img').length") == 1
    assert page.complaints == []


def test_a_name_that_turns_the_direction_of_writing_turns_nothing_beside_it(show: Open) -> None:
    page = show(report(state("\u202eabc", Word.LATE)))
    places = page.evaluate(
        "['b', 'td:nth-child(3)'].map(s => document.querySelector(`#t tbody ${s}`))"
        ".map(e => e.getBoundingClientRect().left)"
    )
    assert places == sorted(places)
    assert page.evaluate("getComputedStyle(document.querySelector('#t code')).unicodeBidi") == (
        "isolate"
    )


@pytest.mark.parametrize("width", [1280, 981, 980, 700, 400, 320])
def test_the_page_is_never_wider_than_the_screen(show: Open, width: int) -> None:
    page = show(report(*(state(name, Word.LATE) for name in HOSTILE), state("short")))
    page.resize(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_narrow_page_says_what_each_number_is(show: Open) -> None:
    page = show(of_every_word())
    page.resize(400)
    named = page.evaluate(
        "[3,4,5,6,7,8,9].map(n => getComputedStyle("
        "document.querySelector(`#t tbody td:nth-child(${n})`), '::before').content)"
    )
    heads = page.evaluate(
        "[...document.querySelectorAll('#t thead th')].slice(2).map(h => `\"${h.textContent}\"`)"
    )
    assert named == heads


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(show: Open, scheme: str) -> None:
    page = show(of_every_word())
    page.emulate(prefers_color_scheme=scheme)
    lowest, which = page.evaluate(CONTRASTS)
    assert lowest >= 4.5, which


def test_on_paper_there_are_no_buttons_and_dark_is_light(show: Open) -> None:
    page = show(of_every_word())
    page.emulate(media="print", prefers_color_scheme="dark")
    visible = "[...document.querySelectorAll('#f, code + button')].filter(e => e.checkVisibility())"
    assert page.evaluate(f"{visible}.length") == 0
    assert page.evaluate("document.querySelector('#t code').checkVisibility()")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 32, 44)"


def test_two_hundred_tables_are_sorted_and_found_like_seven(show: Open) -> None:
    page = show(many(200))
    assert len(sort_by(page, "Rows")) == 200
    press(page, "#f .fresh")
    assert page.evaluate("document.getElementById('n').textContent") == "28 of 200 tables"
    assert page.complaints == []
