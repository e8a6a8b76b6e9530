"""The landing page: five answers in the protocol's words, and every number leads on."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from analysis_lib.book.edition_pages import cite_page, whats_new_page
from analysis_lib.book.four_answers import CAVEAT
from analysis_lib.book.landing_cards import caveat, outcome_answers
from analysis_lib.book.landing_page import ADVICE, Card, behind, landing_page
from analysis_lib.book.markdown import plain
from analysis_lib.book.pages import compute_all
from analysis_lib.charts.hundred import hundred
from analysis_lib.comparison import compare
from analysis_lib.comparison.sides import LANDMARK_MONTHS
from analysis_lib.editions import edition_name
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import load_reading, load_records
from analysis_lib.tables import interval, ratio

FORBIDDEN = ("significant", "improve", "reduce", "benefit", "superior", "prolong", "better")

#: Headings of a comparison's page that links may name.
ANCHORS = {"question", "evidence", "result", "how-sure", "sensitivity", "provenance"}

NASTY = "<script>alert(1)</script> & \"q\" 'a' \u202eabc\u202c " + "x" * 90


class Reading(HTMLParser):
    """Text outside links, links, and classes of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.bare, self.text, self.links, self.tags, self._inside = "", "", [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "a":
            self._inside += 1
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        self._inside -= tag == "a"

    def handle_data(self, data):
        self.text += data
        self.bare += " " if self._inside else data


@pytest.fixture(scope="module")
def results():
    return compute_all()


@pytest.fixture(scope="module")
def text(results):
    return landing_page(results)


def _card(result):
    return Card(result).to_html()


# --- what is said ---------------------------------------------------------------------


def test_five_answers_come_first_in_protocol_order(text, results):
    places = [text.index(f'id="{comparison}"') for comparison in results]
    assert len(places) == 5
    assert places == sorted(places)
    assert places[-1] < text.index("## Which question is yours") < text.index("## Summary")


def test_the_first_card_is_the_figures_of_the_result(results):
    result = results["resection-vs-nonsurgical"]
    pool = result.leading.pools[0]
    opening = plain(outcome_answers(result)[0].opening)
    assert opening.startswith("No study has compared these directly on overall survival")
    for side in result.leading.sides:
        found = pool.summary(side).at(LANDMARK_MONTHS)
        told = f"{100 * found.value:.0f} ({100 * found.low:.0f} to {100 * found.high:.0f})"
        assert told in opening
        assert side.label[1:] in opening
    assert CAVEAT in Reading(_card(result)).text


def test_a_side_that_is_not_known_gives_the_ends_of_its_cohorts_with_intervals(results):
    """With the present records but two of those that know 12 months, whatever is added later."""
    held = next(s for s in results["resection-vs-resrs"].leading.sides if s.id == "re_srs")
    known = [arm for arm in held.arms if arm.at(12.0)]
    kept = {arm.study_id for arm in known if arm.at(12.0).low is not None}
    dropped = {arm.study_id for arm in known} - set(sorted(kept)[:2])
    records = [record for record in load_records() if record.id not in dropped]
    result = compare("resection-vs-resrs", records, leave_one_out=False)
    answer = outcome_answers(result)[0]
    side = next(s for s in result.leading.sides if s.id == "re_srs")
    ends = sorted((a.at(12.0) for a in side.arms if a.at(12.0)), key=lambda one: one.value)
    clause = " ".join(plain(part) for part in answer.further)
    assert f"{len(ends)} of {len(side.arms)} cohorts" in clause
    for end in (ends[0], ends[-1]):
        low, high = 100 * end.low, 100 * end.high
        assert f"{100 * end.value:.0f} ({low:.0f} to {high:.0f})" in clause
    unknown = [row for row in answer.picture.rows if row.share is None]
    assert [row.label for row in unknown] == [side.label]


def test_one_study_that_holds_both_groups_leads_and_is_named_as_one(results):
    answer = outcome_answers(results["progression"])[0]
    assert answer.within
    assert plain(answer.opening).startswith("One study compares two of these directly")
    assert len(answer.picture.rows) == 2
    assert "The groups were not assigned by chance." in Reading(_card(results["progression"])).text


def test_groups_beside_each_other_stand_with_who_came_to_be_in_them(results):
    for result in results.values():
        reason = " ".join(result.declaration.confounded_by.split())
        assert reason in Reading(_card(result)).text
    assert caveat(results["progression"], ()) == ""


def test_a_ratio_within_a_study_names_its_groups_in_the_papers_order(results):
    result = results["gross-vs-subtotal"]
    effect = result.outcomes[1].within[0].effects[0]
    told = plain(outcome_answers(result)[1].opening)
    assert interval(*effect.as_printed, number=ratio) in told
    assert told.index(effect.groups[0][1:]) < told.index(effect.groups[1][1:])


def test_no_ratio_between_cohorts_and_no_naive_result_leads(text, results):
    answers, findings = text.split("## Summary of findings", 1)
    assert "hazard ratio" not in answers.lower()
    for result in results.values():
        for outcome in result.outcomes:
            for pool in outcome.pools:
                for found in pool.between:
                    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
                    assert found.hazard_ratio is None or limits not in answers
            for naive in outcome.naive:
                limits = interval(naive.hazard_ratio, naive.low, naive.high, number=ratio)
                assert limits not in answers + findings


def test_certainty_and_what_stands_behind_it_are_told_of_every_outcome(results):
    result = results["resection-vs-nonsurgical"]
    arms = [arm for side in result.leading.sides for arm in side.arms]
    studies, patients = len({arm.study_id for arm in arms}), sum(arm.n for arm in arms)
    (line,) = (plain(found) for found in behind(result))
    assert line == f"Overall survival: very low certainty; {studies} studies, {patients} patients"
    lines = [plain(found) for found in behind(results["progression"])]
    assert lines[-1].endswith("no evidence")
    assert "Progression-free survival" in lines[-1]


def test_the_words_are_those_of_the_review(text):
    read = Reading(text).text
    assert [word for word in FORBIDDEN if word in read.lower()] == []
    assert ADVICE in read
    assert edition_name() in read
    assert load_reading()["last_reading"] in read
    assert load_reading()["database_search"]["statement"] in read


def test_cards_are_short(results):
    """Half a minute for five answers: what is in bold is read at four words a second."""
    for result in results.values():
        assert len(plain(outcome_answers(result)[0].opening).split()) <= 50
    words = sum(len(plain(outcome_answers(r)[0].opening).split()) for r in results.values())
    assert words <= 160


# --- every number is a link -----------------------------------------------------------


def test_every_number_of_the_cards_is_a_link(results):
    for result in results.values():
        bare = Reading(_card(result)).bare
        names = {a.arm_label for o in result.outcomes for s in o.sides for a in s.arms}
        names |= {g for o in result.outcomes for w in o.within for e in w.effects for g in e.groups}
        for name in sorted(names, key=len, reverse=True):
            bare = bare.replace(name, "").replace(name[:1].lower() + name[1:], "")
        # What a figure is of, and when, is no figure.
        bare = re.sub(r"\b[Oo]f 100\b|at 12 months", "", bare)
        assert not re.search(r"\d", bare), (result.declaration.id, bare)


def test_links_lead_to_headings_that_every_comparison_has(text, results):
    for link in Reading(text).links:
        target, _, anchor = link.partition("#")
        if target.removesuffix(".html") in results and anchor:
            assert anchor in ANCHORS or anchor.startswith("inputs-"), link


# --- pictures -------------------------------------------------------------------------


def test_a_picture_holds_no_text_and_its_description_tells_it(results):
    html = _card(results["resection-vs-nonsurgical"])
    drawings = re.findall(r"<svg.*?</svg>", html)
    assert len(drawings) == 2
    for drawing, row in zip(
        drawings,
        outcome_answers(results["resection-vs-nonsurgical"])[0].picture.rows,
        strict=True,
    ):
        assert "<text" not in drawing
        assert row.figure.text in drawing
        assert row.label in drawing


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 1), (0.52, 2), (1.0, 1)])
def test_a_hundred_strokes(share, drawn):
    svg = hundred(share, None, None, colour="#000", description="x")
    assert svg.count("<path") == drawn
    assert f"H{200 * share:g}" in svg or share == 0
    with_interval = hundred(share, 0.0, 1.0, colour="#000", description="x")
    assert with_interval.count("<path") == drawn + 1


@pytest.mark.parametrize("values", [(1.2, None, None), (0.5, -0.1, 0.6), (0.5, 0.4, 61.0)])
def test_a_picture_refuses_what_is_no_probability(values):
    with pytest.raises(InvalidInputError, match=r"0\.\.1"):
        hundred(*values, colour="#000", description="x")


# --- bad input ------------------------------------------------------------------------


def _without_arms(result):
    outcomes = [
        dataclasses.replace(
            outcome,
            sides=tuple(dataclasses.replace(side, arms=()) for side in outcome.sides),
            contrasts=(),
            within=(),
            scenarios=(),
        )
        for outcome in result.outcomes
    ]
    return dataclasses.replace(result, outcomes=tuple(outcomes))


def test_a_comparison_without_any_study_says_so(results):
    for result in results.values():
        card = Reading(_card(_without_arms(result)))
        assert "No study has compared these directly" in card.text
        assert "No cohort of either has a usable figure." in card.text
        assert "svg" not in card.tags


def test_text_of_a_record_stays_text(results):
    """Names that a record could hold, on the only page that everybody reads."""
    result = results["progression"]
    outcome = result.outcomes[0]
    sides = tuple(
        dataclasses.replace(
            side,
            label=NASTY,
            arms=tuple(dataclasses.replace(arm, arm_label=NASTY) for arm in side.arms),
        )
        for side in outcome.sides
    )
    nasty = dataclasses.replace(
        result, outcomes=(dataclasses.replace(outcome, sides=sides), *result.outcomes[1:])
    )
    card = Reading(_card(nasty))
    assert "script" not in card.tags
    assert "alert(1)" in card.text


def test_a_figure_without_interval_stands_alone(results):
    result = results["progression"]
    outcome = result.outcomes[0]

    def bare(arm):
        found = tuple(
            dataclasses.replace(one, low=None, high=None, interval_kind="none")
            for one in arm.landmarks
        )
        return dataclasses.replace(arm, landmarks=found)

    sides = tuple(
        dataclasses.replace(side, arms=tuple(bare(arm) for arm in side.arms))
        for side in outcome.sides
    )
    changed = dataclasses.replace(result, outcomes=(dataclasses.replace(outcome, sides=sides),))
    answer = outcome_answers(changed)[0]
    assert all(re.fullmatch(r"\d+", row.figure.text) for row in answer.picture.rows)
    assert "lsr-hundred-interval" not in _card(changed)


# --- what is new, how to cite ---------------------------------------------------------


def test_what_is_new_holds_both_headings_of_the_changelog():
    page = whats_new_page()
    assert page.startswith("# What is new")
    assert page.index("### Evidence") < page.index("### Software")
    assert load_reading()["last_reading"] in page


def test_how_to_cite_gives_version_and_date_in_three_forms():
    page = Reading(cite_page()).text
    day = load_reading()["last_reading"]
    assert page.count(day) == 3
    assert "@misc{" in page
    assert "TY  - GEN" in page
    assert "edition is not cut" in page
