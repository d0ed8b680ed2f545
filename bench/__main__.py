"""``script/bench``: runs the benchmark, prints the results and writes ``docs/benchmarks.md``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.groups import GROUPS
from bench.peers import environment
from bench.suite import Context, Group, Sizes, run

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    names = [group.name for group in GROUPS]
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=names, help=f"of {', '.join(names)}"
    )
    parser.add_argument("--list", action="store_true", help="show the groups and measure nothing")
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many rounds")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all numbers of rows")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--peers", action="store_true", help="measure the other tools as well")
    parser.add_argument(
        "--peers-venv",
        type=Path,
        metavar="FOLDER",
        help="their environment, made there if it is missing; build/peers by default",
    )
    return parser.parse_args(given)


def chosen(options: argparse.Namespace) -> list[Group]:
    """Return the groups to measure: without ``--only`` all, the peers if they are asked for."""
    if options.only:
        return [group for group in GROUPS if group.name in options.only]
    return [group for group in GROUPS if group.name != "peers" or options.peers]


def log(line: str) -> None:
    """Print a line and flush it, so that a pipe shows progress too."""
    print(line, flush=True)


def main(given: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and write the page."""
    options = arguments(given)
    if options.list:
        for group in GROUPS:
            log(f"{group.name:<12} {group.about}")
        return
    groups = chosen(options)
    peers = None
    if any(group.name == "peers" for group in groups):
        peers = environment.prepared(options.peers_venv, log)
    context = Context(Sizes().scaled(options.scale), options.rounds, log, peers)
    if not run(groups, context, options.output, [group.name for group in GROUPS]):
        raise SystemExit("A bar is not met, or a group failed.")


if __name__ == "__main__":
    main()
