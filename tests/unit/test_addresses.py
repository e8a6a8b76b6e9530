"""A source is given by an address that says whose it is."""

import shutil

import pytest

from analysis_lib.study_records import DATA, validate_data
from analysis_lib.study_records.addresses import bare_addresses


@pytest.mark.parametrize(
    "text",
    [
        "http://203.0.113.7:8081/24331660",
        "https://203.0.113.7",
        "HTTP://reader@203.0.113.7/x",
        "http://[2001:db8::1]:80/x",
        "a copy on a mirror (203.0.113.7:8081/30629225)",
        "203.0.113.7/24331660",
    ],
)
def test_an_address_of_numbers_is_found_where_it_stands(text):
    nested = {"arms": [{"source": {"url": text}}], "note": None, "n": 3}
    assert list(bare_addresses(nested)) == [("arms[0].source.url", text)]


@pytest.mark.parametrize(
    "text",
    [
        "https://pubmed.ncbi.nlm.nih.gov/24331660/ (read in a stored copy)",
        "https://www.medrxiv.org/content/10.1101/2020.04.15.20061879v1.full.txt",
        "https://doi.org/10.1/203.0.113.7/x",
        "section 1.2.3.4 of the protocol",
        "999.0.113.7:80/x",
        "version 5.0.1.2, median 4.6/5.0",
    ],
)
def test_other_numbers_with_dots_are_left_alone(text):
    assert list(bare_addresses({"url": text})) == []


@pytest.mark.parametrize(
    ("file", "old", "place"),
    [
        ("guidelines.yaml", "https://jdc.jefferson.edu/neurosurgeryfp/40", "guidelines[0].read_at"),
        ("second_reading.csv", "https://synapse.mskcc.org/synapse/works/73842", "row 1: url"),
        (
            "studies/abrey-2001/study.yaml",
            "https://synapse.mskcc.org/synapse/works/73842",
            "read_in.url",
        ),
    ],
)
def test_every_kind_of_evidence_file_is_held_to_it(tmp_path, file, old, place):
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    path = data / file
    text = path.read_bytes()
    assert old.encode() in text
    path.write_bytes(text.replace(old.encode(), b"http://203.0.113.7:8081/1"))
    told = [str(problem) for problem in validate_data(data)]
    found = [line for line in told if place in line and "bare IP address" in line]
    assert found, told
    assert file.rpartition("/")[2] in found[0]
    assert "pubmed.ncbi.nlm.nih.gov" in found[0]
    assert "203.0.113.7" in found[0]
