"""The status page as a file: what is in it, what is not, and how large it is."""

import base64
import datetime as dt
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tableferry.report.page import render_page
from tableferry.states.report import StatusReport
from tableferry.states.words import WORST_FIRST, Word
from tests.support.page_content import AT, HOSTILE, LAST, many, of_every_word, report, state


class Reader(HTMLParser):
    """Collects a page's text and attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("words", [WORST_FIRST, *((word,) for word in WORST_FIRST)])
def test_a_page_of_two_hundred_tables_is_smaller_than_150_kb(words: tuple[Word, ...]) -> None:
    assert len(render_page(many(200, *words)).encode()) < 150_000


def test_a_page_refers_to_nothing_outside_of_itself() -> None:
    page = render_page(of_every_word())
    assert not re.findall(r"(?:https?:)?//[a-z]", page)
    assert {name for name, _ in read(page).attributes}.isdisjoint(
        {"src", "href", "action", "style", "srcset", "data", "poster"}
    )


def test_the_policy_has_the_hash_of_the_pages_own_style_and_script_and_no_other_source() -> None:
    page = render_page(of_every_word())
    policy = next(value for _, value in read(page).attributes if "default-src" in (value or ""))
    found = dict(part.strip().split(" ", 1) for part in (policy or "").split(";"))
    hashes = {
        f"{tag}-src": "'sha256-"
        + base64.b64encode(
            hashlib.sha256(
                re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[0].encode()
            ).digest()
        ).decode()
        + "'"
        for tag in ("style", "script")
    }
    assert found == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        **hashes,
    }


def test_a_page_is_the_same_for_the_same_report() -> None:
    assert render_page(of_every_word()) == render_page(of_every_word())


def test_each_word_that_is_not_fresh_has_its_sentence_and_its_command() -> None:
    shown = read(render_page(of_every_word())).texts
    for table in of_every_word().tables:
        assert table.table in shown
        assert (table.command in shown) == bool(table.command)
        assert (f"{table.why} {table.hint}" in shown) == bool(table.why)


def test_a_warning_about_a_fresh_table_is_shown() -> None:
    table = replace(state("one"), warnings=("the changes expire soon",))
    assert "Warning: the changes expire soon." in read(render_page(report(table))).texts


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_wherever_it_stands(name: str) -> None:
    table = replace(
        state(name, Word.FAILING, 1),
        losses={name: name},
        why=name,
        hint="",
        command=name,
    )
    page = render_page(replace(report(table), where=name, notes=(name,), others=(table,)))
    plain = render_page(
        replace(
            report(replace(table, table="x", target="x", losses={"x": "x"}, why="x", command="x")),
            where="x",
            notes=("x",),
            others=(table,),
        )
    )
    assert re.findall(r"<\w+", page.replace("<small>", "")).count("<script") == 1
    assert len(read(page).attributes) == len(read(plain).attributes)
    assert "\x07" not in page
    assert "\x1b" not in page


def test_a_lone_surrogate_in_a_name_can_be_written_to_a_file() -> None:
    assert "\ufffd".encode() in render_page(report(state("a\udc80b"))).encode()


def test_an_explanation_that_is_a_page_long_is_cut() -> None:
    table = replace(state("one", Word.FAILING), why="word " * 200, hint="")
    [shown] = [text for text in read(render_page(report(table))).texts if "word word" in text]
    assert len(shown) == 400
    assert shown.endswith("\u2026")


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ((), "No tables"),
        ((Word.FRESH,), "The table is fresh"),
        ((Word.FRESH, Word.FRESH), "All 2 tables are fresh"),
        ((Word.RUNNING, Word.FRESH), "2 tables, 1 running, nothing to do"),
        ((Word.LATE, Word.FRESH), "1 of 2 tables needs attention"),
        ((Word.LATE, Word.FAILING, Word.FRESH), "2 of 3 tables need attention"),
    ],
)
def test_the_headline_says_whether_anybody_is_needed(
    words: tuple[Word, ...], headline: str
) -> None:
    shown = report(*(state(f"t{place}", word) for place, word in enumerate(words)))
    assert headline in read(render_page(shown)).texts


def test_a_running_table_that_is_late_needs_somebody() -> None:
    table = replace(state("one", Word.RUNNING, 9), max_age=60)
    assert "1 of 1 table needs attention" in read(render_page(report(table))).texts


def test_a_report_without_a_ledger_says_so_and_has_no_chart() -> None:
    empty = StatusReport(AT, "app", (state("one", Word.NEVER),), notes=("There is no ledger.",))
    shown = read(render_page(empty)).texts
    assert "There is no ledger." in shown
    assert "Last run" not in shown
    assert "Declared losses" not in shown


def test_a_loss_of_several_columns_is_one_line() -> None:
    page = render_page(report(state("one"), state("two", number=2)))
    shown = read(page).texts
    assert shown.count("the 7th digit of a second") == 1
    assert " (" in shown


def test_tables_that_no_entry_is_about_are_listed_apart() -> None:
    shown = replace(report(state("mine")), others=(state("theirs"),))
    page = render_page(shown)
    assert page.index("Not in the configuration") < page.index("public.theirs")
    assert "All" not in read(page).texts


def test_a_slow_run_is_marked_against_the_median_and_a_usual_one_is_not() -> None:
    def rate(now: int, usual: int | None) -> str:
        table = replace(state("one"), rows_per_second=now, usual_rows_per_second=usual)
        page = render_page(report(table))
        return page[page.index("</svg><td>") + 10 :].split("<td>")[0]

    assert rate(400, 1_000) == "400<small class=x>\u221260%</small>"
    assert rate(900, 1_000) == "900<small>\u221210%</small>"
    assert rate(1_200, 1_000) == "1,200<small>+20%</small>"
    assert rate(25_000, 1_000) == "25,000<small>25\u00d7</small>"
    assert rate(900, None) == "900"


def test_a_quarantine_that_may_not_be_read_is_unknown_and_not_zero() -> None:
    counts = [replace(state("one"), quarantined=found) for found in (None, 0, 12)]
    tables = [render_page(report(table)).split("</table>")[0] for table in counts]
    assert [table.rsplit("<td>", 1)[1] for table in tables] == ["", "0", "12"]


def test_moments_are_in_utc_and_readable_by_a_program() -> None:
    there = AT.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    page = render_page(replace(report(state("one")), at=there))
    assert "<time datetime=2026-03-01T12:00:00Z>2026-03-01 12:00:00 UTC</time>" in page
    assert LAST in read(page).texts[-3:] or any(LAST in text for text in read(page).texts)
