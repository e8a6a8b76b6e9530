"""Ten questions of a reader, each answered in sight within two clicks of the landing page.

The answers' words may change, their sense may not: a test looks for a pattern in what is
shown on the page where the clicks end, not in what a closed fold holds.
"""

import re

import pytest

from analysis_lib.study_records import load_reading, load_records

NUMBER = r"\d+(?:\.\d+)?"
CERTAINTY = r"(?:very low|low|moderate|high|no evidence)"


class Reader:
    """Someone at the landing page, whose clicks are counted."""

    def __init__(self, visit, root):
        self.visit = visit(root)
        self.page = self.visit.open("index.html")
        self.clicks = 0

    def follow(self, href, text=""):
        """Click the first link in sight whose address and words match."""
        for link in self.page.locator("a[href]").all():
            if (
                re.search(href, link.get_attribute("href"))
                and re.search(text, link.inner_text(), re.IGNORECASE)
                and link.is_visible()
            ):
                link.click()
                self.page.wait_for_load_state()
                self.clicks += 1
                return self
        raise AssertionError(f"{self.page.url}: no link in sight to {href!r} that says {text!r}")

    def finds(self, pattern):
        """What the page in sight says, in the pattern's groups, after at most two clicks."""
        assert self.clicks <= 2
        shown = " ".join(self.page.inner_text("article").split())
        found = re.search(pattern, shown, re.IGNORECASE)
        assert found, f"{self.page.url} does not say {pattern!r}"
        return found


@pytest.fixture
def reader(visit, served):
    return Reader(visit, served)


def record(study):
    return next(record for record in load_records() if record.id == study)


def test_range_of_medians_after_re_resection(reader):
    reader.follow(r"^resection-vs-nonsurgical\.html")
    found = reader.finds(rf"resection\b.{{0,400}}?medians?\b.{{0,30}}?({NUMBER}) to ({NUMBER})")
    assert float(found[1]) < float(found[2])


def test_result_against_repeat_radiosurgery_and_its_certainty(reader):
    reader.follow(r"^resection-vs-resrs\.html")
    reader.finds(r"(no study has compared these|\d+ of 100|ratio)")
    reader.finds(rf"certainty\b.{{0,300}}?\b{CERTAINTY}\b")


def test_number_of_studies_on_extent_of_resection(reader):
    reader.follow(r"^gross-vs-subtotal\.html")
    reader.finds(r"\b(no|one|two|three|\d+) stud(y|ies)\b")


def test_date_of_last_reading(reader):
    found = reader.finds(r"last reading\W+([\w -]{8,20}\d)")
    assert load_reading()["last_reading"][:4] in found[1]
    assert reader.clicks == 0


def test_where_the_number_of_patients_of_a_study_was_read(reader):
    reader.follow(r"^resection-vs-nonsurgical\.html")
    reader.follow(r"^studies/hulsbergen-2021\.html")
    patients = record("hulsbergen-2021").n_patients
    reader.finds(rf"“[^”]*\b{patients} patients[^”]*”\s*abstract")


def test_what_the_second_reading_found_there(reader):
    reader.follow(r"^resection-vs-nonsurgical\.html")
    reader.follow(r"^studies/hulsbergen-2021\.html")
    reader.finds(r"second reading.{0,200}?\d+ figures were read a second time.{0,40}agreed: \d+")


def test_local_control_with_and_without_re_irradiation(reader):
    reader.follow(r"^adjuvant-reirradiation\.html")
    found = reader.finds(
        rf"with re-irradiation.{{0,200}}?local control.{{0,60}}?({NUMBER})%"
        rf".{{0,500}}?resection alone.{{0,200}}?local control.{{0,60}}?({NUMBER})%"
    )
    assert all(0 < float(share) < 100 for share in found.groups())


def test_which_patients_a_scenario_leaves_out(reader):
    reader.follow(r"^resection-vs-nonsurgical\.html")
    reader.finds(r"leaves? out:? .{0,200}?\b(who|patients|cohorts|lesions|studies)\b")


def test_what_changed(reader):
    reader.follow(r"", r"what (has )?changed|changes since|what is new")
    reader.finds(
        r"(what (has )?changed|edition).{0,2000}?(conclusion|answer|evidence|first edition)"
    )


def test_how_to_cite(reader):
    reader.follow(r"", r"\bcite\b|citation")
    year = load_reading()["last_reading"][:4]
    reader.finds(rf"cite.{{0,1500}}?living systematic review.{{0,400}}?{year}|@\w+\{{")
