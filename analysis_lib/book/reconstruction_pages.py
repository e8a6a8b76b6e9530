"""From a printed curve to patients: each reconstructed arm, a worked example, the benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_lib.book.markdown import Heading, Items, page
from analysis_lib.book.places import field_link, study_link
from analysis_lib.charts import error_chart, reading_chart
from analysis_lib.comparison.arms import reconstruct_outcome, study_label
from analysis_lib.exceptions import ReviewError
from analysis_lib.reconstruct import CurveReconstruction, reconstruct_ipd
from analysis_lib.study_records import ROOT, StudyRecord, load_vocabulary, read_curve
from analysis_lib.survival import cox_two_arm, kaplan_meier, median_survival
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    months,
    paragraph,
    percent,
    ratio,
)

#: Written by ``benchmarks/reconstruction.py --json``.
MEASURED = ROOT / "benchmarks" / "results" / "reconstruction.json"
PAIRS = ROOT / "benchmarks" / "data" / "ipd" / "pairs.json"

#: The worked example: two small arms of a public trial, leukaemia, 12 and 11 patients.
EXAMPLE = "aml_Nonmai-Mainta_full"
_EXAMPLE_READING = "read"

_READINGS = {
    "traced": "both corners of every drop, rounded to a plot of 800 x 600 pixels",
    "read": "the same with reading noise",
    "clicked": "30 clicks at equal steps of time, with that noise",
}
_INFORMATION = {
    "at_risk": "n and number-at-risk table",
    "n_events": "n and total of events",
    "n_only": "n only",
}


def quality_page(records: Sequence[StudyRecord]) -> str:
    """Each reconstructed arm: reading over curve, printed facts against reconstructed ones."""
    blocks: list[Html] = [
        paragraph(
            "Where a paper prints a Kaplan-Meier curve that has been digitised, its patients are "
            "reconstructed, and everything else it prints is held against them."
        )
    ]
    found = [block for record in records for block in _arms_with_curve(record)]
    if not found:
        blocks.append(
            callout(
                "missing",
                "No record holds a digitised curve yet: every figure of this edition rests on "
                "printed medians and printed survival at fixed times.",
            )
        )
    blocks += found
    blocks.append(Heading("How it is done, and how well"))
    blocks.append(
        Items(
            (
                (Cell("A worked example", href="worked-example.html"), " on public data"),
                (Cell("The benchmark", href="reconstruction-benchmark.html"), " with known truth"),
            )
        )
    )
    return page("Reconstructed curves", *blocks)


def _arms_with_curve(record: StudyRecord) -> Iterator[Html]:
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            if outcome.curve is None:
                continue
            made = reconstruct_outcome(record, outcome)
            reading, _ = read_curve(record, outcome)
            label = load_vocabulary()["outcome"][outcome.outcome].label
            title = f"{study_label(record)}, {arm.label}: {label.lower()}"
            field = f"arms[{arm_index}].outcomes[{index}]"
            yield Heading(title)
            yield paragraph(
                study_link(record.id, study_label(record)),
                ", ",
                field_link(record.id, field, "the figures as printed"),
                ".",
            )
            slug = f"curve-{record.id}-{arm.id.replace('_', '-')}-{index}"
            curves = steps("reconstructed", made.ipd)
            yield reading_chart(slug, reading, curves, title=title)
            yield constraints_table(made, f"Printed against reconstructed: {title}")


def constraints_table(made: CurveReconstruction, caption: str) -> Html:
    """Every given fact, what the reconstruction has, and whether it is met."""
    rows = [
        {
            "Fact": str(row.fact),
            "Printed": _rounded(row.given),
            "Reconstructed": _rounded(row.reconstructed),
            "Met": "yes" if row.met else "no",
        }
        for row in made.constraints.itertuples()
    ]
    note = (
        f"Curve: root mean square difference {percent(made.fit.rmse, decimals=1)}, largest "
        f"{percent(made.fit.max_abs_difference, decimals=1)} of survival."
    )
    return html_table(pd.DataFrame(rows), caption=caption, note=note)


def _rounded(value: float) -> str:
    """Whole numbers as they are; a share or a time to the digits that a paper could print."""
    return f"{round(value, 3):g}"


def example_page() -> str:
    """A public trial from printed curve to patients, with the truth beside it."""
    pair = next(p for p in json.loads(PAIRS.read_text("utf-8")) if p["id"] == EXAMPLE)
    blocks: list[Html] = [
        paragraph(
            "A worked example on a public data set: maintenance chemotherapy in acute myelogenous "
            "leukaemia (data set aml of the R package survival). It is not about brain "
            "metastases; it is here because its patients are known, so that what is made from "
            "its curve can be held against the truth. Its arms are as small as ours."
        )
    ]
    arms = [_ExampleArm(arm) for arm in pair["arms"]]
    for number, arm in enumerate(arms, start=1):
        blocks += [Heading(f"{arm.name}, {count(arm.n)} patients"), *arm.blocks(number)]
    blocks += [Heading("The two arms compared"), _example_contrast(arms)]
    return page("From printed curve to patients: a worked example", *blocks)


class _ExampleArm:
    """One arm of the example: its reading, its truth, and two reconstructions."""

    def __init__(self, data: dict[str, Any]):
        self.name, self.n = data["name"], data["n"]
        self.reading = pd.DataFrame(data["curves"][_EXAMPLE_READING])
        self.truth = pd.DataFrame(data["truth"])
        table = pd.DataFrame(data["number_at_risk"]).rename(columns={"n": "number_at_risk"})
        self.from_n = reconstruct_ipd(self.reading, n=self.n)
        self.from_table = reconstruct_ipd(self.reading, n=self.n, number_at_risk=table)

    def blocks(self, number: int) -> tuple[Html, ...]:
        curves = pd.concat(
            [
                steps("true patients", self.truth),
                steps("from the curve and n", self.from_n.ipd),
                steps("from the curve, n and the number-at-risk table", self.from_table.ipd),
            ]
        )
        title = f"{self.name}: the reading, what was made of it, and the truth"
        y_title = "Free of relapse"
        chart = reading_chart(
            f"example-{number}", self.reading, curves, title=title, y_title=y_title
        )
        return (
            chart,
            self._table(),
            constraints_table(
                self.from_table, f"{self.name}: given facts against reconstructed ones"
            ),
        )

    def _table(self) -> Html:
        rows = []
        for label, ipd in (
            ("True patients", self.truth),
            ("From the curve and n", self.from_n.ipd),
            ("From the curve, n and the table", self.from_table.ipd),
        ):
            middle = median_survival(kaplan_meier(ipd["time_months"], ipd["event"]))
            rows.append(
                {
                    "Patients": label,
                    "n": len(ipd),
                    "Events": int(ipd["event"].sum()),
                    "Median, months": "not reached" if middle is None else months(middle),
                }
            )
        return html_table(pd.DataFrame(rows), caption=f"{self.name}: truth and reconstruction")


def _example_contrast(arms: Sequence[_ExampleArm]) -> Html:
    rows = []
    for label, pick in (
        ("True patients", lambda arm: arm.truth),
        ("From the curves and n", lambda arm: arm.from_n.ipd),
        ("From the curves, n and the tables", lambda arm: arm.from_table.ipd),
    ):
        both = pd.concat([pick(arm).assign(group=number) for number, arm in enumerate(arms)])
        fit = cox_two_arm(both["time_months"], both["event"], both["group"])
        text = interval(fit.hazard_ratio, *fit.interval, number=ratio)
        rows.append({"Patients": label, "Hazard ratio (95% interval)": text})
    caption = f"{arms[1].name} against {arms[0].name}: Cox model"
    return html_table(pd.DataFrame(rows), caption=caption)


def benchmark_page(path: Path = MEASURED) -> str:
    """The reconstruction benchmark beside IPDfromKM, and error against arm size.

    Raises
    ------
    ReviewError
        The measured figures have not been written.
    """
    if not path.exists():
        raise ReviewError(f"{path.name} is missing: write it with make bench")
    measured = json.loads(path.read_text(encoding="utf-8"))
    title = "Typical error by arm size when only n is known"
    return page(
        "How well curves become patients",
        paragraph(
            f"{count(measured['pairs'])} pairs of arms whose patients are known, from public data "
            "of other diseases: whole trials, and random sub-samples of 15, 30 and 60 patients. "
            "Each curve was read in three ways and reconstructed with three kinds of "
            "information, by this library and by IPDfromKM 0.1.10 (R), which most meta-analyses "
            "use. Error: difference of the log hazard ratio from that of the true patients. "
            f"{count(len(measured['failures']))} of our cases failed; failures would count here."
        ),
        Heading("Error by reading and information"),
        _benchmark_table(measured["cells"]),
        Items(tuple(f"{name}: {what}" for name, what in _READINGS.items())),
        Heading("Error by arm size"),
        error_chart("error-by-size", pd.DataFrame(measured["by_size"]), title=title),
        *_coverage(path.with_name("reconstruction-coverage.json")),
        Heading("What this does not show"),
        paragraph(
            "The prior of censoring was settled while looking at parts of these pairs, and the "
            "further sub-samples come from the same trials: other trials are the next test. Where "
            "half of an arm is censored at one time and no table is printed, the number of events "
            "can be far off."
        ),
    )


def _benchmark_table(cells: Sequence[dict[str, Any]]) -> Html:
    rows = [
        {
            "Reading": row["reading"],
            "Known beside the curve": _INFORMATION[row["information"]],
            "RMSE": _beside(row, "rmse", _three),
            "Median error": _beside(row, "median", _three),
            "Nine in ten below": _beside(row, "p90", _three),
            "Events off by": _beside(row, "events", _per_cent),
        }
        for row in cells
    ]
    caption = "Log hazard ratio and events against the truth; IPDfromKM in brackets"
    return html_table(pd.DataFrame(rows), caption=caption)


def _beside(row: dict[str, Any], key: str, number: Callable[[float], str]) -> str:
    return f"{number(row[key])} ({number(row[f'ipdfromkm_{key}'])})"


def _per_cent(value: float) -> str:
    return percent(value, decimals=1)


def _coverage(path: Path) -> tuple[Html, ...]:
    if not path.exists():
        return ()
    measured = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        {
            "Reading": row["reading"],
            "Known beside the curve": _INFORMATION[row["information"]],
            "Coverage": percent(row["coverage"], decimals=1),
            "Mean width": _three(row["width"]),
        }
        for row in measured["cells"]
    ]
    caption = "95% intervals of reconstruction error alone"
    note = (
        f"{count(measured['pairs'])} further random sub-samples of 15 to 120 patients per arm, "
        f"{count(measured['imputations'])} imputations each: share of intervals that hold the true "
        "patients' log hazard ratio, and how wide they are."
    )
    return (
        Heading("Does the interval hold the truth?"),
        html_table(pd.DataFrame(rows), caption=caption, note=note),
    )


def steps(series: str, ipd: pd.DataFrame) -> pd.DataFrame:
    """The Kaplan-Meier steps of patients as rows of :func:`charts.reading_chart`."""
    curve = kaplan_meier(ipd["time_months"], ipd["event"])
    return curve[["time_months", "survival"]].assign(series=series)


def _three(value: float) -> str:
    return f"{value:.3f}"
