"""Every printed figure of a record gets a verdict, and the verdicts are right."""

import dataclasses
import re

import pytest
import yaml
from synthetic import GOOD, write

from analysis_lib.consistency.rederived import rederive
from analysis_lib.consistency.rederived_texts import TextFigure, note_texts
from analysis_lib.consistency.verdicts import Rederived
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.questions.declared import load_necrosis_declaration
from analysis_lib.study_records import ROOT, load_records

RECORDS = {record.id: record for record in load_records()}
BHATIA = RECORDS["bhatia-2024"]
NUMBER = re.compile(r"\d+(?:\.\d+)?")

#: Bookkeeping, names of times, and years: no result of the paper. Doses in figures repeat words
#: that stand elsewhere in the record, where their numbers are asked for.
NO_FIGURE = re.compile(
    r"schema_version|schedules\[|citation\.|enrolment\.|second_reading\.|.*landmarks\[\d+\]\.months"
)

#: Names that hold digits.
NAMES = re.compile(r"\bCs-131|\bxia-2018|\bCTCAE 5\.0|\bPTV2|\bBED2|\bSRS2")


def leaves(node, path=""):
    """Dotted path and value of every number of a file."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{path}[{index}]")
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path, node


def place(leaf):
    """The field under which a leaf's figure is reported."""
    if "harms[" in leaf or leaf.startswith("contrasts["):
        return re.match(r"(arms\[\d+\]\.harms\[\d+\]|contrasts\[\d+\])", leaf)[0]
    if leaf.endswith(".high"):
        leaf = leaf.removesuffix("high") + "low"
    return leaf.removesuffix(".value")


@pytest.fixture(scope="module")
def found():
    return rederive(BHATIA, load_necrosis_declaration().in_words)


@pytest.fixture(scope="module")
def raw():
    return yaml.safe_load((ROOT / BHATIA.path).read_text(encoding="utf-8"))


# --- nothing is left out ----------------------------------------------------------------


def test_every_number_of_the_leading_record_has_a_verdict(found, raw):
    fields = {figure.field for figure in found.figures}
    derived = {
        f"arms[{i}].outcomes[{j}].n_analysed.value"
        for i, arm in enumerate(raw["arms"])
        for j, outcome in enumerate(arm["outcomes"])
        if not outcome["n_analysed"]["printed"]
    }
    asked = [p for p, _ in leaves(raw) if not NO_FIGURE.match(p) and p not in derived]
    assert len(asked) > 70
    assert [leaf for leaf in asked if place(leaf) not in fields] == []


def test_the_printed_text_of_a_verdict_holds_the_number_of_the_record(found, raw):
    shown = {}
    for figure in found.figures:
        shown.setdefault(figure.field, []).extend(map(float, NUMBER.findall(figure.printed)))
    for leaf, value in leaves(raw):
        if NO_FIGURE.match(leaf) or place(leaf) not in shown:
            continue
        forms = {round(float(value), 6), round(100 * value, 6)}
        assert forms & {round(number, 6) for number in shown[place(leaf)]}, (leaf, value)


def test_every_number_of_every_quotation_has_a_verdict(found):
    blocks = [(f"arms[{i}].outcomes[{j}]", o.source.seen, o.landmarks)
              for i, arm in enumerate(BHATIA.arms) for j, o in enumerate(arm.outcomes)]  # fmt: skip
    blocks += [(f"arms[{i}].harms[{j}]", h.source.seen, ())
               for i, arm in enumerate(BHATIA.arms) for j, h in enumerate(arm.harms)]  # fmt: skip
    blocks += [(f"contrasts[{i}]", c.source.seen, ()) for i, c in enumerate(BHATIA.contrasts)]
    for field, seen, _ in blocks:
        printed = {
            float(number)
            for figure in found.figures
            if figure.field.startswith(field)
            for number in NUMBER.findall(figure.printed)
        }
        # The level of an interval, and times and grades in the name of a row, are no figures.
        told = re.sub(r"95% CI|[12]-year|grade 3 or 4|within 3 months", "", NAMES.sub("", seen))
        asked = {float(number) for number in re.findall(r"\d*\.\d+|\d+", told)}
        assert asked <= printed, (field, asked - printed)


def test_every_number_of_every_note_has_a_verdict(found):
    told = " ".join(f"{f.printed} {f.again} {f.how}" for f in found.figures)
    known = {float(number) for number in NUMBER.findall(told)}
    # Times of the landmarks name a figure; shares of 1 are those of 100 %.
    known |= {mark.months for a in BHATIA.arms for o in a.outcomes for mark in o.landmarks}
    for field, text in note_texts(BHATIA).items():
        rest = NAMES.sub("", text)
        for figure in load_necrosis_declaration().in_words:
            if figure.field == field:
                rest = rest.replace(NAMES.sub("", figure.printed), "")
        rest = re.sub(r"\bat least 2\b|\b12-month\b|\b24-month\b", "", rest)
        left = {float(number) for number in NUMBER.findall(rest)} - known
        assert not left, (field, left)


def test_a_number_left_out_would_be_seen(raw):
    """The first test fails for a field that nothing reports."""
    assert place("arms[0].outcomes[0].followup_max_months") not in {
        figure.field for figure in rederive(BHATIA).figures
    }


# --- the verdicts of the leading record -------------------------------------------------


def verdict(found, field, kind):
    return next(f for f in found.figures if (f.field, f.kind) == (field, kind))


def test_what_differs_in_the_leading_record(found):
    fields = {(f.field, f.kind) for f in found.of("differs") if f.kind != "other"}
    assert fields == {
        ("n_patients", "count"),
        ("arms[2].harms[2]", "percentage"),
        ("arms[3].harms[0]", "percentage"),
        ("arms[0].outcomes[0].median", "median"),
        ("arms[1].outcomes[0].median", "median"),
        ("arms[2].outcomes[1].landmarks[0].low", "interval"),
        ("discrepancies[10]", "percentage"),
    }


def test_the_readers_own_arithmetic_comes_out(found):
    # The record's derivation: 5 and 4 of 11, log limits, nobody lost before 24 months.
    for index, events in enumerate((5, 4)):
        value = verdict(found, f"arms[2].outcomes[0].landmarks[{index}]", "probability")
        assert (value.verdict, value.how) == (
            "agrees", f"{events} of 11 patients, nobody lost before",
        )  # fmt: skip
        limits = verdict(found, f"arms[2].outcomes[0].landmarks[{index}].low", "interval")
        assert limits.verdict == "agrees"
        assert "log scale" in limits.how
    crude = verdict(found, "arms[3].outcomes[0].landmarks[0]", "percentage")
    assert (crude.verdict, crude.how) == ("agrees", "at 24 months; 19 of 27 patients")


def test_counts_of_the_table_add_up_over_its_columns(found):
    rows = [f for f in found.figures if f.kind == "count" and ".harms[" in f.field]
    added = [f for f in rows if f.verdict == "agrees"]
    assert len(added) == 15
    assert "22 + 3 = 25" in verdict(found, "arms[0].harms[0]", "count").how


def test_verdicts_are_counted_and_complete(found):
    assert sum(found.counted().values()) == len(found.figures) == len(set(found.figures))


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_every_record_can_be_worked_out_again(record):
    figures = rederive(record).figures
    assert rederive(record).figures == figures
    marks = sum(m.value is not None for a in record.arms for o in a.outcomes for m in o.landmarks)
    paths = {f.field for f in figures if re.search(r"landmarks\[\d+\]$", f.field)}
    assert len(paths) == marks


# --- synthetic records ------------------------------------------------------------------


@pytest.fixture
def made(tmp_path):
    """The verdicts of a synthetic record, after a change of its first arm."""

    def run(change):
        record = yaml.safe_load(yaml.safe_dump(GOOD))
        change(record)
        write(tmp_path, record, record["id"])
        return rederive(load_records(tmp_path / "data")[0])

    return run


def outcome(**fields):
    def change(record):
        record["arms"][0]["outcomes"][0].update(fields)

    return change


@pytest.mark.parametrize(
    ("seen", "events", "expected"),
    [
        ("3 10.0%", 3, ("10.0%", "agrees", "3 of 30")),
        ("7 (23.3%)", 7, ("23.3%", "agrees", "7 of 30")),
        ("5 16.6%", 5, ("16.6%", "agrees", "5 of 30; cut off, not rounded")),
        ("5 17.6%", 5, ("17.6%", "differs", "5 of 30")),
    ],
)
def test_percentages_rounded_cut_off_and_wrong(made, seen, events, expected):
    def change(record):
        harm = record["arms"][0]["harms"][0]
        harm["n_events"], harm["source"]["seen"] = events, seen

    figure = verdict(made(change), "arms[0].harms[0]", "percentage")
    assert (figure.printed, figure.verdict, figure.how) == expected


@pytest.mark.parametrize(("parts", "expected"), [((30, 10), "agrees"), ((30, 12), "differs")])
def test_patients_of_the_arms_and_of_the_study(made, parts, expected):
    def change(record):
        for arm, n in zip(record["arms"], parts, strict=True):
            arm["n_patients"] = n

    assert verdict(made(change), "n_patients", "count").verdict == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "expected"),
    [
        # Log-log limits of 15 of 30, nobody lost: by hand, se = sqrt(.5 * .5 / 30).
        (0.5, 0.313, 0.661, 30, "agrees"),
        (0.5, 0.313, 0.661, 10, "differs"),
        (0.5, 0.45, 0.9, 30, "differs"),
    ],
)
def test_intervals(made, value, low, high, n, expected):
    marks = [{"months": 12, "value": value, "low": low, "high": high}]
    count = {"value": n, "unit": "patient", "printed": True}
    figure = verdict(
        made(outcome(landmarks=marks, n_analysed=count, n_events=None)),
        "arms[0].outcomes[0].landmarks[0].low", "interval",
    )  # fmt: skip
    assert figure.verdict == expected


@pytest.mark.parametrize(
    ("median", "expected"), [(9, "agrees"), (5, "differs"), (14, "differs"), (12, "agrees")]
)
def test_a_median_lies_between_the_landmarks_around_one_half(made, median, expected):
    marks = [{"months": 6, "value": 0.7}, {"months": 12, "value": 0.45}]
    found = made(outcome(landmarks=marks, median={"value": median, "usable": True}))
    figure = verdict(found, "arms[0].outcomes[0].median", "median")
    assert (figure.verdict, figure.again) == (expected, "between 6 and 12 months")


@pytest.mark.parametrize(("share", "expected"), [(0.7, "agrees"), (0.71, "differs")])
def test_a_crude_share_is_that_of_a_whole_number(made, share, expected):
    # 21 of 30 is 70 %; 71 % is nobody's.
    found = made(outcome(estimator="crude", landmarks=[{"months": 6, "value": share}]))
    figure = verdict(found, "arms[0].outcomes[0].landmarks[0]", "percentage")
    assert figure.verdict == expected


@pytest.mark.parametrize(
    "figure",
    [
        TextFigure("notes[1]", "words that are not there", verdict="cannot", reason="x"),
        TextFigure("notes[99]", "32.9%", verdict="cannot", reason="x"),
        TextFigure("notes[1]", "32.9% (27/82)", events=28, total=82, percent="32.9"),
        TextFigure("notes[4]", "<1 y 25", parts=(25, 31), whole=55),
    ],
)
def test_a_declaration_that_no_longer_fits_the_record_is_refused(figure):
    with pytest.raises(InvalidInputError, match=re.escape(figure.field)):
        rederive(BHATIA, [figure])


def test_a_changed_note_fails_the_declaration():
    notes = list(BHATIA.notes)
    notes[4] = notes[4].replace("25", "26")
    changed = dataclasses.replace(BHATIA, notes=tuple(notes))
    with pytest.raises(InvalidInputError, match="read the record again"):
        rederive(changed, load_necrosis_declaration().in_words)


@pytest.mark.parametrize(("kind", "word"), [("sum", "agrees"), ("count", "fits")])
def test_words_outside_the_closed_lists(kind, word):
    with pytest.raises(InvalidInputError):
        Rederived("x", "n", kind, "s", "1", None, word, "h")
