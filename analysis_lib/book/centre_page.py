"""The page of a centre's own patients in a local build: which groups, never which patients."""

from __future__ import annotations

import pandas as pd

from analysis_lib.book.comparison_tables import estimate_text
from analysis_lib.book.markdown import Anchor, Heading, Items, Section, page
from analysis_lib.book.places import field_anchor
from analysis_lib.book.study_uses import Results, Use, uses_by_study
from analysis_lib.comparison.arms import ArmEvidence, arm_evidence, study_label
from analysis_lib.comparison.selection import candidates
from analysis_lib.study_records import load_records, load_vocabulary
from analysis_lib.study_records.centre_record import CENTRE_ID, CENTRE_LABEL, Centre
from analysis_lib.study_records.centre_words import OUTCOMES, SMALLEST_ARM
from analysis_lib.tables import Cell, Html, callout, count, html_table, months, paragraph, percent

#: Where numbers of the centre's arms lead to, as those of a study lead to its page.
PAGE = f"studies/{CENTRE_ID}.md"


def centre_page(centre: Centre, results: Results) -> str:
    """The Markdown of the page: the groups shown, what is withheld, where they stand."""
    uses = uses_by_study(results).get(CENTRE_ID, ())
    return page(
        CENTRE_LABEL,
        Anchor("study"),
        callout(
            "caution",
            "These patients are not part of the review. They stand in the comparisons of this "
            "local build only, as they are in the centre's file; nobody else has checked them, "
            "and the judgements of bias and certainty on other pages were made without them.",
        ),
        Heading("Groups"),
        *_arms(centre),
        *_withheld(centre),
        *_shared(centre),
        Heading("Where they stand"),
        _uses(centre, uses, results),
    )


def _arms(centre: Centre) -> list[Html]:
    """One part for each arm and outcome, at the place its numbers lead to."""
    found = [
        arm_evidence(candidate, n_imputations=0)
        for outcome in OUTCOMES
        for candidate in candidates([centre.record], outcome)
    ]
    if not found:
        return [callout("missing", "No group is large enough to be shown.")]
    return [_arm(arm) for arm in sorted(found, key=lambda arm: arm.field)]


def _arm(arm: ArmEvidence) -> Section:
    words = load_vocabulary()
    median = "not reached" if arm.median is None else estimate_text(arm.median, months)
    at_12 = "not followed so long" if arm.at(12.0) is None else estimate_text(arm.at(12.0), percent)
    facts = (
        f"{count(arm.n)} patients; median in months: {median}; at 12 months: {at_12}. Counted "
        f"from: {words['time_zero'][arm.time_zero_kind].label.lower()}."
    )
    heading = f"{arm.arm_label}: {words['outcome'][arm.outcome].label.lower()}"
    return Section(field_anchor(arm.field), heading, (paragraph(facts),), level=3)


def _withheld(centre: Centre) -> list[Html]:
    words, blocks = load_vocabulary(), []

    def named(groups: tuple[tuple[str, str], ...]) -> Items:
        return Items(
            tuple(
                f"{words['treatment'][treatment].label}, {words['outcome'][outcome].label.lower()}"
                for treatment, outcome in groups
            )
        )

    if centre.withheld:
        told = f"Not shown and not counted anywhere, as fewer than {SMALLEST_ARM} patients:"
        blocks += [paragraph(told), named(centre.withheld)]
    if centre.extents_withheld:
        told = "Extents of resection not shown apart, as one of them has too few patients:"
        blocks += [paragraph(told), named(centre.extents_withheld)]
    return blocks


def _shared(centre: Centre) -> list[Html]:
    if not centre.shared_with:
        return []
    labels = {record.id: study_label(record) for record in load_records()}
    names = ", ".join(labels[study] for study in centre.shared_with)
    told = f"Left out of the comparisons, as they hold patients of this centre: {names}."
    return [callout("caution", told)]


def _uses(centre: Centre, uses: tuple[Use, ...], results: Results) -> Html:
    if not uses:
        return callout("missing", "No comparison takes any of these groups.")
    words = load_vocabulary()["outcome"]
    rows = [
        {
            "Comparison": Cell(
                results[use.comparison].declaration.title, href=f"../{use.comparison}.html"
            ),
            "Outcome": words[use.outcome].label,
            "Group": Cell(_label(centre, use), href=f"#{field_anchor(use.field)}"),
            "How": f"{use.how}: {use.reason}" if use.reason else use.how,
        }
        for use in uses
    ]
    return html_table(pd.DataFrame(rows), caption="Comparisons and what they take")


def _label(centre: Centre, use: Use) -> str:
    """The arm of a use, by its place in the record: ``arms[1].outcomes[0]``."""
    number = int(use.field.partition("]")[0].removeprefix("arms["))
    return centre.record.arms[number].label
