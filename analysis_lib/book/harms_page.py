"""The chapter on harms: what each treatment was followed by, and what nobody reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import pandas as pd

from analysis_lib.book.blocks import Fold
from analysis_lib.book.harms_tables import (
    alike,
    definitions_cell,
    figure_row,
    pool_words,
    summary_cell,
)
from analysis_lib.book.markdown import Anchor, Heading, Inline, Items, page
from analysis_lib.book.places import field_anchor, record_link, study_page
from analysis_lib.book.sources import method_link
from analysis_lib.charts import cohort_forest
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.meta_analysis.proportions import MIN_POOLED
from analysis_lib.questions.harm_groups import HarmHeading, TreatmentHarms
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    mid_sentence,
    paragraph,
    percent,
)

#: Intervals of few patients are wide: the axis ends at the largest limit, in steps of a tenth.
_AXIS_STEP = 0.1

_HOW_POOLED = (
    "Pooled only within one name, one definition and one unit, over three studies or more. "
    "Several lesions of one patient are counted as independent."
)

#: Fewest known figures of a heading that make a picture.
_FEWEST_DRAWN = 2


def harms_page(headings: Sequence[HarmHeading]) -> str:
    """The Markdown of the page.

    Parameters
    ----------
    headings : sequence of HarmHeading
        Of :func:`analysis_lib.questions.harms_by_treatment`.
    """
    asked = [found for found in headings if found.group.asked]
    beside = [found for found in headings if not found.group.asked]
    blocks: list[Html] = [
        _answer(asked),
        paragraph(
            "Only harms that followed a treatment are counted here. What was found at surgery, "
            "and necrosis among lesions that grew, stands in ",
            Cell("Tumour or radionecrosis?", href="necrosis.html"),
            ". Patients were not assigned to a treatment by chance, and papers count differently: "
            "a lower figure beside a higher one says nothing about which treatment is safer. A "
            "group that had more than one kind of radiotherapy, and its part that had one kind, "
            "may stand under two treatments.",
        ),
        _overview(asked),
    ]
    for found in asked:
        blocks += _heading(found)
    blocks += [
        Heading("What papers report besides"),
        paragraph("Harms that some papers count, without a heading of their own above."),
    ]
    for found in beside:
        blocks += _heading(found, level=3)
    blocks += _unknown()
    blocks += _provenance(headings)
    return page("Harms after treatment", *blocks)


# --- the answer -------------------------------------------------------------------------


def _answer(asked: Sequence[HarmHeading]) -> Html:
    """What is known and how sure: the harm reported most, who reports the others, how many."""
    most = max(asked, key=lambda found: found.n_reporting)
    rest = [found.n_reporting for found in asked if found is not most]
    pools = [pool for found in asked for one in found.treatments for pool in one.harms.pools]
    pooled = (
        "No harm is reported with one definition and one unit by three studies of one treatment, "
        "so nothing is pooled"
        if not pools
        else f"{_plural(len(pools), 'pool')} could be made, everything else is listed"
    )
    sizes = [row.n_at_risk for found in asked for row in found.rows if row.n_at_risk]
    return callout(
        "answer",
        "Harms after a second treatment were seldom found in what was read, often an abstract. ",
        Cell(
            f"{most.group.label}: {count(most.n_reporting)} of {count(most.n_studies)} studies",
            href=f"#{heading_anchor(most)}",
        ),
        *_ranges(most),
        ". Every other harm asked for here: ",
        Cell(f"{count(min(rest))} to {count(max(rest))} studies", href="#who-reports"),
        f". {pooled}: each figure stands alone, with its exact 95% interval where the counts are "
        f"printed; half of those counts are of {count(round(median(sizes)))} patients or lesions "
        "or fewer.",
    )


def _ranges(found: HarmHeading) -> list[str | Cell]:
    """Smallest to largest share of three studies or more that count alike, by treatment."""
    said: list[str | Cell] = []
    mixed = 0
    for one in found.treatments:
        known = [r for r in one.harms.rows if r.part_of is None and r.proportion is not None]
        if one.harms.n_reporting < MIN_POOLED or not known:
            continue
        mixed += not alike(known)
        if alike(known):
            shares = [row.proportion for row in known]
            said += [", " if said else "; "]
            ends = f"{percent(min(shares))} to {percent(max(shares))}"
            said.append(f"after {mid_sentence(one.treatment.short)} ")
            said.append(Cell(ends, href=f"#{figures_anchor(found)}", class_="lsr-pooled"))
    if mixed:
        said.append("; definition, unit and follow-up differ too much for a range over studies")
    return said


def _overview(asked: Sequence[HarmHeading]) -> Html:
    rows = [
        {
            "Harm": Cell(found.group.label, href=f"#{heading_anchor(found)}"),
            "Reported by": f"{count(found.n_reporting)} of {count(found.n_studies)} studies",
            "Figures": count(len([row for row in found.rows if row.part_of is None])),
            "Treatments without any report": _silent(found),
        }
        for found in asked
    ]
    return html_table(
        pd.DataFrame(rows),
        caption="Who reports which harm",
        id="who-reports",
        note="Studies: included ones, with an arm of any treatment; reports of one series of "
        "patients count once. Not reported: no figure of the treatment by itself in the text "
        "read, often an abstract or another paper's table; the paper may hold one. Absent from a "
        "report does not mean that it did not happen.",
    )


def _silent(found: HarmHeading) -> str:
    silent = [one.treatment.short for one in found.treatments if not one.harms.n_reporting]
    return ", ".join(mid_sentence(name) for name in silent) or "none"


# --- one heading ------------------------------------------------------------------------


def _heading(found: HarmHeading, *, level: int = 2) -> list[Html]:
    """What is reported in a sentence, the picture, one line a treatment, every figure."""
    blocks: list[Html] = [Heading(found.group.label, level), Anchor(heading_anchor(found))]
    blocks.append(paragraph(f"Counted here: {found.group.reason}."))
    chart = _chart(found)
    blocks += [chart] if chart else []
    blocks.append(_table(found))
    blocks += [
        paragraph(
            Cell(
                pool_words(found.group.label, one.treatment.label, pool),
                href=f"#{figures_anchor(found)}",
                class_="lsr-pooled",
            )
        )
        for one in found.treatments
        for pool in one.harms.pools
    ]
    if found.elsewhere:
        blocks += _elsewhere(found)
    if found.rows:
        blocks.append(_figures(found))
    return blocks


def _elsewhere(found: HarmHeading) -> list[Html]:
    """What no line above can hold: groups counted together, figures that were not read."""
    told = tuple(
        (f"{one.tells} ", record_link(one.study, one.field, f"“{one.words}”"), f" ({label}).")
        for label, one in found.elsewhere
    )
    return [paragraph("In the records besides, and in no line above:"), Items(told)]


def _table(found: HarmHeading) -> Html:
    """One line for each treatment with a report, and one for all without, with their numbers."""
    rows: list[dict[str, object]] = [
        {
            "Treatment": one.treatment.label,
            "What its studies report": summary_cell(one.harms, figures_anchor(found)),
            "Defined as (median follow-up)": _defined(found, one),
        }
        for one in found.treatments
        if one.harms.n_reporting
    ]
    silent = [
        f"{mid_sentence(one.treatment.short)} {count(one.harms.n_studies)} of "
        f"{count(one.harms.n_studies)}"
        for one in found.treatments
        if not one.harms.n_reporting
    ]
    if silent:
        name = "Every other treatment" if rows else "Every treatment"
        told = f"not reported by: {', '.join(silent)}"
        rows.append(
            {
                "Treatment": name,
                "What its studies report": told,
                "Defined as (median follow-up)": "none",
            }
        )
    caption = f"{found.group.label} by treatment"
    return html_table(pd.DataFrame(rows), caption=caption, note=_HOW_POOLED)


def _defined(found: HarmHeading, one: TreatmentHarms) -> Cell:
    own = [row for row in one.harms.rows if row.part_of is None and row.pathology != "necrosis"]
    return definitions_cell(own, figures_anchor(found))


def _figures(found: HarmHeading) -> Html:
    rows = [
        {"Treatment": one.treatment.short} | figure_row(row)
        for one in found.treatments
        for row in one.harms.rows
    ]
    frame = pd.DataFrame(rows)
    order = ["Study", "Treatment", *[c for c in frame.columns if c not in ("Study", "Treatment")]]
    table = html_table(
        frame[order].drop(columns="Arm"),
        caption=f"{found.group.label}: every figure, as printed",
        id=figures_anchor(found),
    )
    figures = _plural(len(rows), "figure")
    parts = len([row for row in found.rows if row.part_of is not None])
    within = f" ({count(parts)} from part of another figure's patients)" if parts else ""
    said = f"{found.group.label}: {figures} with names and definitions as printed{within}"
    return Fold(said, table)


# --- the picture --------------------------------------------------------------------------


def _chart(found: HarmHeading) -> Html | None:
    """A dot with its exact interval for each known share, by treatment."""
    rows = [
        _drawn(one, row)
        for one in found.treatments
        for row in one.harms.rows
        if row.proportion is not None and row.part_of is None and row.pathology != "necrosis"
    ]
    if len(rows) < _FEWEST_DRAWN:
        return None
    largest = max(row["high"] or row["estimate"] for row in rows)
    end = min(1.0, _AXIS_STEP * math.ceil(round(largest / _AXIS_STEP, 6)))
    studies = len({row["href"].partition("#")[0] for row in rows})
    drawn = f"{_plural(len(rows), 'figure')} of {_plural(studies, 'study', 'studies')}"
    whole = len([row for row in found.rows if row.part_of is None])
    undrawn = f" {count(whole - len(rows))} without a known share not drawn." * (whole > len(rows))
    return cohort_forest(
        f"harm-{found.group.id}".replace("_", "-"),
        pd.DataFrame(rows),
        title=f"{found.group.label}: share of each study's patients or lesions",
        x_title=f"Share with {mid_sentence(found.group.label)}",
        unit="percent",
        domain=(0.0, end),
        description=(
            f"{drawn}, by treatment.{undrawn} The symbol is the share printed or counted, its "
            "area grows with the number at risk; the bar is the exact 95% interval, computed by "
            "this review. A symbol without a bar: the counts are not printed. Names, units and "
            "definitions differ from line to line."
        ),
    )


def _drawn(one: TreatmentHarms, row: HarmRow) -> dict[str, object]:
    return {
        "label": f"{row.study_label}: {row.event}",
        "group": one.treatment.short,
        "style": one.treatment.colour,
        "estimate": row.proportion,
        "low": row.low,
        "high": row.high,
        "n": row.n_at_risk,
        "note": _note(row),
        "interval_kind": "none" if row.low is None else "computed",
        "href": f"{study_page(row.study_id)}#{field_anchor(row.field)}",
    }


def _note(row: HarmRow) -> str:
    counted = f"counted by {row.unit}" if row.unit else "unit not stated"
    followed = row.median_followup_months
    seen = "median follow-up not printed" if followed is None else f"followed {followed:g} months"
    return f"{mid_sentence(row.defined_as)}, {counted}, {seen}"


# --- what is not known, and where it comes from -----------------------------------------


def _unknown() -> list[Html]:
    return [
        Heading("What is not known"),
        callout(
            "missing",
            "How often any of these harms follows one treatment rather than another in the same "
            "patient: no study was made to tell. How long patients were watched differs and is "
            "often not printed, so a share is not a risk by a time. Of most harms most treatments "
            "have ",
            Cell("no report at all", href="#who-reports"),
            ".",
        ),
    ]


def _provenance(headings: Sequence[HarmHeading]) -> list[Html]:
    names = sum(len(found.group.names) for found in headings)
    groups = tuple(_names(found) for found in headings)
    return [
        Heading("Where this comes from"),
        paragraph(
            f"{count(names)} names of harms in the records stand under {count(len(headings))} "
            "headings; which name stands where was decided by hand, in chapters/harms.yaml, and "
            "each figure keeps the name of its paper. How intervals and pools are made: ",
            method_link("shares of a whole", "shares"),
            ".",
        ),
        Fold("Which names stand under which heading, and why", Items(groups)),
    ]


def _names(found: HarmHeading) -> Inline:
    return (f"{found.group.label}: {'; '.join(found.group.names)} ({found.group.reason}).",)


def heading_anchor(found: HarmHeading) -> str:
    """Anchor of what one heading reports."""
    return f"harm-{found.group.id}-place".replace("_", "-")


def figures_anchor(found: HarmHeading) -> str:
    """Anchor of the table of every figure under one heading."""
    return f"figures-{found.group.id}".replace("_", "-")


def _plural(number: int, one: str, many: str | None = None) -> str:
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
