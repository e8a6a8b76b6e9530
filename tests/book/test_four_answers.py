"""The four answers, absolute figures, robustness panel and findings, as a reader meets them."""

import html
import math
import re

import pytest

from analysis_lib.book.answers import absolute_words, assignment_words
from analysis_lib.book.findings import findings_table
from analysis_lib.book.four_answers import CAVEAT, effect_words, four_answers
from analysis_lib.book.pages import compute_all
from analysis_lib.book.robustness import e_value_sentences, robustness
from analysis_lib.book.side_figures import absolute_table, figure_words
from analysis_lib.comparison.panel import robustness_panel
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES, AbsoluteFigure
from analysis_lib.tables import ratio

#: Words that make a treatment a cause or a winner, or a p-value a verdict.
CAUSAL = re.compile(
    r"\b(significan\w*|superior\w*|inferior\w*|improve\w*|reduce[sd]?|benefit\w*|efficac\w*|"
    r"effective\w*|protect\w*|outperform\w*|prolong(s|ed)|causes?|caused|leads? to a|"
    r"(better|worse) than)\b",
    re.I,
)


@pytest.fixture(scope="module")
def outcomes():
    return [(result, outcome) for result in compute_all().values() for outcome in result.outcomes]


def test_there_are_always_four_and_each_says_what_it_answers(outcomes):
    for result, outcome in outcomes:
        found = four_answers(result, outcome)
        titles = [title.split(" (")[0] for title, _, _ in found.boxes]
        assert titles == ["Within studies", "Between cohorts", "Naive pool", "Benchmark review"]
        assert all(asks.endswith(("?", ".")) and sentences for _, asks, sentences in found.boxes)


def test_what_is_not_identified_or_not_known_says_so_and_prints_no_number(outcomes):
    seen = 0
    for result, outcome in outcomes:
        (_, _, within), (_, _, between), _, _ = four_answers(result, outcome).boxes
        if not outcome.within and not outcome.direct:
            assert "Not identified" in within[0][0]
            assert not re.search(r"\d", within[0][0])
            seen += 1
        contrasts = [c for pool in outcome.pools for c in pool.between]
        for contrast, sentence in zip(contrasts, between, strict=False):
            assert ("no ratio" in sentence[0]) == (contrast.hazard_ratio is None)
    assert seen


def test_a_ratio_between_cohorts_never_stands_without_its_caveat_and_interval(outcomes):
    seen = 0
    for result, outcome in outcomes:
        for contrast in (c for pool in outcome.pools for c in pool.between):
            if contrast.hazard_ratio is None:
                continue
            seen += 1
            text = four_answers(result, outcome).to_text()
            assert CAVEAT in text
            assert f"{ratio(contrast.hazard_ratio)} ({ratio(contrast.low)} to" in text
    assert seen >= 2


def test_an_absolute_figure_is_given_from_three_studies_on(outcomes):
    for result, outcome in outcomes:
        for pool in outcome.pools:
            for summary in pool.summaries:
                for figure in summary.landmarks:
                    assert (figure.value is not None) == (figure.k >= MINIMUM_STUDIES)
        assert "not known" in absolute_table(result, outcome).to_text() or not any(
            side.arms for side in outcome.sides
        )


def test_how_a_figure_is_worded():
    known = AbsoluteFigure(12.0, 3, 5, 0.519, 0.134, 0.807, 0.6)
    assert figure_words(known) == "52 of 100 (13 to 81), 3 of 5 studies"
    unknown = figure_words(AbsoluteFigure(12.0, 2, 5))
    assert unknown == "not known (2 of 5 studies report it; 3 are needed)"


def test_the_lead_counts_what_is_not_known(outcomes):
    for _, outcome in outcomes:
        for side in outcome.sides:
            words = absolute_words(outcome, side)
            assert "not known (" in words or re.search(r"\d+ of 100 .* studies: ", words)


def test_the_panel_shows_every_row_and_names_what_changes_nothing(outcomes):
    for result, outcome in outcomes:
        rows = robustness_panel(outcome)
        text = html.unescape(robustness(result, outcome).to_html())
        assert all(row.label in text for row in rows)
        if rows:
            silent = [s.scenario.label for s in outcome.scenarios if s.changes_nothing]
            assert all(label in text for label in silent)


def test_a_ratio_turned_round_says_of_which_groups_and_what_the_paper_has(outcomes):
    turned = 0
    for result, outcome in outcomes:
        text = html.unescape(robustness(result, outcome).to_html())
        for row in robustness_panel(outcome):
            if row.effect is not None and row.effect.turned:
                turned += 1
                assert all(group in text for group in row.effect.groups)
                assert effect_words(row.effect) in text
                assert row.effect.side_groups == row.effect.groups[::-1]
                assert math.isclose(row.ratio, 1 / row.effect.as_printed[0])
    assert turned


def test_one_study_with_two_computed_ratios_is_explained():
    results = compute_all()
    words = {
        effect_words(effect)
        for result in results.values()
        for outcome in result.outcomes
        for found in outcome.within
        for effect in found.effects
        if effect.study_id == "rsrs-resection-2024"
    }
    told = "is computed anew in each comparison"
    assert (told in findings_table(results.values()).to_html()) == (len(words) > 1)
    assert told not in findings_table([results["resection-vs-resrs"]]).to_html()


def test_every_comparison_and_outcome_has_its_finding_with_a_certainty():
    results = compute_all()
    frame = findings_table(results.values()).frame
    assert not frame["Certainty"].isna().any()
    for result in results.values():
        number = f"{result.declaration.number}. "
        rows = [cell for cell in frame["Outcome"] if cell.text.startswith(number)]
        assert len(rows) >= len(result.outcomes)


def test_no_word_makes_a_treatment_a_cause_or_names_a_winner(outcomes):
    for result, outcome in outcomes:
        for block in (four_answers, absolute_table, robustness, e_value_sentences):
            found = CAUSAL.search(block(result, outcome).to_text())
            assert not found, (block.__name__, found)


@pytest.mark.parametrize("word", ["significant", "reduces", "better than", "prolongs", "causes"])
def test_that_the_words_would_be_found(word):
    assert CAUSAL.search(f"Surgery {word} survival")


def test_nothing_says_nan(outcomes):
    for result, outcome in outcomes:
        for block in (four_answers, absolute_table, robustness, e_value_sentences):
            assert not re.search(r"\b(nan|inf)\b", block(result, outcome).to_text(), re.I)


def test_who_was_assigned_by_chance_follows_from_the_designs():
    assert assignment_words(["wilcox-2021"]) == "The groups were not assigned by chance."
    assert assignment_words(["her2climb-293p"]) == "The groups were assigned by chance."
    assert "in others not" in assignment_words(["wilcox-2021", "her2climb-293p"])
