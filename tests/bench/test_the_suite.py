"""The suite writes what it has as it goes, and one group's failure leaves the others alone."""

import re
import sys
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import page
from bench.errors import BenchError, NotInstalledError
from bench.groups import GROUPS
from bench.results import Bar, Chart, Results, Section
from bench.suite import Context, Group, Sizes, opened, run

ORDER = ["first", "second", "third"]
MET = Bar("a bar", "1.00x", "<= 2x", met=True)
MISSED = Bar("another bar", "3.00x", "<= 2x", met=False)
CHART = Chart("drawn", "Rates", "rows/s", (("tableferry", 2000.0), ("a <script>", 0.5)), ())


def group(name: str, section: Section | Exception | type[BaseException]) -> Group:
    def measure(_: Context) -> Section:
        if isinstance(section, Section):
            return section
        raise section

    return Group(name, f"The {name}", "something", measure)


def quiet(rounds: int = 1) -> Context:
    return Context(Sizes(), rounds, lambda _: None)


def test_a_page_that_does_not_exist_is_made_with_its_folders(tmp_path: Path) -> None:
    output = tmp_path / "some" / "where.md"
    assert run([group("first", Section("One", "text", (MET,), (CHART,)))], quiet(), output, ORDER)
    written = output.read_text()
    assert "## One" in written
    assert "![Rates](where/drawn.svg)" in written
    assert "| a bar | 1.00x | <= 2x | met |" in written
    assert (tmp_path / "some" / "where" / "drawn.svg").exists()


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    asked: list[str] = []
    measured = Group("first", "One", "", lambda _: asked.append("measured") or Section("One", ""))
    (tmp_path / "page.md").mkdir()
    with pytest.raises(OSError, match=r"page\.md"):
        run([measured], quiet(), tmp_path / "page.md", ORDER)
    assert asked == []


@pytest.mark.parametrize(
    "failure", [BenchError("the server said no"), ValueError("the server said no"), SystemExit]
)
def test_a_group_that_fails_is_told_and_the_others_go_on(
    failure: Exception | type[BaseException], tmp_path: Path
) -> None:
    lines: list[str] = []
    context = Context(Sizes(), 1, lines.append)
    output = tmp_path / "page.md"
    groups = [group("first", failure), group("second", Section("Two", "text", (MET,)))]
    assert not run(groups, context, output, ORDER)
    written = output.read_text()
    assert "**The last measurement failed.**" in written
    assert "## Two" in written
    assert any("first failed" in line for line in lines)


def test_what_was_measured_before_stays_when_it_fails_the_next_time(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    run([group("first", Section("One", "the old table"))], quiet(), output, ORDER)
    run([group("first", BenchError("gone"))], quiet(), output, ORDER)
    written = output.read_text()
    assert "the old table" in written
    assert "What follows is from an earlier one." in written
    run([group("first", Section("One", "the new table"))], quiet(), output, ORDER)
    assert "failed" not in output.read_text().replace("group failed", "").partition("## Run")[0]


def test_a_page_has_what_is_measured_after_each_group(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    seen: list[str] = []

    def look(_: Context) -> Section:
        seen.append(output.read_text())
        return Section("Two", "")

    run(
        [group("first", Section("One", "text")), Group("second", "Two", "", look)],
        quiet(),
        output,
        ORDER,
    )
    assert "## One" in seen[0]


def test_measuring_one_group_leaves_the_rest_of_the_page_as_it_is(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    both = [group("first", Section("One", "text")), group("second", Section("Two", "old"))]
    run(both, quiet(), output, ORDER)
    run([group("second", Section("Two", "new"))], quiet(), output, ORDER)
    written = output.read_text()
    assert written.index("## One") < written.index("## Two")
    assert "text" in written
    assert "new" in written
    assert "old" not in written.partition("## Run")[0].partition("## Two")[2]


def test_a_bar_that_is_not_met_is_said_to_be_and_makes_the_suite_fail(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    assert not run([group("first", Section("One", "", (MET, MISSED)))], quiet(), output, ORDER)
    written = output.read_text()
    assert "| another bar | 3.00x | <= 2x | **not met** |" in written
    assert "1 of 2 are met." in written


def test_a_machine_that_is_busy_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (7.3, 1.0, 1.0))
    output = tmp_path / "page.md"
    run([group("first", Section("One", ""))], quiet(), output, ORDER)
    assert "**beside other work (load 7.3)**" in output.read_text()


def test_results_are_read_again_as_they_were(tmp_path: Path) -> None:
    results = opened(tmp_path / "page.md")
    section = Section("One", "text", (MET, MISSED), (CHART,), "today", "")
    results.keep("first", section)
    assert Results.at(results.file).sections == {"first": section}


def test_all_groups_but_the_other_tools_are_measured_by_default() -> None:
    everything = [group.name for group in GROUPS]
    assert [one.name for one in program.chosen(program.arguments([]))] == everything[:-1]
    assert [one.name for one in program.chosen(program.arguments(["--peers"]))] == everything
    some = program.chosen(program.arguments(["--only", "wide", "narrow"]))
    assert [one.name for one in some] == ["narrow", "wide"]


def test_the_list_shows_every_group(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--list"])
    program.main()
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == [group.name for group in GROUPS]


def test_the_command_measures_into_the_page_that_is_named_and_exits_with_1_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_program() -> None:
        raise NotInstalledError("install it")

    monkeypatch.setattr("bench.groups.tables.generator", no_program)
    output = tmp_path / "page.md"
    with pytest.raises(SystemExit, match="A bar is not met, or a group failed"):
        program.main(["--only", "lineitem", "--output", str(output)])
    assert "install it" in output.read_text()


def test_the_readme_of_the_benchmark_has_every_group() -> None:
    text = (Path(program.__file__).parent / "README.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [group.name for group in GROUPS]


def test_the_page_of_the_documents_is_what_its_results_say(tmp_path: Path) -> None:
    results = opened(program.PAGE)
    copy = Results(tmp_path / "benchmarks" / "results.json", results.sections)
    copy.file.parent.mkdir()
    written = tmp_path / "benchmarks.md"
    page.write(written, copy, [group.name for group in GROUPS])
    assert written.read_text() == program.PAGE.read_text()
    for drawn in copy.file.parent.glob("*.svg"):
        assert drawn.read_text() == (results.file.parent / drawn.name).read_text()


def test_a_page_names_the_groups_that_were_never_measured(tmp_path: Path) -> None:
    output = tmp_path / "page.md"
    run([group("second", Section("Two", ""))], quiet(), output, ORDER)
    assert "## Not measured yet\n\n`first`, `third`." in output.read_text()
