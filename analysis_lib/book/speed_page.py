"""The page "How fast it is": what checking and comparing cost as studies grow, as measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_lib.book.markdown import Heading, page
from analysis_lib.charts import Chart, growth_chart
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT
from analysis_lib.tables import count, paragraph

LIVING = ROOT / "benchmarks" / "results" / "living.json"

#: Name in the results -> command, what it does.
_TASKS = {
    "validate": ("lsr validate", "reads every record and checks every rule"),
    "impact": ("lsr impact", "computes every comparison and holds it against an edition"),
}


def speed_page(path: Path = LIVING) -> str:
    """The Markdown of the page.

    Raises
    ------
    ReviewError
        The measurements have not been written.
    """
    if not path.exists():
        raise ReviewError(
            f"{path.parent.name}/{path.name} is missing: write it with "
            f"python benchmarks/living.py --json benchmarks/{path.parent.name}/{path.name}"
        )
    measured = json.loads(path.read_text(encoding="utf-8"))
    sizes = [count(row["studies"]) for row in measured["sizes"]]
    return page(
        "How fast it is",
        paragraph(
            f"Measured with {sizes[0]} to {sizes[-1]} synthetic studies beside the review's own "
            f"on {count(measured['cores'])} cores. Synthetic studies are evidence of nothing: they "
            "have the mix of treatments, outcomes and roles of the review's records."
        ),
        Heading("Time by number of studies"),
        *(_chart(measured, task) for task in _TASKS),
    )


def _chart(measured: dict[str, Any], task: str) -> Chart:
    command, does = _TASKS[task]
    rows = pd.DataFrame(
        {
            "studies": [row["studies"] for row in measured["sizes"]],
            "seconds": [row[f"{task}_cpu"] for row in measured["sizes"]],
        }
    )
    limit = measured["limits_seconds_at_1000"][task]
    return growth_chart(
        f"living-speed-{task}",
        rows,
        limit_seconds=limit,
        title=f"{command}: seconds of processor time",
        description=(
            f"The command {does}. Points: measured, all cores together. Thin line: growth in "
            f"proportion to the studies. Dashed: {limit:g} seconds."
        ),
    )
