"""Beginning, checking and reading again: what guides whoever adds a study."""

import copy

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from synthetic import GOOD, write

from analysis_lib.book import preview
from analysis_lib.book.study_check import check_study
from analysis_lib.cli import GOOD as FINE
from analysis_lib.cli import USAGE, main
from analysis_lib.consistency.shared_patients import may_share_patients
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import DATA, load_records, read_record
from analysis_lib.study_records.identity import (
    held_already,
    normal_doi,
    normal_pmid,
    normal_title,
)
from analysis_lib.study_records.model import Citation
from analysis_lib.study_records.scaffold import scaffold
from analysis_lib.study_records.unfinished import read_unfinished
from analysis_lib.study_records.yaml_edit import replace_values
from analysis_lib.study_records.yaml_reader import read_yaml

TITLE = "A synthetic series of nobody, for tests"


# --- a paper's identity ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "10.1371/Journal.Pone.0198692",
        "https://doi.org/10.1371/journal.pone.0198692",
        "http://dx.doi.org/10.1371%2Fjournal.pone.0198692",
        " DOI: 10.1371/journal.pone.0198692. ",
    ],
)
def test_one_doi_in_every_dress(text):
    assert normal_doi(text) == "10.1371/journal.pone.0198692"


@pytest.mark.parametrize("text", ["", "pone.0198692", "10.1/x", "https://example.org/10.1371"])
def test_no_doi_is_refused(text):
    with pytest.raises(InvalidInputError, match="a DOI must look like"):
        normal_doi(text)


def test_pubmed_numbers():
    for text in ("29883478", "PMID: 29883478", "https://pubmed.ncbi.nlm.nih.gov/29883478/"):
        assert normal_pmid(text) == "29883478"
    with pytest.raises(InvalidInputError, match="PubMed number"):
        normal_pmid("PMC5991396")


def test_titles_are_compared_without_case_accents_and_marks():
    assert normal_title("Über  “Re-SRS”: a STUDY") == normal_title("uber re srs a study")
    assert normal_title("Re-SRS one") != normal_title("Re-SRS two")


def test_every_study_is_found_by_what_it_prints():
    for record in load_records()[::9]:
        held = dict(held_already(record.citation))
        known = record.citation
        if known.doi or known.pmid or len(normal_title(known.title or "")) >= 20:
            assert record.id in held
        else:
            assert held == {}


def test_an_unfinished_record_is_held_too(tmp_path):
    write(tmp_path, f"id: doe-2020\ncitation: {{title: '{TITLE.upper()}'}}\n")
    write(tmp_path, "not: [valid", name="roe-2020")
    held = held_already(Citation(title=TITLE), data=tmp_path / "data")
    assert held == (("doe-2020", "title"),)


# --- the scaffold ---------------------------------------------------------------------


def every_field(schema, node, found):
    for name, raw in node.get("properties", {}).items():
        field = schema["$defs"][raw["$ref"].split("/")[-1]] if "$ref" in raw else raw
        found.append((name, field["description"]))
        every_field(schema, field, found)
        if "$ref" in field.get("items", {}):
            every_field(schema, schema["$defs"][field["items"]["$ref"].split("/")[-1]], found)
    return found


def test_every_field_stands_under_its_description(tmp_path):
    schema = yaml.safe_load((DATA / "study.schema.json").read_text())
    text = scaffold("doe-2026", data=tmp_path).read_text()
    flat = " ".join(line.lstrip("# ") for line in text.splitlines())
    fields = every_field(schema, schema, [])
    assert len(fields) > 100
    for name, description in fields:
        assert " ".join(description.split()) in flat
        assert f"{name}:" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_patterns_are_yaml_once_their_mark_is_taken_off(tmp_path):
    """With its commented patterns in place of the empty lists a scaffold has every group."""
    lines = scaffold("doe-2026", data=tmp_path).read_text().splitlines()
    starts = ("read_in", "arms", "contrasts", "corrections")
    kept, inside = [], False
    for line in lines:
        if line in {f"# {key}:" for key in starts}:
            inside = True
            kept.pop()
        inside = inside and line.startswith("#")
        kept.append(line[2:] if inside else line)
    record = yaml.safe_load("\n".join(kept))
    schema = yaml.safe_load((DATA / "study.schema.json").read_text())
    assert set(record) == set(schema["properties"])
    arm = record["arms"][0]
    assert set(arm) == set(schema["$defs"]["arm"]["properties"])
    assert set(arm["outcomes"][0]) == set(schema["$defs"]["outcome"]["properties"])
    assert set(arm["harms"][0]["source"]) == {"url", "locator", "seen"}
    assert set(record["contrasts"][0]) == set(schema["$defs"]["contrast"]["properties"])


@given(
    st.builds(
        Citation,
        title=st.text(min_size=1, max_size=60),
        authors=st.none() | st.text(max_size=40),
        year=st.none() | st.integers(1950, 2100),
    )
)
def test_a_citation_arrives_whatever_it_holds(tmp_path_factory, citation):
    path = scaffold("doe-2026", citation=citation, data=tmp_path_factory.mktemp("data"))
    raw, _, problems = read_yaml(path, "x")
    assert problems == ()
    kept = " ".join("".join(c if c.isprintable() else " " for c in citation.title).split())
    assert (raw["citation"]["title"] or "") == kept
    assert raw["citation"]["year"] == citation.year


def test_a_scaffold_lacks_only_what_must_be_read(tmp_path):
    cited = Citation(doi="https://doi.org/10.5555/X.1", pmid="PMID 12", title=TITLE)
    path = scaffold("doe-2026", citation=cited, data=tmp_path / "data")
    _, problems = read_record(path, data=tmp_path / "data")
    assert {problem.field for problem in problems} == {"design", "population", "eligibility.reason"}
    text = path.read_text()
    assert 'doi: "10.5555/x.1"' in text
    assert 'pmid: "12"' in text


@pytest.mark.parametrize(
    ("cited", "what"),
    [
        (Citation(doi="DOI:10.5555/X.1"), "same DOI"),
        (Citation(pmid="0012"), "same PubMed number"),
        (Citation(title=TITLE.upper() + "!"), "same title"),
    ],
)
def test_a_known_paper_is_refused_by_name(tmp_path, cited, what):
    first = Citation(doi="10.5555/x.1", pmid="12", title=TITLE)
    scaffold("doe-2026", citation=first, data=tmp_path)
    with pytest.raises(InvalidInputError, match=f"doe-2026 \\({what}\\)"):
        scaffold("roe-2027", citation=cited, data=tmp_path)
    assert not (tmp_path / "studies" / "roe-2027").exists()


# --- unfinished records ---------------------------------------------------------------


def broken(change):
    record = copy.deepcopy(GOOD)
    change(record)
    return record


def _percent(record):
    record["arms"][0]["outcomes"][0]["landmarks"][0]["value"] = 70


UNFINISHED = [
    (_percent, lambda r: len(r.arms[0].outcomes[0].landmarks) == 1),
    (lambda r: r["arms"][0]["outcomes"][0].pop("source"), lambda r: not r.arms[0].outcomes),
    (lambda r: r["arms"][0].pop("label"), lambda r: [a.id for a in r.arms] == ["b"]),
    (lambda r: r["arms"][0].update(colour="red"), lambda r: not r.contrasts or r.arms),
    (lambda r: r.update(design=None), lambda r: "not filled in" in r.design),
    (lambda r: r.update(n_patients=-1), lambda r: r.n_patients is None),
    (lambda r: r.pop("eligibility"), lambda r: r.eligibility.decision == "exclude"),
    (lambda r: r["eligibility"].pop("reason"), lambda r: "not filled" in r.eligibility.reason),
    (lambda r: r["citation"].update(doi="no doi"), lambda r: r.citation.doi is None),
    (lambda r: r.update(citation=None), lambda r: r.citation.title is None),
    (lambda r: r.update(arms="none"), lambda r: r.arms == ()),
    (lambda r: r.update(id="other"), lambda r: r.id == "doe-2020"),
    (lambda r: r.update(guess=1), lambda r: r.n_patients == 40),
    (lambda r: r.update(enrolment={"start": 2020, "end": 2010}), lambda r: len(r.arms) == 2),
    (lambda r: r.update(second_reading={"agreed": "x"}), lambda r: r.second_reading.compared == 0),
    (lambda r: r.update(schema_version=2), lambda r: r.schema_version == 1),
    (lambda r: [r.pop(key) for key in list(r)], lambda r: r.id == "doe-2020"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kept"), UNFINISHED)
def test_what_can_be_shown_of_an_unfinished_record_is_kept(tmp_path, change, kept):
    path = write(tmp_path, broken(change))
    record, problems = read_unfinished(path, data=tmp_path / "data")
    assert problems
    assert kept(record)


@given(st.data())
def test_any_broken_value_leaves_a_record_or_a_problem(tmp_path_factory, data):
    """Whatever stands in one field, what is left breaks no rule."""
    record = copy.deepcopy(GOOD)
    holder = record
    for _ in range(data.draw(st.integers(0, 6))):
        inner = list(holder.values()) if isinstance(holder, dict) else holder
        inner = [v for v in inner if isinstance(v, (dict, list)) and v]
        if not inner:
            break
        holder = data.draw(st.sampled_from(inner))
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    nonsense = st.sampled_from([None, -1, 7.5, "x", [], {}, [1], {"x": 1}, True, "10.1/x"])
    holder[data.draw(st.sampled_from(list(keys)))] = data.draw(nonsense)
    path = write(tmp_path_factory.mktemp("unfinished"), record)
    found, problems = read_unfinished(path, data=path.parents[2])
    assert found is not None
    whole, expected = read_record(path, data=path.parents[2])
    assert problems == expected
    assert found == whole or problems


def test_a_file_that_is_no_yaml_is_a_problem(tmp_path):
    for text in ("a: [", "- 1", "", "\t"):
        record, problems = read_unfinished(write(tmp_path, text), data=tmp_path / "data")
        assert record is None
        assert problems


# --- values changed in place ----------------------------------------------------------


def test_only_the_value_changes():
    text = (
        "a: 1  # one\nb:\n  - {c: 2, d: 'x'}  # two\n  - c: >-\n      long\n      text\n    d: y\n"
    )
    new = replace_values(text, {"a": 5, "b[0].d": "z", "b[1].c": "short", "b[0].e": None})
    assert new == (
        'a: 5  # one\nb:\n  - {c: 2, d: "z", e: null}  # two\n  - c: "short"\n    d: y\n'
    )


@pytest.mark.parametrize("field", ["b", "x.y", "b[2]", "a.z"])
def test_only_single_values_are_changed(field):
    with pytest.raises(InvalidInputError, match="no single value"):
        replace_values("a: 1\nb: [1, 2]\n", {field: 1})


def test_values_arrive_in_every_real_record():
    """The median age of each record, and a note where there was none."""
    for record in load_records()[::7]:
        path = DATA / "studies" / record.id / "study.yaml"
        text = path.read_text()
        note = "two: lines # and a mark"
        new = replace_values(text, {"median_age": 61.5, "second_reading.note": note})
        before, after = yaml.safe_load(text), yaml.safe_load(new)
        before["median_age"], before["second_reading"]["note"] = 61.5, note
        assert after == before


# --- shared patients ------------------------------------------------------------------


def of_centre(name, centre, years=None):
    record = next(r for r in load_records() if r.id == "bhatia-2024")
    start_end = dict(zip(("start", "end"), years, strict=True)) if years else None
    return type(record)(**{**vars(record), "id": name, "centres": centre, "enrolment": start_end})


def test_one_hospital_in_the_same_years_is_named():
    one = of_centre("one-2020", ("Example Memorial Hospital, Town, Land",), (2005, 2010))
    others = [
        one,
        of_centre("two-2021", ("Other Hospital", "Memorial Hospital Example"), (2009, 2012)),
        of_centre("three-2021", ("Example Memorial",), (2011, 2012)),
        of_centre("four-2021", ("Example Memorial Medical Center, Town",)),
        of_centre("five-2021", ("University Hospital",), (2005, 2010)),
        of_centre("six-2021", (), (2005, 2010)),
    ]
    found = {other.study_id: other.years for other in may_share_patients(one, others)}
    assert found == {
        "two-2021": "both enrolled in 2009 to 2010",
        "four-2021": "years not stated in both",
    }


def test_a_hospital_without_a_name_of_its_own_tells_nothing():
    one = of_centre("one-2020", ("University Medical Center",))
    assert may_share_patients(one, [of_centre("two-2020", ("University Hospital",))]) == ()


# --- the check ------------------------------------------------------------------------


@pytest.fixture
def previews(tmp_path, monkeypatch):
    """Previews go to a folder of the test."""
    monkeypatch.setattr(preview, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(preview, "PREVIEWS", tmp_path / "_build" / "preview")
    return tmp_path / "_build" / "preview" / "studies"


def test_a_check_tells_findings_uses_and_steps(previews, capsys):
    assert main(["study", "check", "bhatia-2024"]) == FINE
    out = capsys.readouterr().out
    assert "cannot both be true: Overall survival is printed with a median of 15.2 months" in out
    assert "resection-vs-resrs: local control, Confirmed tumour" in out
    assert "in the primary analysis, as Re-resection" in out
    assert "radiation necrosis, another disease" in out
    assert "the second reading: 15 figures to look for (lsr study second bhatia-2024)" in out
    assert (previews / "bhatia-2024.html").as_uri() in out


def test_a_preview_is_one_file_that_loads_nothing(previews):
    from analysis_lib.book.offline import foreign_references

    text = check_study("bhatia-2024").preview.read_text("utf-8")
    assert foreign_references(text) == []
    assert "<link" not in text
    assert "src=" not in text.split("<body>")[1].split("<script>")[0]
    assert ".lsr-facts" in text
    assert 'id="arms-0-outcomes-0"' in text
    # No page of the book is built here: what leads to one is plain text.
    assert 'href="../' not in text


def test_links_of_a_preview_lead_to_the_built_site(previews):
    page = previews.parents[1] / "html" / "overlaps.html"
    page.parent.mkdir(parents=True)
    page.write_text("x")
    text = check_study("bhatia-2024").preview.read_text("utf-8")
    assert 'href="../../html/overlaps.html#' in text
    assert "progression.html" not in text


def test_an_unknown_study_is_named(capsys):
    assert main(["study", "check", "bhatia-2099"]) == USAGE
    assert "did you mean bhatia-2024" in capsys.readouterr().err
