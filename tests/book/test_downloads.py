"""Each download opens, says what records and results hold, and a text stays a text."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import jsonschema
import pytest
import rispy
from pybtex.database import parse_string

from analysis_lib.book.downloads import downloads, whole_package
from analysis_lib.book.downloads.evidence import arms_table, studies_table
from analysis_lib.book.downloads.files import PACKAGE_NAME
from analysis_lib.book.downloads.patients import SINGLE_SET, patient_sets, patients_table
from analysis_lib.book.downloads.references import authors_of, bibtex, note, ris, title_of
from analysis_lib.book.downloads.tables import Column, DataTable, cell
from analysis_lib.book.take_away_page import take_away_page
from analysis_lib.comparison import compare
from analysis_lib.editions import headline_numbers
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import load_records
from analysis_lib.study_records.model import Citation

#: Enough to see arms that several comparisons share.
COMPARISONS = ("adjuvant-reirradiation", "progression")

#: What the Data Package and Table Schema standards (version 1) ask of the parts used here.
PACKAGE_RULES = {
    "type": "object",
    "required": ["name", "resources", "licenses", "version", "sources"],
    "properties": {
        "profile": {"const": "data-package"},
        "name": {"pattern": r"^[-a-z0-9._/]+$"},
        "licenses": {
            "minItems": 1,
            "items": {"required": ["name", "path"], "properties": {"name": {"const": "CC-BY-4.0"}}},
        },
        "sources": {"minItems": 1, "items": {"required": ["title"]}},
        "contributors": {"items": {"required": ["title"]}},
        "resources": {
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path", "bytes", "hash", "encoding", "mediatype"],
                "properties": {
                    "name": {"pattern": r"^[-a-z0-9._]+$"},
                    "path": {"pattern": r"^[^/\\~][^\\]*$"},
                    "hash": {"pattern": r"^sha256:[0-9a-f]{64}$"},
                    "schema": {
                        "required": ["fields", "missingValues"],
                        "properties": {
                            "fields": {
                                "items": {
                                    "required": ["name", "type", "description"],
                                    "properties": {
                                        "type": {
                                            "enum": ["string", "integer", "number", "boolean"]
                                        },
                                        "description": {"minLength": 3},
                                    },
                                }
                            }
                        },
                    },
                },
                "if": {"properties": {"profile": {"const": "tabular-data-resource"}}},
                "then": {"required": ["schema"]},
            },
        },
    },
}

READS = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
}

TEX = {
    "asciitilde": "~",
    "asciicircum": "^",
    "braceleft": "{",
    "braceright": "}",
    "backslash": "\\",
}

NASTY = '=cmd|"x", {a} \\b $c$ & 50% #1 _d_ ~ ^\r\nTY  - EVIL\x07\n@article{x,'


def values_of(table, name):
    """One column's values, in the order of the rows."""
    position = [column.name for column in table.columns].index(name)
    return [row[position] for row in table.rows]


@pytest.fixture(scope="module")
def records():
    return load_records()


@pytest.fixture(scope="module")
def results(records):
    return {name: compare(name, records) for name in COMPARISONS}


@pytest.fixture(scope="module")
def files(results, records):
    return {one.name: one for one in downloads(results, records)}


@pytest.fixture(scope="module")
def nasty(records):
    """A record whose citation holds what each format takes for its own signs."""
    cited = Citation(
        authors=f"Doe J, {NASTY}, et al.", title=NASTY, journal=NASTY, year=2020, doi="10.1/a_b"
    )
    return dataclasses.replace(records[0], citation=cited)


def rows_of(one):
    return list(csv.DictReader(io.StringIO(one.content.decode(), newline="")))


def test_the_same_evidence_gives_the_same_bytes(results, records, files):
    again = downloads(results, records)
    assert [one.content for one in again] == [one.content for one in files.values()]
    assert whole_package(again) == whole_package(tuple(files.values()))


def test_no_file_names_a_machine_or_a_time(files):
    for one in files.values():
        text = one.content.decode()
        assert str(Path.home()) not in text
        assert str(Path(__file__).parents[2]) not in text


def test_the_package_keeps_the_rules_of_the_standard(files):
    package = json.loads(files["datapackage.json"].content)
    jsonschema.Draft202012Validator(PACKAGE_RULES).validate(package)
    assert {one["path"] for one in package["resources"]} == set(files) - {"datapackage.json"}
    assert len(package["sources"]) == len(load_records())
    for resource in package["resources"]:
        content = files[resource["path"]].content
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_every_cell_is_of_its_columns_type_and_none_that_must_be_is_empty(files):
    package = json.loads(files["datapackage.json"].content)
    tables = [one for one in package["resources"] if "schema" in one]
    assert len(tables) == 5
    for resource in tables:
        rows = rows_of(files[resource["path"]])
        assert rows
        fields = {one["name"]: one for one in resource["schema"]["fields"]}
        assert list(rows[0]) == list(fields)
        for row in rows:
            for name, field in fields.items():
                if row[name]:
                    READS[field["type"]](row[name])
                else:
                    assert not field.get("constraints"), (resource["path"], name, row)


def test_keys_are_unique_and_every_reference_arrives(files):
    package = json.loads(files["datapackage.json"].content)
    columns = {
        (one["name"], field["name"]): [row[field["name"]] for row in rows_of(files[one["path"]])]
        for one in package["resources"]
        for field in one.get("schema", {}).get("fields", ())
    }
    ids = columns["studies", "study_id"]
    assert len(set(ids)) == len(ids)
    for resource in package["resources"]:
        for key in resource.get("schema", {}).get("foreignKeys", ()):
            assert set(columns[resource["name"], key["fields"]]) <= set(ids)


def test_tables_hold_what_the_records_hold(files, records):
    rows = rows_of(files["arms.csv"])
    printed = [
        (record.id, arm.id, outcome.outcome, mark.months, mark.value, mark.low, mark.high)
        for record in records
        for arm in record.arms
        for outcome in arm.outcomes
        for mark in outcome.landmarks
        if mark.value is not None
    ]
    medians = [
        (record.id, arm.id, outcome.median.value)
        for record in records
        for arm in record.arms
        for outcome in arm.outcomes
        if outcome.median is not None and outcome.median.value is not None
    ]

    def number(text):
        return float(text) if text else None

    assert [
        (
            *(row["study_id"], row["arm_id"], row["outcome"]),
            *(number(row[name]) for name in ("months", "value", "low", "high")),
        )
        for row in rows
        if row["figure"] == "probability"
    ] == printed
    assert [
        (row["study_id"], row["arm_id"], float(row["value"]))
        for row in rows
        if row["figure"] == "median"
    ] == medians
    assert {(row["study_id"], row["arm_id"]) for row in rows} == {
        (record.id, arm.id) for record in records for arm in record.arms
    }
    harms = [harm.event for record in records for arm in record.arms for harm in arm.harms]
    assert len(rows_of(files["harms.csv"])) == len(harms)
    ratios = [found.hr for record in records for found in record.contrasts]
    assert [number(row["hr"]) for row in rows_of(files["contrasts.csv"])] == ratios


def test_studies_tell_decision_reason_and_what_a_citation_lacks(files, records):
    rows = {row["study_id"]: row for row in rows_of(files["studies.csv"])}
    assert set(rows) == {record.id for record in records}
    lacking = 0
    for record in records:
        row = rows[record.id]
        assert row["decision"] in ("included", "indirect", "not used")
        assert row["reason"]
        assert row["citation_lacks"] == "; ".join(record.citation.missing)
        lacking += bool(record.citation.missing)
    assert 0 < lacking < len(records)


def test_pseudo_patients_are_the_sets_of_the_primary_analyses(results, files):
    rows = rows_of(files["pseudo-patients.csv"])
    expected = patient_sets(results)
    assert len(rows) == sum(len(one) for found in expected for one in found.sets)
    assert {int(row["imputation"]) for row in rows} == set(range(SINGLE_SET, 51))
    outcome = results["progression"].leading
    arm = next(arm for side in outcome.sides for arm in side.arms)
    for number in (1, 50):
        own = [
            (float(row["time_months"]), int(row["event"]))
            for row in rows
            if (row["study_id"], row["arm_id"], row["outcome"])
            == (arm.study_id, arm.arm_id, arm.outcome)
            and int(row["imputation"]) == number
            and "progression" in row["comparisons"].split()
        ]
        assert len(own) == arm.n
        for (time, event), (drawn, happened) in zip(own, arm.imputations[number - 1], strict=True):
            assert time == pytest.approx(drawn, rel=1e-5)
            assert event == happened
    assert {row["level"] for row in rows} == {
        arm.level for found in results.values() for o in found.outcomes for s in o.sides
        for arm in s.arms
    }  # fmt: skip


def test_a_set_of_several_comparisons_stands_once_and_different_ones_stand_apart(results):
    result = results["progression"]
    once = patient_sets({"progression": result})
    twice = patient_sets({"progression": result, "again": result})
    assert [one.comparisons for one in twice] == [("progression", "again")] * len(once)

    def later(arm):
        return dataclasses.replace(arm, imputations=tuple(one + 1 for one in arm.imputations))

    outcomes = tuple(
        dataclasses.replace(
            outcome,
            sides=tuple(
                dataclasses.replace(side, arms=tuple(later(arm) for arm in side.arms))
                for side in outcome.sides
            ),
        )
        for outcome in result.outcomes
    )
    other = dataclasses.replace(result, outcomes=outcomes)
    apart = patient_sets({"progression": result, "other": other})
    assert len(apart) == 2 * len(once)
    assert {one.comparisons for one in apart} == {("progression",), ("other",)}


def test_headline_numbers_are_those_of_the_golden_files(results, files):
    numbers = json.loads(files["headline-numbers.json"].content)
    assert numbers == json.loads(
        json.dumps({name: headline_numbers(found) for name, found in results.items()})
    )


def test_the_readme_says_that_nobody_is_a_patient_and_names_every_file(files):
    text = files["README.md"].content.decode()
    assert "No row is a patient of any study" in text
    for name in files:
        assert f"`{name}`" in text or name == "README.md"


def test_one_archive_holds_every_file_without_a_time(files):
    archive = zipfile.ZipFile(io.BytesIO(whole_package(tuple(files.values()))))
    assert archive.testzip() is None
    assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == {
        f"{PACKAGE_NAME}/{name}": one.content for name, one in files.items()
    }
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_bibtex_is_read_by_another_program(files, records):
    found = parse_string(files["studies.bib"].content.decode(), "bibtex").entries
    assert list(found) == [record.id for record in records]
    for record in records:
        entry = found[record.id]
        assert ("Citation incomplete" in entry.fields["note"]) == bool(record.citation.missing)
        assert entry.fields.get("year") == (
            str(record.citation.year) if record.citation.year else None
        )
        names = authors_of(record.citation.authors)
        assert len(entry.persons.get("author", ())) == len(names.names) + (
            names.and_others and bool(names.names)
        )


def test_ris_is_read_by_another_program(files, records):
    found = rispy.loads(files["studies.ris"].content.decode())
    assert [one["id"] for one in found] == [record.id for record in records]
    for one, record in zip(found, records, strict=True):
        assert one["title"] == title_of(record)
        assert ("Citation incomplete" in one["notes"][0]) == bool(record.citation.missing)
        assert one["type_of_reference"] == ("JOUR" if record.citation.journal else "GEN")


def test_a_title_of_signs_stays_one_title_in_every_format(nasty, records):
    pair = (nasty, records[1])
    entries = parse_string(bibtex(pair), "bibtex").entries
    assert list(entries) == [record.id for record in pair]
    title = entries[nasty.id].fields["title"]
    plain = re.sub(r"\\([$&#%_])", r"\1", title)
    for command, sign in TEX.items():
        plain = plain.replace(f"\\text{command}{{}}", sign)
    assert plain == "{" + title_of(nasty) + "}"
    read = rispy.loads(ris(pair))
    assert len(read) == 2
    assert read[0]["title"] == title_of(nasty)
    table = rows_of_table(studies_table(pair))
    assert table[0]["title"] == "'" + title_of(nasty)
    assert len(table) == 2


def rows_of_table(table):
    return list(csv.DictReader(io.StringIO(table.to_csv(), newline="")))


def test_authors_are_split_as_printed():
    found = authors_of("van den Broek A, Kim AH, O'Sullivan CC, et al.")
    assert found.names == ("van den Broek, A.", "Kim, A. H.", "O'Sullivan, C. C.")
    assert found.and_others
    assert authors_of("Imber et al. (full list not printed in the text read)").names == ("Imber",)
    assert authors_of(None).names == ()
    assert not authors_of("Doe J").and_others


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("@cmd", "'@cmd"),
        ("-x", "'-x"),
        ("\t=1+1", "'=1+1"),
        ("-0.4", "-0.4"),
        ("+12%", "+12%"),
        (-0.4, "-0.4"),
        (None, ""),
        (True, "true"),
        (0.1, "0.1"),
        (12, "12"),
        ("a\r\nb\x00c", "a b c"),
    ],
)
def test_a_cell_that_looks_like_a_formula_is_text(value, shown):
    assert cell(value) == shown


def test_a_column_has_a_type_of_the_standard():
    with pytest.raises(InvalidInputError, match="type must be one of"):
        Column("x", "date", "a day")


def test_a_quote_and_a_comma_stay_in_their_cell():
    table = DataTable("t", "T", "", (Column("a", "string", "x"),), (('He said "no, never"',),))
    assert table.to_csv() == 'a\r\n"He said ""no, never"""\r\n'
    assert values_of(table, "a") == ['He said "no, never"']


def test_the_page_names_every_file_with_its_size(files, results):
    text = take_away_page(tuple(files.values()), results)
    for one in files.values():
        assert f'href="downloads/{one.name}"' in text
        assert f"{one.amount:,} {one.unit}" in text
    for name in results:
        assert f'href="summaries/{name}.html"' in text
    assert "No row is a real patient" in text


def test_a_correction_is_told_beside_its_figure(records):
    from analysis_lib.study_records.model import Correction

    record = next(one for one in records if any(arm.outcomes for arm in one.arms))
    index = next(number for number, arm in enumerate(record.arms) if arm.outcomes)
    fix = Correction(f"arms[{index}].outcomes[0].median.value", 61.7, 6.17, "misprint")
    corrected = dataclasses.replace(record, corrections=(fix,))
    told = [text for text in values_of(arms_table([corrected]), "correction") if text]
    assert told
    assert all("printed 61.7, used 6.17: misprint" in text for text in told)


def test_a_note_says_decision_and_reason(records):
    for record in records:
        assert record.eligibility.reason.split()[0] in note(record)


def test_times_have_six_significant_digits(results):
    times = values_of(patients_table(results), "time_months")
    assert all(time == float(f"{time:.6g}") for time in times)
