"""Exports: every format gives the same records; broken ones are named, never half read."""

from pathlib import Path

import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.search.candidates import clean_text, doi_in, pmid_in, printable, title_key
from analysis_lib.search.formats import read_export
from analysis_lib.search.latex import plain_text

EXPORTS = Path(__file__).parent / "exports"
FILES = sorted(p.name for p in EXPORTS.iterdir() if p.name != "README.md")


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_records(name):
    first, second = read_export(EXPORTS / name)
    title = (
        "Synthetic repeat radiosurgery for recurrent brain metastases: a made-up cohort of nobody"
    )
    assert first.title.rstrip(".") == title
    assert (first.doi, first.pmid, first.year) == ("10.9999/synth.2026.001", "90000001", 2026)
    assert first.authors.replace("Jane", "J").replace("Richard A", "RA") == "Doe J, Roe RA"
    assert first.journal == "J Synth Oncol"
    if name != "pubmed.csv":  # PubMed's table has no abstracts
        assert first.abstract.endswith("p < 0.05 of nothing, and the lines go on to the next.")
        assert first.abstract.lower().startswith("background")
    assert second.title.rstrip(".") == "Synthetic laser ablation of regrowing brain metastases"
    assert (second.doi, second.pmid, second.year) == (None, "90000002", 2025)
    assert second.authors == "Synthetic Study Group"
    assert second.abstract is None


@pytest.mark.parametrize(
    ("name", "database"),
    [("pubmed.nbib", "pubmed"), ("pubmed.csv", "pubmed"), ("pubmed.xml", "pubmed"),
     ("europepmc.json", "europepmc"), ("europepmc.csv", "europepmc"),
     ("references.ris", "europepmc"), ("references.bib", "other")],
)  # fmt: skip
def test_the_format_names_its_database_unless_told(name, database):
    assert {c.database for c in read_export(EXPORTS / name)} == {database}
    assert {c.database for c in read_export(EXPORTS / name, database="scopus")} == {"scopus"}


BROKEN = {
    "cut.xml": (lambda: (EXPORTS / "pubmed.xml").read_text()[:900], "half an answer"),
    "bomb.xml": (
        lambda: (
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><PubmedArticleSet>&b;'
            "</PubmedArticleSet>"
        ),
        "declares entities",
    ),
    "other.xml": (lambda: '<?xml version="1.0"?><feed/>', "another kind"),
    "cut.json": (lambda: (EXPORTS / "europepmc.json").read_text()[:700], "cannot be read"),
    "other.json": (lambda: '{"resultList": {}}', "cannot be read"),
    "cut.ris": (lambda: (EXPORTS / "references.ris").read_text()[:300], "no end"),
    "cut.bib": (lambda: (EXPORTS / "references.bib").read_text()[:300], "cannot be read"),
    "bad.nbib": (lambda: "PMID- 1\nTI  - A\nnonsense here\n", "no MEDLINE line"),
    "bad.csv": (lambda: "Title,DOI\nA,10.1000/x,more\n", "3 of 2 columns"),
    "page.html": (lambda: "<!DOCTYPE html><html>Sign in</html>", "a web page"),
    "empty.ris": (lambda: "\n", "is empty"),
    "nothing.csv": (lambda: "Title,DOI\n", "no record"),
    "bare.csv": (lambda: "Title,DOI\n,\n", "neither title nor DOI nor PMID"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_exports_are_named(tmp_path, name):
    content, said = BROKEN[name]
    path = tmp_path / name
    path.write_text(content())
    with pytest.raises(InvalidInputError, match=said) as error:
        read_export(path)
    assert name in str(error.value)


def test_unreadable_exports_are_named(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_export(tmp_path / "missing.ris")
    (tmp_path / "latin.ris").write_bytes(b"TY  - JOUR\nTI  - caf\xe9\nER  -\n")
    with pytest.raises(InvalidInputError, match="UTF-8 where it is exported"):
        read_export(tmp_path / "latin.ris")


RIS = "TY  - JOUR\nTI  - Synthetic\n{}\nER  - \n"


@pytest.mark.parametrize(
    ("lines", "pmid"),
    [
        ("AN  - 107654321\nDB  - CINAHL", None),
        ("AN  - 107654321", None),
        ("ID  - 102", None),
        ("AN  - WOS:000123\nDB  - Web of Science\nN1  - PMID: 91000001", "91000001"),
        ("AN  - 91000001\nDB  - Ovid MEDLINE(R)", "91000001"),
        ("AN  - 91000001\nID  - 102\nDB  - PubMed", "91000001"),
        ("U1  - 91000001[pmid]", "91000001"),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/91000001/", "91000001"),
    ],
)
def test_a_number_is_a_pmid_only_where_the_record_says_so(tmp_path, lines, pmid):
    """A record number of a library, taken for a PMID, would make two papers one."""
    (tmp_path / "x.ris").write_text(RIS.format(lines))
    (found,) = read_export(tmp_path / "x.ris")
    assert found.pmid == pmid


def test_an_outside_number_is_a_pmid_only_of_medline(tmp_path):
    rows = "SOURCE,EXT_ID,DOI,TITLE\nMED,91000001,,A\nAGR,91000001,,B\nPPR,PPR1,,C\n"
    (tmp_path / "x.csv").write_text(rows)
    assert [c.pmid for c in read_export(tmp_path / "x.csv")] == ["91000001", None, None]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"p\textless0.05, $\alpha/\beta$ = 10~Gy", "p<0.05, α/β = 10 Gy"),
        (r"\textgreater 2 cm, $\leq$ 3", ">2 cm, ≤ 3"),
        (r"{\textalpha}-x, $\mu$m, $\Lambda$", "α-x, μm, Λ"),
        (r"CO$_2$, 10$^{3}$ \& 50\%", "CO2, 10^3 & 50%"),
        (r"M{\"u}ller, \emph{caf\'{e}} {BM}", "Müller, café BM"),
        (r"US\$ 5 and \textbf{x}", "US$ 5 and x"),
    ],
)
def test_latex_keeps_its_signs_and_letters(latex, text):
    assert clean_text(plain_text(latex)) == text


def test_an_escaped_doi_is_the_doi(tmp_path):
    (tmp_path / "x.bib").write_text("@article{a, title={T}, doi={10.9999/ABC\\_x{.}2}}")
    (found,) = read_export(tmp_path / "x.bib")
    assert found.doi == "10.9999/abc_x.2"


def test_nothing_that_a_terminal_obeys_is_left():
    evil = (
        "\x1b[2J\x1b]0;owned\x07Title\x1b[31m red\x9b1m\x08\x00 \u202eabc\u200b\u2066 end\r\nmore"
    )
    assert printable(evil) == "Title red abc end  more"
    assert clean_text(evil) == "Title red abc end more"
    assert printable("\x1b") == ""


def test_text_between_angles_that_is_no_markup_stays():
    assert clean_text("OS <b>rose</b>: p<a and b>c, CO<sub>2</sub>") == "OS rose: p<a and b>c, CO2"
    assert clean_text("<h4>Aim</h4>To<br/>see &amp; tell") == "Aim To see & tell"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC", "10.1000/abc"),
        ("https://doi.org/10.1000/Abc.", "10.1000/abc"),
        ("doi: 10.1000/x(1)2 [doi]", "10.1000/x(1)2"),
        ("none", None),
        (None, None),
    ],
)
def test_doi_in_one_form(text, doi):
    assert doi_in(text) == doi


def test_pmid_and_title_in_one_form():
    assert pmid_in("PMID: 0123") == pmid_in(123) == "123"
    assert pmid_in("PMC123") is pmid_in("") is None
    assert title_key("Brain Metastases: ß-blockers.") == title_key("brain metastases - SS-Blockers")
    assert title_key("Müller–Röntgen") == title_key("mu\u0308ller ro\u0308ntgen")
