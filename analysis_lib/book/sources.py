"""Where a pooled number comes from: its method, and every figure it was made of.

A pooled number is a link to the inputs of its analysis on the comparison's page;
there each input leads to the sentence in its paper, and the method to its page.
Study figures lead to the study's page by ``places.arm_link``. Hints of both kinds of
link are shown as a card on hover and focus.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.places import arm_link, field_link, study_link
from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, ScenarioResult
from analysis_lib.comparison.side_summary import AbsoluteFigure
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEvidence
from analysis_lib.tables import Cell, Html, count

#: Section of the page on methods that describes how a number is made.
METHODS = {
    "within": ("within-studies", "random effects over studies that hold both groups"),
    "between": ("between-cohorts", "gamma-Poisson model with an effect of the study"),
    "absolute": ("absolute-figures", "random-effects summary of the side's studies"),
    "naive": ("between-cohorts", "every patient as if from one study"),
    "shares": ("how-shares", "exact interval of one count, random effects over several"),
    "counts": ("how-counts", "computed by this review from the printed counts"),
}

_METHODS_PAGE = "methods-pooling.html"

#: Longer lists of studies do not fit a card.
_MOST_NAMES = 8


def inputs_anchor(outcome: str, scenario_id: str = "primary") -> str:
    """Anchor of the inputs of one analysis of an outcome on its comparison's page."""
    return f"inputs-{outcome}-{scenario_id}".replace("_", "-").replace(".", "-")


def pooled_link(
    text: str,
    outcome: str,
    method: str,
    studies: Iterable[str],
    *,
    page: str = "",
    scenario_id: str = "primary",
) -> Cell:
    """A pooled number that leads to its inputs; the card names method and studies.

    Parameters
    ----------
    text : str
        The number as shown.
    outcome : str
        Code of the outcome.
    method : str
        A key of :data:`METHODS`.
    studies : iterable of str
        Labels of the studies behind it.
    page : str
        Page of the comparison, where the number stands on another one.
    """
    names = list(dict.fromkeys(studies))
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    told = f"{shown} and {count(more)} more" if more > 0 else shown
    words = METHODS[method][1]
    title = f"{words[0].upper()}{words[1:]}. From {told or 'no study'}."
    href = f"{page}#{inputs_anchor(outcome, scenario_id)}"
    return Cell(text, href=href, title=title, class_="lsr-pooled")


def absolute_link(
    text: str,
    outcome: str,
    figure: AbsoluteFigure,
    arms: Iterable[ArmEvidence],
    *,
    page: str = "",
) -> Cell:
    """A side's share at a time: the card names the studies that know it, not the whole side.

    Parameters
    ----------
    text : str
        The figure as shown, or that it is not known.
    outcome : str
        Code of the outcome.
    figure : AbsoluteFigure
    arms : iterable of ArmEvidence
        Of the side.
    page : str
        Page of the comparison, where the figure stands on another one.
    """
    names = [arm.study_label for arm in arms if arm.study_id in figure.studies]
    return pooled_link(text, outcome, "absolute", names, page=page)


def method_link(text: str, method: str) -> Cell:
    """A technical number that leads to the section that says how it is made."""
    anchor, words = METHODS[method]
    title = f"{words[0].upper()}{words[1:]}."
    return Cell(text, href=f"{_METHODS_PAGE}#{anchor}", title=title, class_="lsr-pooled")


@dataclass(frozen=True)
class Inputs(Html):
    """The inputs of every analysis of one outcome, the primary one open."""

    outcome: OutcomeResult

    def to_html(self) -> str:
        primary = _fold(
            self.outcome, "primary", "Primary analysis", self.outcome, None, opened=True
        )
        others = [
            _fold(self.outcome, found.scenario.id, found.scenario.label, found, self.outcome)
            for found in self.outcome.scenarios
            if not found.changes_nothing
        ]
        return f'<div class="lsr-inputs">\n{primary}\n' + "\n".join(others) + "\n</div>"

    def to_text(self) -> str:
        lines = [_plain("Primary analysis", self.outcome)]
        lines += [
            _plain(found.scenario.label, found)
            for found in self.outcome.scenarios
            if not found.changes_nothing
        ]
        return "\n".join(lines)


def inputs(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Every figure behind the pooled numbers of an outcome, analysis by analysis."""
    return Inputs(outcome)


def _fold(
    outcome: OutcomeResult,
    scenario_id: str,
    label: str,
    found: OutcomeResult | ScenarioResult,
    primary: OutcomeResult | None,
    *,
    opened: bool = False,
) -> str:
    # The anchor stands inside, so that following a link opens the fold.
    anchor = inputs_anchor(outcome.outcome, scenario_id)
    items = [_side(side, found) for side in found.sides]
    items += [_contrasts(one) for one in found.within]
    if primary is not None:
        items += [_changes(found.sides, primary.sides)]
    methods = ", ".join(
        method_link(words, method).to_html()
        for method, words in (
            ("within", "within studies"),
            ("between", "between cohorts"),
            ("absolute", "absolute figures"),
        )
    )
    body = "".join(f"<li>{item}</li>" for item in items if item)
    return (
        f"<details{' open' if opened else ''}><summary>{escape(label)}: what it rests on</summary>"
        f'<div id="{anchor}"><ul>{body}<li>Method: {methods}.</li></ul></div></details>'
    )


def _side(side: SideResult, found: OutcomeResult | ScenarioResult) -> str:
    if not side.arms:
        return f"{escape(side.label)}: no cohort."
    links = "; ".join(
        arm_link(arm, f"{arm.study_label}, n {count(arm.n)}").to_html() for arm in side.arms
    )
    return f"{escape(side.label)}: {links}.{_knowing(side, found)}"


def _knowing(side: SideResult, found: OutcomeResult | ScenarioResult) -> str:
    """The studies that a figure of the side rests on, where not all know its time."""
    told = ""
    for pool in found.pools:
        arms = pool.arms(side)
        figure = pool.summary(side).at(LANDMARK_MONTHS) if arms else None
        if figure is not None and figure.value is not None and figure.k < figure.of:
            labels = {a.study_id: a.study_label for a in arms if a.study_id in figure.studies}
            names = escape(", ".join(labels.values()))
            told += f" Its figure at {LANDMARK_MONTHS:g} months rests on {names}."
    return told


def _contrasts(found: WithinEvidence) -> str:
    links = "; ".join(
        field_link(
            effect.study_id,
            effect.place,
            f"{effect.study_label}: {effect.groups[0]} against {effect.groups[1]}",
        ).to_html()
        for effect in found.effects
    )
    return f"Within studies ({escape(found.scale)}): {links}."


def _changes(sides: Sequence[SideResult], before: Sequence[SideResult]) -> str:
    """Which arms this analysis adds to the primary one, and which it leaves out."""
    parts = []
    for side, old in zip(sides, before, strict=True):
        now = {(arm.study_id, arm.field): arm for arm in side.arms}
        then = {(arm.study_id, arm.field): arm for arm in old.arms}
        for words, keys, arms in (
            ("added", now.keys() - then.keys(), now),
            ("left out", then.keys() - now.keys(), then),
        ):
            names = [
                study_link(arms[key].study_id, f"{arms[key].study_label} (n {count(arms[key].n)})")
                for key in sorted(keys)
            ]
            if names:
                links = ", ".join(name.to_html() for name in names)
                parts.append(f"{escape(side.label)}, {words}: {links}")
    return f"Against the primary analysis: {'; '.join(parts) or 'the same arms'}."


def _plain(label: str, found: OutcomeResult | ScenarioResult) -> str:
    sides = "; ".join(
        f"{side.label}: {', '.join(arm.study_label for arm in side.arms) or 'no cohort'}"
        for side in found.sides
    )
    return f"{label}: {sides}"
