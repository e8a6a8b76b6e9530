"""How a figure becomes numbers: an example drawn from public data, its overlay, the benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis_lib.book.digitising_benchmark import MEASURED, benchmark_blocks
from analysis_lib.book.digitising_example import MONTHS, ArmRead, Example, example
from analysis_lib.book.glossary_page import term
from analysis_lib.book.markdown import Heading, Items, Picture, page
from analysis_lib.exceptions import ReviewError
from analysis_lib.files import write_bytes
from analysis_lib.tables import Cell, Html, count, html_table, months, paragraph, percent, ratio

_IMAGE, _OVERLAY = "example-figure.png", "example-overlay.png"
_FOLDER = "_static/generated"


def digitising_page(path: Path = MEASURED) -> str:
    """The Markdown of the chapter.

    Raises
    ------
    ReviewError
        The benchmark has not been measured.
    """
    if not path.exists():
        raise ReviewError(f"{path.name} is missing: write it with make bench")
    made = example()
    return page(
        "How a figure becomes numbers",
        paragraph(
            "Many studies print their survival curves as figures only. Reading one takes a "
            "computer a few seconds; whether the reading is right, a person judges on an "
            "overlay. This page shows each step on a figure whose numbers are known."
        ),
        Heading("The figure"),
        paragraph(
            "Drawn by this book from a public data set: survival of men and women with advanced "
            "lung cancer (data set lung of the R package survival). It is not about brain "
            "metastases; it is here because its patients are known."
        ),
        _picture(made),
        Heading("The steps"),
        _steps(made),
        Heading("The overlay"),
        paragraph(
            "Everything that was read is drawn over the figure, which is faded for it: the curves "
            "as thin lines, a short upright line for each censor tick, a cross on every labelled "
            "tick of the axes. Where a line leaves the curve below it, the reading is wrong there."
        ),
        _overlay(made),
        Heading("What was read, and what is true"),
        _arms_table(made),
        _hazard_ratio(made),
        Heading("When the lines are still lines"),
        _exact(made),
        Heading("What is kept of a reading"),
        *_kept(),
        Heading("How well it works"),
        *benchmark_blocks(json.loads(path.read_text(encoding="utf-8"))),
        Heading("What this does not show"),
        paragraph(
            "Figures of the benchmark were drawn by programs, in the styles of journals, and not "
            "scanned from paper. A figure that cannot be read without a guess is refused, with "
            "what to tell the program; a person then reads it by hand."
        ),
    )


def write_pictures(folder: Path) -> None:
    """Write the chapter's two images, unless they stand there already."""
    made = example()
    write_bytes(folder / _IMAGE, made.image)
    write_bytes(folder / _OVERLAY, made.overlay)


def _picture(made: Example) -> Html:
    width, height = made.size
    last = max(float(arm.drawn.curve["time_months"].iloc[-1]) for arm in made.arms)
    names = " and ".join(arm.drawn.label.lower() for arm in made.arms)
    at_risk = " and ".join(count(len(arm.drawn.patients)) for arm in made.arms)
    alt = (
        f"Kaplan-Meier figure of overall survival of {names} over {months(last)} months: two "
        "falling step curves, that of women above that of men, each with an interval band and "
        f"censor ticks; below it a table of numbers at risk, {at_risk} at the start."
    )
    caption = f"The example as a journal would print it, {width} by {height} pixels."
    return Picture(f"{_FOLDER}/{_IMAGE}", alt, caption, width, height)


def _overlay(made: Example) -> Html:
    width, height = made.size
    ticks = sum(len(arm.read.censor_times_months) for arm in made.arms)
    alt = (
        "The same figure, faded, with the two curves that were read drawn over the printed "
        f"ones, {count(ticks)} censor ticks marked on them, and a cross on each labelled tick of "
        "the two axes."
    )
    caption = "The reading over the figure. It is drawn for every reading and not published."
    return Picture(f"{_FOLDER}/{_OVERLAY}", alt, caption, 2 * width, 2 * height)


def _steps(made: Example) -> Html:
    scale = made.figure.calibration
    x_ticks, y_ticks = count(len(scale.x_ticks)), count(len(scale.y_ticks))
    return Items(
        (
            f"A person says what the first and the last labelled ticks mean (here {MONTHS[0]} to "
            f"{MONTHS[-1]} months, survival 0 to 1) and how many curves there are. This is read "
            "from the page, never guessed.",
            f"The axes and their ticks are found: here {x_ticks} on the time axis and {y_ticks} on "
            f"the other. One pixel is {scale.months_per_pixel:.3f} months wide and "
            f"{percent(scale.survival_per_pixel, decimals=2)} of survival high.",
            "Text, legend, grid, interval bands and the table below are set aside; curves are told "
            "apart by colour and by dashes, and followed through crossings.",
            "Each curve becomes a staircase whose drops stand where they are drawn; censor ticks "
            "are looked for on it. Those found in an image are used only when a person has "
            "checked them: a false one would count a patient as lost from sight who died.",
            "An overlay is drawn, the patients behind the curve are reconstructed, and what they "
            "give back is held against what the paper prints.",
        )
    )


def _arms_table(made: Example) -> Html:
    caption = "The curves as drawn and as read from the image"
    note = (
        "Error: mean absolute difference between drawn and read survival, up to the end of the "
        "drawn curve. Ticks: places at which patients are censored."
    )
    return html_table(pd.DataFrame([_row(arm) for arm in made.arms]), caption=caption, note=note)


def _row(arm: ArmRead) -> dict[str, str]:
    found = count(len(arm.read.censor_times_months))
    return {
        "Arm": arm.drawn.label,
        "Error": percent(arm.error, decimals=2),
        "Median drawn, months": _median(arm.drawn_median),
        "Median read, months": _median(arm.read_median),
        "Ticks read, of those drawn": f"{found} of {count(arm.drawn_ticks)}",
    }


def _median(value: float | None) -> str:
    return "not reached" if value is None else months(value)


def _hazard_ratio(made: Example) -> Html:
    true, read = made.hazard_ratios
    return paragraph(
        "From the curves as read and the printed numbers at risk, patients were made (",
        term("pseudo-patients"),
        f"). Women against men, the hazard ratio of the patients made is {ratio(read)}; that of "
        f"the true patients is {ratio(true)}.",
    )


def _exact(made: Example) -> Html:
    worst = max(arm.exact_error for arm in made.arms)
    # No more than what the file prints: coordinates to a millionth of a point.
    off = "a millionth" if worst < 1e-6 else percent(worst, decimals=4)
    return paragraph(
        "Many journals put figures into PDF files as lines. Their coordinates are then in the "
        "file, and nothing need be found in an image. The same figure, saved as lines and read, "
        f"differs from the drawn curves by less than {off} of survival."
    )


def _kept() -> list[Html]:
    return [
        paragraph(
            "Beside the curve stands its trace: who read it, when, with which program, the number "
            "of the figure, its scale, and a fingerprint (SHA-256) of the file that was read. The "
            "page of the study shows it. The figure itself stays with its owner."
        ),
        paragraph(
            "A second reading, of another copy or by hand with another tool, tells how far one "
            "reading errs; the reconstruction then uses that error. Readings of WebPlotDigitizer, "
            "Engauge, DigitizeIt and PlotDigitizer can be used, and a reading goes out as a "
            "WebPlotDigitizer project to be corrected by hand. ",
            Cell("How to read a figure into a record", href="add-a-study.html"),
            ".",
        ),
    ]
