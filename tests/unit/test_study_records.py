"""Records: every kind of bad input gets its own clear error, with file, line, field and value."""

import copy
import json
import re
import shutil

import pytest
import yaml
from synthetic import GOOD, write

from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import load_records, load_vocabulary, validate_data
from analysis_lib.study_records.corrections import apply_corrections
from analysis_lib.study_records.loader import DATA, read_record, read_records
from analysis_lib.study_records.scaffold import scaffold
from analysis_lib.study_records.yaml_reader import MAX_BYTES, read_yaml


def problems_of(folder, record, name="doe-2020"):
    path = write(folder, record, name)
    record, problems = read_record(path, data=folder / "data")
    assert (record is None) == bool(problems)
    return problems


def set_field(record, path, value):
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value


def test_the_good_record_is_good(tmp_path):
    assert problems_of(tmp_path, GOOD) == ()


OS = ("arms", 0, "outcomes", 0)
CASES = {
    "unknown key": ((*OS, "medain"), 3, "unknown key medain", "arms[0].outcomes[0].medain"),
    "missing source": ((*OS, "source"), ..., "required key source is missing", "outcomes[0]"),
    "empty source": ((*OS, "source", "locator"), "", "must not be empty", "source.locator"),
    "probability 61.7": (
        (*OS, "landmarks", 0, "value"),
        61.7,
        "must be in 0..1",
        "arms[0].outcomes[0].landmarks[0].value",
    ),
    "unknown treatment": (("arms", 0, "treatment"), "re_srt", "must be one of", "treatment"),
    "id not the folder": (("id",), "doe-2021", "must equal the folder's name", "id"),
    "two arms one id": (("arms", 1, "id"), "a", "must not have one id", "arms[1].id"),
    "subset of nothing": (("arms", 1, "subset_of"), "z", "must name an arm", "arms[1].subset_of"),
    "subset of itself": (("arms", 1, "subset_of"), "b", "must not lead back", "arms[1].subset_of"),
    "contrast of nothing": (("contrasts", 0, "versus"), "z", "must name an arm", "contrasts[0]"),
    "interval reversed": ((*OS, "median", "low"), 17, "interval is reversed", "median.low"),
    "value outside": ((*OS, "median", "value"), 7, "must lie inside", "median.value"),
    "hr outside": (("contrasts", 0, "hr"), 1.3, "must lie inside", "contrasts[0].hr"),
    "negative n": ((*OS, "n_analysed", "value"), -3, "must be at least 0", "n_analysed.value"),
    "n of nobody": ((*OS, "n_analysed", "value"), 0, "must be at least 1", "n_analysed.value"),
    "half a patient": ((*OS, "n_analysed", "value"), 3.5, "whole number", "n_analysed.value"),
    "events above n": ((*OS, "n_events"), 31, "must not exceed", "n_events"),
    "arm above study": (("arms", 0, "n_patients"), 41, "must not exceed", "arms[0].n_patients"),
    "harms above n": (("arms", 0, "harms", 0, "n_events"), 31, "must not exceed", "harms[0]"),
    "beyond follow-up": ((*OS, "landmarks", 1, "months"), 41, "must not lie beyond", "months"),
    "survival rises": ((*OS, "landmarks", 0, "value"), 0.4, "must not rise", "landmarks[1]"),
    "a time without a value": (
        (*OS, "landmarks", 0, "value"),
        None,
        "must be a probability",
        "landmarks[0].value",
    ),
    "time twice": ((*OS, "landmarks", 0, "months"), 12, "must not stand twice", "months"),
    "time zero of nothing": ((*OS, "time_zero_kind"), "surgery", "must be one of", "time_zero"),
    "role without reason": ((*OS, "role"), "none", "must say why", "role_reason"),
    "primary necrosis": (("arms", 0, "pathology"), "necrosis", "must not be primary", "role"),
    "primary but excluded": (("eligibility", "decision"), "exclude", "must not be primary", "role"),
    "derived in silence": ((*OS, "n_analysed", "printed"), False, "arithmetic", "derivation"),
    "unusable in silence": ((*OS, "median", "usable"), False, "must say why", "median.reason"),
    "long quotation": ((*OS, "source", "seen"), "w " * 26, "at most 25 words", "source.seen"),
    "script address": ((*OS, "source", "url"), "javascript:alert(1)", "web address", "source.url"),
    "source on a number": ((*OS, "source", "url"), "http://8.8.8.8:80/1", "bare IP", "source.url"),
    "a number in words": ((*OS, "source", "locator"), "at 8.8.8.8:80/1", "bare IP", "locator"),
    "primary of unknown zero": ((*OS, "time_zero_kind"), "unknown", "time zero is unknown", "role"),
    "primary without n": ((*OS, "n_analysed", "value"), None, "without n_analysed", "role"),
    "n above the study": ((*OS, "n_analysed", "value"), 400, "must not exceed", "n_analysed"),
    "decimal comma": ((*OS, "median", 0), None, "not a comma", "median"),
    "p of 3": (("contrasts", 0, "p"), 3, "", "contrasts[0].p"),
    "text for a number": (("n_patients",), "forty", "must be a whole number", "n_patients"),
    "doi with resolver": (("citation", "doi"), "https://doi.org/10.1/x", "must match", "doi"),
}


@pytest.mark.parametrize("case", CASES, ids=CASES.keys())
def test_bad_field_is_named(tmp_path, case):
    path, value, rule, field = CASES[case]
    record = copy.deepcopy(GOOD)
    set_field(record, path, value)
    found = problems_of(tmp_path, record)
    assert any(rule in p.rule and field in p.field for p in found), found
    for problem in found:
        assert re.match(r"data/studies/doe-2020/study\.yaml:\d+: ", str(problem)), problem


def test_the_message_is_the_promised_one(tmp_path):
    record = copy.deepcopy(GOOD)
    record["arms"][0]["outcomes"][0]["landmarks"][0]["value"] = 61.7
    path = write(tmp_path, record)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "61.7" in text)
    assert str(problems_of(tmp_path, record)[0]) == (
        f"data/studies/doe-2020/study.yaml:{line}: arms[0].outcomes[0].landmarks[0].value: "
        "must be in 0..1 (a probability: 61.7 % is 0.617), was 61.7"
    )


BILLION_LAUGHS = "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"
FILES = {
    "not yaml": ("id: [1, 2\n", "is not valid YAML"),
    "a tab": ("id: doe-2020\ncitation:\n\tauthors: x\n", "not with a tab"),
    "not utf-8": ("id: caf\xe9\n".encode("latin-1"), "must be UTF-8"),
    "50 MB": ("# " + "x" * 50_000_000, "must be at most"),
    "a tag": ("id: !!python/object/apply:os.system ['true']\n", "must not use tags"),
    "aliases": (BILLION_LAUGHS, "must not use anchors"),
    "merge by alias": ("a: {x: 1}\nb: *a\n", "must not use anchors"),
    "a key twice": ("id: doe-2020\nid: doe-2021\n", "must not name a key twice"),
    "deep nesting": ("a: " + "[" * 50 + "]" * 50 + "\n", "nested more than"),
    "empty": ("", "is empty"),
    "a list": ("- 1\n", "must be a group of keys"),
    "a number": ("3\n", "must be a group of keys"),
    "a null byte": ("id: \x00\n", "is not valid YAML"),
}


@pytest.mark.parametrize("case", FILES, ids=FILES.keys())
def test_bad_file_is_named(tmp_path, case):
    text, rule = FILES[case]
    path = tmp_path / "data" / "studies" / "doe-2020" / "study.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    record, problems = read_record(path, data=tmp_path / "data")
    assert record is None
    assert rule in " ".join(str(p) for p in problems)


def test_the_limit_is_well_above_the_largest_record():
    assert max(p.stat().st_size for p in DATA.glob("studies/*/study.yaml")) * 10 < MAX_BYTES


def test_all_errors_of_all_files_at_once(tmp_path):
    for name in ("doe-2020", "roe-2021"):
        record = copy.deepcopy(GOOD) | {"id": name, "n_patients": -1}
        record["arms"][0]["outcomes"][0]["n_analysed"]["value"] = 3.5
        write(tmp_path, record, name)
    (tmp_path / "data" / "studies" / "empty-2022").mkdir()
    records, problems = read_records(tmp_path / "data")
    assert records == ()
    assert {p.path.split("/")[2] for p in problems} == {"doe-2020", "roe-2021", "empty-2022"}
    assert len([p for p in problems if "roe-2021" in p.path]) >= 2
    with pytest.raises(InvalidRecordsError) as error:
        load_records(tmp_path / "data")
    assert str(error.value).count("\n") == len(problems) - 1


def test_text_with_markup_is_kept_as_text(tmp_path):
    record = copy.deepcopy(GOOD)
    record["citation"]["title"] = "<script>alert('x')</script> & \u202etitle"
    write(tmp_path, record)
    loaded = load_records(tmp_path / "data")[0]
    assert loaded.citation.title == record["citation"]["title"]


def test_control_characters_cannot_reach_the_terminal(tmp_path):
    record = copy.deepcopy(GOOD)
    record["arms"][0]["treatment"] = "\x1b[31mred"
    message = str(problems_of(tmp_path, record)[0])
    assert "\x1b" not in message
    assert "\\x1b" in message


def with_correction(printed, used=28, field="arms[0].outcomes[0].n_analysed.value"):
    record = copy.deepcopy(GOOD)
    record["corrections"] = [
        {"field": field, "printed": printed, "used": used, "reason": "synthetic erratum"}
    ]
    return record


def test_a_correction_is_used_and_the_print_is_kept(tmp_path):
    path = write(tmp_path, with_correction(30))
    record, problems = read_record(path, data=tmp_path / "data")
    assert problems == ()
    assert record.arms[0].outcomes[0].n_analysed.value == 28
    assert record.corrections[0].printed == 30
    assert "value: 30" in path.read_text()


def test_a_correction_fails_when_the_print_changes(tmp_path):
    found = problems_of(tmp_path, with_correction(31))
    assert "guard" in found[0].rule
    assert found[0].field == "corrections[0].printed"


@pytest.mark.parametrize("field", ["arms[9].n_patients", "arms[0].nothing", "a b", "__class__"])
def test_a_correction_of_nothing_is_refused(tmp_path, field):
    found = problems_of(tmp_path, with_correction(30, field=field))
    assert found
    assert "must name a field" in found[0].rule


def test_a_correction_must_itself_meet_the_rules(tmp_path):
    found = problems_of(tmp_path, with_correction(30, used=10))
    assert any("must not exceed n_analysed (10)" in p.rule for p in found)


def test_curve_files_are_checked(tmp_path):
    record = copy.deepcopy(GOOD)
    record["arms"][0]["outcomes"][0]["curve"] = {"file": "curves/os-a.csv"}
    path = write(tmp_path, record)
    assert "must be a file" in problems_of(tmp_path, record)[0].rule
    curve = path.parent / "curves" / "os-a.csv"
    curve.parent.mkdir()
    for text, rule in (
        ("t,s\n0,1\n", "must have the columns"),
        ("time_months,survival\n0,100\n", "probabilities in 0..1"),
        ("time_months,survival\n0,one\n", "numbers only"),
    ):
        curve.write_text(text)
        assert rule in problems_of(tmp_path, record)[0].rule
    curve.write_text("time_months,survival\n0,1\n5,0.8\n")
    assert problems_of(tmp_path, record) == ()


def test_a_curve_cannot_leave_the_study_folder(tmp_path):
    record = copy.deepcopy(GOOD)
    record["arms"][0]["outcomes"][0]["curve"] = {"file": "../../../etc/passwd.csv"}
    assert "must match" in problems_of(tmp_path, record)[0].rule


def test_the_real_evidence_is_sound():
    assert validate_data() == ()
    assert len(load_records()) == len(list(DATA.glob("studies/*/study.yaml")))


def test_every_code_of_the_schema_is_in_the_vocabulary_and_back():
    import json

    schema = json.loads((DATA / "study.schema.json").read_text())
    words, defs = load_vocabulary(), schema["$defs"]
    outcome, arm = defs["outcome"]["properties"], defs["arm"]["properties"]
    for name, listed in {
        "treatment": defs["treatment"]["enum"],
        "outcome": outcome["outcome"]["enum"],
        "role": outcome["role"]["enum"],
        "time_zero": outcome["time_zero_kind"]["enum"],
        "estimator": outcome["estimator"]["enum"],
        "pathology": arm["pathology"]["enum"],
        "extent": arm["extent"]["enum"],
        "recurrence": schema["properties"]["recurrence"]["enum"],
    }.items():
        assert set(words[name]) == {code for code in listed if code is not None}, name


def test_every_schema_field_has_a_description_and_an_example():
    import json

    def fields(node):
        for key in ("properties", "$defs"):
            for name, inner in node.get(key, {}).items():
                if "$ref" not in inner:
                    yield name, inner
                    yield from fields(inner)
        if isinstance(node.get("items"), dict):
            yield from fields(node["items"])

    schema = json.loads((DATA / "study.schema.json").read_text())
    for name, field in fields(schema):
        assert field.get("description"), name
        kind = field.get("type")
        composite = kind in ("object", "array") or (isinstance(kind, list) and "object" in kind)
        assert composite or "examples" in field, name


def test_scaffold_guides_and_never_overwrites(tmp_path):
    (tmp_path / "studies").mkdir()
    path = scaffold("doe-2026", data=tmp_path)
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert yaml.safe_load(text)["id"] == "doe-2026"
    path.write_text(text + "# entered by hand\n")
    with pytest.raises(ValueError, match="exists already"):
        scaffold("doe-2026", data=tmp_path)
    assert path.read_text().endswith("# entered by hand\n")
    for bad in ("Doe 2026", "../x", "a/b", "", "x" * 61):
        with pytest.raises(ValueError, match="study id must be"):
            scaffold(bad, data=tmp_path)


def _references(schema):
    """Every mapping of a schema that refers to another one."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def test_the_compiled_schema_checks_all_that_the_schema_says():
    """What draft 7 ignores (neighbours of a reference) or lacks stands nowhere in it."""
    text = (DATA / "study.schema.json").read_text("utf-8")
    found = list(_references(json.loads(text)))
    assert found
    assert all(set(one) <= {"$ref", "description", "examples"} for one in found)
    newer = ("prefixItems", "dependentRequired", "dependentSchemas", "unevaluated", "minContains")
    assert not [word for word in newer if word in text]


def test_records_are_read_once_for_checking_and_computing(tmp_path, monkeypatch):
    ignored = shutil.ignore_patterns("editions", "institutional")
    shutil.copytree(DATA, tmp_path / "data", ignore=ignored)
    read = []

    def counted(path, name, **options):
        read.append(path)
        return read_yaml(path, name, **options)

    monkeypatch.setattr("analysis_lib.study_records.loader.read_yaml", counted)
    assert validate_data(tmp_path / "data") == ()
    load_records(tmp_path / "data")
    assert len(read) == len(set(read)) > 100


def test_only_a_corrected_record_is_copied():
    corrected = GOOD | {"corrections": [{"field": "n_patients", "printed": 1, "used": 2}]}
    corrected |= {"n_patients": 1}
    used, problems = apply_corrections(corrected, {}, name="synthetic")
    assert (used["n_patients"], corrected["n_patients"], problems) == (2, 1, ())
    assert apply_corrections(GOOD, {}, name="synthetic") == (GOOD, ())
