"""How to read survival curves: one small public example, every idea computed from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis_lib.book.competing_example import NOT_CONTROL, Example, example
from analysis_lib.book.glossary_page import term
from analysis_lib.book.markdown import Heading, Inline, Items, page
from analysis_lib.book.reconstruction_pages import EXAMPLE, PAIRS
from analysis_lib.charts import survival_chart
from analysis_lib.survival import (
    HazardRatio,
    MedianSurvival,
    cox_two_arm,
    kaplan_meier,
    median_with_interval,
    survival_at,
)
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

#: Times of the table at risk, and the times at which the example is read aloud, months.
_TICKS = (0.0, 6.0, 9.0, 12.0, 24.0, 36.0)
_READ_AT, _THIN_AT = 6.0, 12.0

#: The competing-risks example is drawn to this month, and read there.
_LAST_MONTH = 240.0
_COMPETING_TICKS = (0.0, 60.0, 120.0, 180.0, _LAST_MONTH)

_FREE = "Free of relapse"
_STYLES = ("re_resection", "re_srs")


@dataclass(frozen=True, eq=False)
class ExampleArm:
    """One arm of the example with its curve and its median."""

    name: str
    style: str
    patients: pd.DataFrame
    curve: pd.DataFrame
    median: MedianSurvival

    @property
    def n(self) -> int:
        """Patients of the arm."""
        return len(self.patients)

    @property
    def censored(self) -> pd.DataFrame:
        """Where on the curve somebody was last seen without the event."""
        rows = self.curve[self.curve["censored"] > 0]
        return rows[["time_months", "survival"]].assign(side=self.name)

    def at_risk(self, times: Sequence[float]) -> pd.DataFrame:
        """The rows of the table under the curve."""
        time, event = self.patients["time_months"], self.patients["event"]
        return pd.DataFrame(
            {
                "side": self.name,
                "time_months": times,
                "at_risk": [int((time >= when).sum()) for when in times],
                "censored": [int(((time < when) & (event == 0)).sum()) for when in times],
                "events": [int(((time < when) & (event == 1)).sum()) for when in times],
                "n_arms": 1,
                "of": 1,
            }
        )


def example_arms() -> tuple[ExampleArm, ...]:
    """The two arms of the public example, patients as they are known."""
    pair = next(p for p in json.loads(PAIRS.read_text("utf-8")) if p["id"] == EXAMPLE)
    arms = []
    for data, style in zip(pair["arms"], _STYLES, strict=True):
        patients = pd.DataFrame(data["truth"])
        found = patients["time_months"], patients["event"]
        name = f"{data['name']} (n = {len(patients)})"
        arms.append(
            ExampleArm(name, style, patients, kaplan_meier(*found), median_with_interval(*found))
        )
    return tuple(arms)


def example_ratio(arms: Sequence[ExampleArm]) -> HazardRatio:
    """Cox's hazard ratio of the second arm of the example against the first."""
    both = pd.concat([arm.patients.assign(group=number) for number, arm in enumerate(arms)])
    return cox_two_arm(both["time_months"], both["event"], both["group"])


def curves_page() -> str:
    """The Markdown of the page."""
    arms = example_arms()
    first, second = arms
    blocks: list[Html] = [
        paragraph(
            "Most of what is known of a treatment stands in curves like these. The example is a "
            "public one: relapse of a leukaemia with and without further treatment (data set aml "
            "of the R package survival). It is not about the brain; it is small enough to count "
            "along."
        ),
        _chart(arms),
        callout("note", "Every number on this page is computed from these patients."),
        Heading("A step is an event"),
        *_steps(first),
        Heading("A tick is somebody lost from sight"),
        _ticks(second),
        Heading("Number at risk: how many the curve still stands on"),
        _risk(second),
        Heading("The median: where the curve crosses one half"),
        _median(arms),
        Heading("The band: how far chance could have moved the curve"),
        _band(first),
        Heading("The hazard ratio: both curves in one number"),
        *_hazard_ratio(arms),
        Heading("Never trust the tail"),
        _tail(first, second),
        Heading("Competing risks: when death comes first"),
        *_competing(),
        Heading("Five questions to ask of any curve"),
        Items(_QUESTIONS),
    ]
    return page("How to read survival curves", *blocks)


def _chart(arms: Sequence[ExampleArm]) -> Html:
    curves = pd.concat(
        [arm.curve.assign(side=arm.name, style=arm.style, known=True, n_arms=1) for arm in arms]
    )
    return survival_chart(
        "reading-curves",
        curves,
        title="Two small arms: free of relapse over time",
        max_months=_TICKS[-1],
        x_title="Months",
        y_title=_FREE,
        at_risk=pd.concat([arm.at_risk(_TICKS) for arm in arms]),
        censored=pd.concat([arm.censored for arm in arms]),
        description=(
            "Two falling staircases with shaded bands and small upright ticks. "
            + " ".join(
                f"{arm.name}: {percent(survival_at(arm.curve, [_READ_AT])[0])} free of relapse at "
                f"{_READ_AT:g} months, last seen at {months(arm.patients['time_months'].max())}."
                for arm in arms
            )
        ),
    )


def _steps(arm: ExampleArm) -> tuple[Html, Html]:
    """The first steps of a curve as arithmetic."""
    events = arm.curve[arm.curve["events"] > 0].head(5)
    before = 1.0
    rows = []
    for row in events.itertuples():
        rows.append(
            {
                "Month": months(row.time_months),
                "At risk just before": int(row.number_at_risk),
                "Relapses": int(row.events),
                "Share that stays free": f"{row.number_at_risk - row.events} of "
                f"{row.number_at_risk}",
                "Height before": percent(before),
                "Height after": percent(row.survival),
            }
        )
        before = row.survival
    return (
        paragraph(
            "The curve begins at 100%: everybody is free of the event. At each relapse it drops "
            "by the share of those still watched who relapse then, and between events it runs "
            "level. Heights are products: the height before, times the share that stays free."
        ),
        html_table(pd.DataFrame(rows), caption=f"{arm.name}: the first steps"),
    )


def _ticks(arm: ExampleArm) -> Html:
    lost = arm.patients[arm.patients["event"] == 0]
    first = float(lost["time_months"].min())
    return paragraph(
        "A small upright stroke marks a patient who was last seen without the event: the study "
        "ended, or the patient moved away. Such a patient is ",
        term("censored"),
        f". The curve does not drop, but later steps are larger, since fewer are watched. In the "
        f"second arm {count(len(lost))} of {count(arm.n)} are censored, the first at "
        f"{months(first)} months. Censoring must not depend on how the patient fares: who stops "
        "coming because of a bad course makes the curve too good.",
    )


def _risk(arm: ExampleArm) -> Html:
    table = arm.at_risk(_TICKS).set_index("time_months")["at_risk"]
    height = survival_at(arm.curve, [_THIN_AT])[0]
    left = int(table[_THIN_AT])
    return paragraph(
        "Under good curves stands a table: at each time, how many are still watched and free of "
        f"the event. The second arm begins with {count(arm.n)} patients. At {_THIN_AT:g} months "
        f"the curve still stands at {percent(height)}, but {count(left)} "
        f"{'is' if left == 1 else 'are'} left: from there on it tells of {count(left)}, not of "
        f"{count(arm.n)}. A curve without this table hides where it becomes guesswork.",
    )


def _median(arms: Sequence[ExampleArm]) -> Html:
    first, second = arms
    return paragraph(
        "Go across at one half until the curve is met, then down: by that month half have had "
        f"the event. Here {_median_words(first.median)} in the first arm and "
        f"{_median_words(second.median)} in the second. The median is not the mean, and says "
        "nothing of the luckier half. Where a curve never falls to one half, the median is not "
        "reached: too early to know, not a long life shown.",
    )


def _median_words(found: MedianSurvival) -> str:
    if found.value is None:
        return "it is not reached"
    high = float("inf") if found.high is None else found.high
    return f"{interval(found.value, found.low, high)} months"


def _band(arm: ExampleArm) -> Html:
    row = arm.curve[arm.curve["time_months"] <= _READ_AT].iloc[-1]
    limits = interval(row["survival"], row["low"], row["high"], number=percent)
    return paragraph(
        "With other patients of the same kind the curve would have come out elsewhere. The band "
        f"holds the heights that fit what was seen. At {_READ_AT:g} months the first arm stands "
        f"at {limits}: with {count(arm.n)} patients a gap between two curves may be nothing but "
        "chance. The band says nothing of bias: who was treated how is another matter.",
    )


def _hazard_ratio(arms: Sequence[ExampleArm]) -> tuple[Html, Html]:
    fit = example_ratio(arms)
    limits = interval(fit.hazard_ratio, *fit.interval, number=ratio)
    share = fit.interval[0] < 1 < fit.interval[1]
    holds = "It holds 1, so both directions fit" if share else "It does not hold 1"
    return (
        paragraph(
            "At any moment some of those still free of the event will have it next. The ",
            term("hazard ratio"),
            " says how often that happens in one arm for each time it happens in the other. Here "
            f"it is {limits} for the second arm against the first. {holds}. Above 1: more events "
            "in the second arm; below 1: fewer.",
        ),
        Items(
            (
                "It is a ratio of rates, not of lengths of life: 2 does not mean half the life.",
                "It assumes that the ratio stays the same all along. Curves that cross break it.",
                "It has no starting point: the same ratio is much where events are many, and "
                "little where they are few. Ask for numbers out of 100 beside it.",
            )
        ),
    )


def _tail(first: ExampleArm, second: ExampleArm) -> Html:
    told = []
    for arm in (first, second):
        last = float(arm.patients["time_months"].max())
        final = arm.curve[arm.curve["events"] > 0].iloc[-1]
        watched = int(final["number_at_risk"])
        told.append(
            f"the last event falls at {months(final['time_months'])} months, when "
            f"{count(watched)} {'was' if watched == 1 else 'were'} watched, and "
            f"the curve then ends at {months(last)} months"
        )
    return paragraph(
        "The right end of a curve rests on few people, and looks as firm as the left. In the "
        f"first arm {told[0]}; in the second {told[1]}. One patient more or less would move it by "
        "a large step. A flat tail does not mean that the rest are cured: often nobody is left "
        "to have the event. Read a curve only as far as the table under it has people.",
    )


def _competing() -> tuple[Html, ...]:
    """Progression with death before it: cumulative incidence against 1 - Kaplan-Meier."""
    found = example()
    at = found.at(_LAST_MONTH)
    right, wrong = (
        interval(*at[name], number=percent) for name in ("incidence", "one_minus_kaplan_meier")
    )
    curves = pd.concat(list(_falling(found))).assign(known=True, n_arms=1)
    return (
        paragraph(
            "In a brain metastasis two things can happen: the treated site grows, or the patient "
            "dies before it does. Who has died cannot have a recurrence any more. The Kaplan-Meier "
            "estimate treats them as lost from sight, as if it could still have come, and so "
            "counts too many failures. The ",
            term("1 - cumulative incidence"),
            " counts them as what they are.",
        ),
        survival_chart(
            "reading-competing",
            curves,
            title="The same patients counted in two ways",
            max_months=_LAST_MONTH,
            x_title="Months",
            y_title="Free of progression",
            at_risk=_everybody(found.patients),
            counted="people",
            description=(
                f"Two falling curves of the same people. At {_LAST_MONTH:g} months the one that "
                f"counts deaths as deaths stands at {percent(1 - at['incidence'][0])}, the "
                f"Kaplan-Meier curve at {percent(1 - at['one_minus_kaplan_meier'][0])}."
            ),
        ),
        paragraph(
            f"Another public example: {count(found.n)} people with a harmless disorder of "
            f"plasma cells that can turn into cancer (data set mgus2 of the R package survival); "
            f"{count(found.died)} died before it did. By {_LAST_MONTH:g} months "
            f"{right} had progressed; 1 - Kaplan-Meier says {wrong}. "
            "Both stand in papers as local control. They are never pooled with each other here."
        ),
        paragraph(NOT_CONTROL),
    )


def _everybody(patients: pd.DataFrame) -> pd.DataFrame:
    """The table at risk of all people of the second example."""
    time, cause = patients["time_months"], patients["cause"]
    return pd.DataFrame(
        {
            "side": "Everybody (events: progression or death)",
            "time_months": _COMPETING_TICKS,
            "at_risk": [int((time >= when).sum()) for when in _COMPETING_TICKS],
            "censored": [int(((time < when) & (cause == 0)).sum()) for when in _COMPETING_TICKS],
            "events": [int(((time < when) & (cause > 0)).sum()) for when in _COMPETING_TICKS],
            "n_arms": 1,
            "of": 1,
        }
    )


def _falling(found: Example) -> Iterator[pd.DataFrame]:
    """Both estimates as curves that fall: who is free of progression."""
    own, naive = found.incidence, found.one_minus_kaplan_meier
    yield pd.DataFrame(
        {
            "time_months": own["time_months"],
            "survival": 1 - own["incidence"],
            "low": 1 - own["high"],
            "high": 1 - own["low"],
            "side": "1 - cumulative incidence: deaths counted as deaths",
            "style": "re_resection",
        }
    )
    yield pd.DataFrame(
        {
            "time_months": naive["time_months"],
            "survival": 1 - naive["share"],
            "low": 1 - naive["high"],
            "high": 1 - naive["low"],
            "side": "Kaplan-Meier: deaths counted as lost from sight",
            "style": "re_srs",
        }
    )


_QUESTIONS: tuple[Inline, ...] = (
    ("From which day is time counted, and is it the same day in both groups?",),
    ("What counts as an event, and what of those who die of something else?",),
    ("How many are still at risk where the two curves part?",),
    ("Who chose the treatment: chance, or the doctor who knew the patient?",),
    (
        "What is the difference in numbers out of 100, at a time that matters? ",
        Cell("As on the first page", href="index.html"),
    ),
)
