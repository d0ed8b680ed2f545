"""The deployment's cold start, step by step, each in a process of its own."""

import json
import statistics
from typing import Final

from bench.measure import run_module
from bench.page import table
from bench.results import Section, below
from bench.suite import Context
from bench.tables import made

TITLE: Final = "Cold start"
READY_BAR: Final = 1.0
STEPS: Final = {
    "handler": "`lambda_function` imported: the handler is ready for its first event",
    "info": "mode `info` answered",
    "engine": "the modules that move tables imported, on the first event that needs them",
    "source": "first connection to SQL Server",
    "target": "first connection to PostgreSQL",
}


def measure(context: Context) -> Section:
    """Measure the steps; the first round writes the bytecode and does not count."""
    found: dict[str, list[float]] = {name: [] for name in STEPS}
    with context.source(made("Narrow", 1)) as source, context.target() as target:
        settings = json.dumps({"source": source, "target": target})
        for round_ in range(context.rounds + 1):
            steps = run_module("bench.cold_start", [], settings, "the cold start")
            context.log(f"  round {round_}  cold start  {sum(steps.values()):8.2f} s")
            for name, seconds in steps.items() if round_ else ():
                found[name].append(seconds)
    medians = {name: statistics.median(seconds) for name, seconds in found.items()}
    lines = [[STEPS[name], f"{seconds:.2f}"] for name, seconds in medians.items()]
    lines.append(["total", f"{sum(medians.values()):.2f}"])
    text = "The deployment's handler in a new process, its bytecode already compiled; medians.\n\n"
    return Section(
        TITLE,
        text + table(("step", "s"), lines),
        (below("cold start: handler ready", medians["handler"], READY_BAR, "s", 2),),
    )
