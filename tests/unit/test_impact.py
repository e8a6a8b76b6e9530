"""Twenty-two scripted updates of a synthetic evidence folder, each told for what it is."""

import copy
import shutil

import pytest
import yaml
from synthetic import GOOD, write

from analysis_lib.book.impact_words import SIZES, impact_markdown, impact_text
from analysis_lib.comparison import compare, load_declaration
from analysis_lib.comparison.declarations import ChangeThresholds, load_thresholds
from analysis_lib.editions import current_state, impact, state_of
from analysis_lib.editions.changes import RATIO, Change, Quantity, classify
from analysis_lib.study_records import DATA, load_overlaps, load_records

COMPARISON = "adjuvant-reirradiation"
WITH, WITHOUT = "re_resection_plus_re_srs", "re_resection_alone"
POOLED = ("os", "within", "hazard ratio", "with_rt", "without_rt")


def arm(name, treatment, share=None, role="primary"):
    found = copy.deepcopy(GOOD["arms"][0]) | {"id": name, "label": name, "treatment": treatment}
    found |= {"n_patients": 40, "harms": []}
    if share is None:
        return found | {"outcomes": []}
    outcome = found["outcomes"][0] | {"role": role, "median": None, "n_events": None}
    outcome |= {"role_reason": None if role == "primary" else "synthetic"}
    outcome |= {"n_analysed": {"value": 40, "unit": "patient", "printed": True}}
    outcome["landmarks"] = [{"months": 12, "value": share}]
    return found | {"outcomes": [outcome]}


def study(name, *arms, hr=None, p=None, decision="include"):
    found = copy.deepcopy(GOOD) | {"id": name, "n_patients": 200, "arms": list(arms)}
    found["eligibility"] = {"decision": decision, "reason": "synthetic"}
    contrast = copy.deepcopy(GOOD["contrasts"][0])
    contrast |= dict(zip(("hr", "low", "high"), hr or (None,) * 3, strict=True)) | {"p": p}
    return found | {"contrasts": [contrast] if hr or p else []}


def within(name, hr=None, p=None):
    return study(name, arm("a", WITH), arm("b", WITHOUT), hr=hr, p=p)


def cohort(name, treatment, share, **more):
    return study(name, arm("a", treatment, share, **more))


def harm(events):
    return copy.deepcopy(GOOD["arms"][0]["harms"][0]) | {
        "n_events": events, "unit": "patient", "definition": "radiographic",
    }  # fmt: skip


BASE = {
    "wa-2001": within("wa-2001", (0.70, 0.50, 0.98)),
    "wb-2002": within("wb-2002", (0.75, 0.50, 1.125)),
    "wc-2003": within("wc-2003", (0.65, 0.40, 1.056)),
    "wd-2004": within("wd-2004", (0.72, 0.50, 1.037)),
    "we-2005": within("we-2005", p=0.4),
    "ca-2006": cohort("ca-2006", WITH, 0.60),
    "cb-2007": cohort("cb-2007", WITH, 0.55),
    "cc-2008": cohort("cc-2008", WITH, 0.65),
    "da-2009": cohort("da-2009", WITHOUT, 0.50),
    "db-2010": cohort("db-2010", WITHOUT, 0.45),
    "dc-2011": cohort("dc-2011", WITHOUT, 0.40),
    "none-2012": cohort("none-2012", WITH, 0.5, role="none"),
}
BASE["ca-2006"]["arms"][0]["harms"] = [harm(4)]
BASE["cb-2007"]["arms"][0]["harms"] = [harm(3)]

KEEP = ["cb-2007", "ca-2006"]
OVERLAP = {
    "id": "synthetic",
    "section": "A",
    "kind": "same_series",
    "rule": "same_patients",
    "basis": "seen",
    "studies": list(KEEP),
    "use": [{"outcome": "any", "keep": list(KEEP)}, {"harm": "any", "keep": list(KEEP)}],
    "reason": "Synthetic: two invented cohorts are declared to be one series of patients.",
}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    known = {}

    def made(records, rules=()):
        name = repr((sorted(records.items()), rules))
        if name not in known:
            folder = tmp_path_factory.mktemp("evidence")
            for record in records.values():
                write(folder, record, record["id"])
            shared = yaml.safe_load((DATA / "overlaps.yaml").read_text("utf-8"))
            shared["overlaps"] += list(rules)
            (folder / "data" / "overlaps.yaml").write_text(yaml.safe_dump(shared), "utf-8")
            for other in ("reading.yaml", "vocabulary.yaml"):
                shutil.copy(DATA / other, folder / "data" / other)
            data = folder / "data"
            result = compare(
                COMPARISON, load_records(data), overlaps=load_overlaps(data), leave_one_out=False
            )
            known[name] = state_of({COMPARISON: result}, data=data)
        return known[name]

    return made


def ratios(**values):
    """Corrects printed ratios; limits keep their distance on the logarithmic scale."""

    def update(records):
        for name, value in values.items():
            contrast = next(r for k, r in records.items() if k.startswith(name))["contrasts"][0]
            factor = value / contrast["hr"]
            for key in ("hr", "low", "high"):
                contrast[key] = round(contrast[key] * factor, 6)

    return update


def shares(**values):
    def update(records):
        for name, value in values.items():
            found = next(r for k, r in records.items() if k.startswith(name))
            found["arms"][0]["outcomes"][0]["landmarks"][0]["value"] = value

    return update


def add(*studies):
    return lambda records: records.update({one["id"]: one for one in studies})


def remove(*names):
    return lambda records: [records.pop(name) for name in names]


def note(records):
    records["wa-2001"]["notes"] = ["a word more"]


def other_p(records):
    records["we-2005"]["contrasts"][0]["p"] = 0.3


def third_harm(records):
    records["cc-2008"]["arms"][0]["harms"] = [harm(5)]


def both(*updates):
    def update(records):
        for one in updates:
            one(records)

    return update


#: What is done, the class of the comparison, and who must be named for it.
UPDATES = {
    "nothing": (lambda records: None, Change.NO_CHANGE, set()),
    "added: an excluded study": (
        add(study("new-2020", arm("a", WITH, 0.5, "sensitivity"), decision="exclude")),
        Change.NO_CHANGE, set(),
    ),
    "added, no effect: a figure that is never pooled": (
        add(cohort("new-2020", WITH, 0.5, role="none")), Change.NO_EFFECT, set(),
    ),
    "added, no effect: a record without a figure": (
        add(within("new-2020")), Change.NO_EFFECT, set(),
    ),
    "corrected, no effect: a note": (note, Change.NO_EFFECT, set()),
    "corrected, no effect: a p-value without a ratio": (other_p, Change.NO_EFFECT, set()),
    "removed, no effect": (remove("none-2012"), Change.NO_EFFECT, set()),
    "added: more precise": (
        add(within("new-2020", (0.71, 0.63, 0.80))), Change.MORE_PRECISE, {"new-2020"},
    ),
    "corrected: within the old interval": (ratios(wa=0.76), Change.WITHIN, {"wa-2001"}),
    "removed: within the old interval": (remove("wb-2002"), Change.WITHIN, {"wb-2002"}),
    "corrected: beyond the old interval": (
        ratios(wa=0.42, wb=0.43, wc=0.41, wd=0.42), Change.BEYOND,
        {"wa-2001", "wb-2002", "wc-2003", "wd-2004"},
    ),
    "added: crosses a hazard ratio of 0.8": (
        add(within("new-2020", (1.0, 0.92, 1.087))), Change.CROSSES, {"new-2020"},
    ),
    "corrected: direction of the ratio": (
        ratios(wa=1.4, wb=1.3, wc=1.5, wd=1.35), Change.DIRECTION,
        {"wa-2001", "wb-2002", "wc-2003", "wd-2004"},
    ),
    "removed: the pool disappears, single studies stand": (
        remove("wc-2003", "wd-2004"), Change.DISAPPEARED, {"wc-2003", "wd-2004"},
    ),
    "corrected: a side moves within its interval": (
        shares(ca=0.62), Change.WITHIN, {"ca-2006"},
    ),
    "corrected: a side moves by 10 of 100": (
        shares(ca=0.75, cb=0.72, cc=0.78), Change.CROSSES, {"ca-2006", "cb-2007", "cc-2008"},
    ),
    "corrected: the difference of sides passes 10 of 100": (
        shares(da=0.56, db=0.53, dc=0.50), Change.CROSSES, {"da-2009", "db-2010", "dc-2011"},
    ),
    "corrected: the difference of sides turns": (
        shares(ca=0.52, cb=0.50, cc=0.55, da=0.57, db=0.54, dc=0.50), Change.DIRECTION,
        {"ca-2006", "da-2009"},
    ),
    "removed: a side is known in two studies": (
        remove("cc-2008"), Change.DISAPPEARED, {"cc-2008"},
    ),
    "added: a figure for a scenario": (
        add(cohort("new-2020", WITH, 0.5, role="sensitivity")), Change.BESIDE, {"new-2020"},
    ),
    "corrected: a third study reports a harm": (third_harm, Change.APPEARED, {"cc-2008"}),
    "two at once": (
        both(add(within("new-2020", (1.0, 0.92, 1.087))), ratios(wa=0.76)), Change.CROSSES,
        {"new-2020", "wa-2001"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_told_for_what_it_is(state, name):
    update, expected, movers = UPDATES[name]
    records = copy.deepcopy(BASE)
    update(records)
    found = impact(state(BASE), state(records))
    (one,) = found.comparisons
    assert one.change is expected, [(f.key, f.change) for f in one.figures]
    assert movers <= {mover.name for mover in one.movers}
    assert found.nothing == (name == "nothing")
    back = impact(state(records), state(BASE)).comparisons[0].change
    assert (back is Change.NO_CHANGE) == (expected is Change.NO_CHANGE)


def test_a_declared_overlap_takes_a_figure_away_and_is_named(state):
    found = impact(state(BASE), state(BASE, (OVERLAP,)))
    (one,) = found.comparisons
    assert one.change is Change.DISAPPEARED
    assert {(mover.name, mover.did) for mover in one.movers} == {
        ("ca-2006", "left"),
        ("overlaps.yaml", "corrected"),
    }
    assert not found.studies


def test_a_cohort_that_widens_the_range_is_no_study_without_effect(state):
    """The range of cohorts leads a page where no study compares directly."""
    before = {k: r for k, r in BASE.items() if not k.startswith(("c", "w"))}
    before["ca-2006"] = BASE["ca-2006"]
    after = before | {"new-2020": cohort("new-2020", WITH, 0.3)}
    (one,) = impact(state(before), state(after)).comparisons
    assert one.change is Change.BESIDE
    moved = {figure.key: figure for figure in one.figures if figure.change.moved}
    lowest = moved[("os", "range", "with_rt", "lowest share at 12 months")]
    assert (lowest.before.estimate, lowest.after.estimate) == (0.6, 0.3)
    assert [mover.name for mover in one.movers] == ["new-2020"]
    assert ("os", "range", "with_rt", "highest share at 12 months") not in moved


def test_only_what_makes_numbers_is_named_for_a_move(state):
    """A judgement of a study that was added moved no figure, and the study is named once."""
    from dataclasses import replace

    records = BASE | {"new-2020": cohort("new-2020", WITH, 0.5, role="sensitivity")}
    after = state(records)
    files = dict(after.file_hashes) | {"judgements/grade.yaml": "1" * 64}
    before = replace(state(BASE), file_hashes=after.file_hashes)
    found = impact(before, replace(after, file_hashes=files))
    assert [mover.name for mover in found.files] == ["judgements/grade.yaml"]
    assert [mover.name for mover in found.comparisons[0].movers] == ["new-2020"]


def test_the_patients_of_a_pool_are_not_those_of_a_part_of_it(state):
    """A share at 12 months rests on the cohorts that know it, and n counts the pool."""
    records = copy.deepcopy(BASE)
    shares(ca=0.62)(records)
    text = impact_text(impact(state(BASE), state(records)), "edition 2026.1")
    line = next(x for x in text.splitlines() if "62.0%" in x or "; pool n 120" in x)
    assert "; k 3; pool n 120" in line
    assert text.endswith(SIZES)


def test_a_pool_that_appears_is_no_unchanged_one(state):
    before = {k: r for k, r in BASE.items() if k not in ("wc-2003", "wd-2004")}
    (one,) = impact(state(before), state(BASE)).comparisons
    pooled = next(figure for figure in one.figures if figure.key == POOLED)
    assert pooled.change is Change.APPEARED
    assert pooled.after.k == (4,)


def test_changed_studies_are_listed_by_what_happened_to_them(state):
    records = copy.deepcopy(BASE)
    both(add(within("new-2020")), note, remove("none-2012"))(records)
    did = {mover.name: mover.did for mover in impact(state(BASE), state(records)).studies}
    assert did == {"new-2020": "added", "wa-2001": "corrected", "none-2012": "removed"}


def test_a_changed_method_is_named_where_no_study_changed(state):
    from dataclasses import replace

    before = state(BASE)
    numbers = copy.deepcopy(dict(before.numbers))
    between = numbers[COMPARISON]["headline"]["outcomes"]["os"]["within_studies"][0]["pooled"]
    between["estimate"] += 0.01
    found = impact(before, replace(before, numbers=numbers, method_hash="0" * 64))
    assert [mover.name for mover in found.comparisons[0].movers] == ["method"]
    assert found.comparisons[0].change is Change.WITHIN


# --- classes at their borders -----------------------------------------------------------

LIMITS = ChangeThresholds((0.8, 1.25), 0.1)


def one(estimate, low=None, high=None):
    return Quantity(("os",), RATIO, True, (3,), (), estimate, low, high, None, None, {})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (one(0.7, 0.5, 0.9), one(0.8, 0.5, 0.9), Change.CROSSES),
        (one(0.8, 0.5, 1.2), one(1.25, 0.9, 1.4), Change.DIRECTION),
        (one(0.8, 0.5, 1.2), one(0.9, 0.6, 1.3), Change.WITHIN),
        (one(1.0, 0.5, 1.2), one(0.9, 0.4, 1.1), Change.WITHIN),
        (one(0.9, 0.5, 1.2), one(0.9, 0.5, 1.1), Change.MORE_PRECISE),
        (one(0.9, 0.5, 1.2), one(0.9, 0.5, 1.3), Change.WITHIN),
        (one(0.9), one(0.91), Change.MOVED),
        (one(0.9, 0.85, 0.95), one(0.97, 0.9, 1.0), Change.BEYOND),
        (None, one(0.9), Change.APPEARED),
        (one(None), one(0.9), Change.APPEARED),
        (one(0.9), None, Change.DISAPPEARED),
        (None, one(None), Change.NO_EFFECT),
        (one(0.9, 0.5, 1.2), one(0.9, 0.5, 1.2), Change.NO_CHANGE),
    ],
)
def test_a_figure_at_the_border_of_a_class(before, after, expected):
    assert classify(before, after, LIMITS) is expected


def test_thresholds_are_those_of_the_protocol():
    assert load_thresholds() == LIMITS


# --- how it is told -----------------------------------------------------------------------


def test_what_moved_is_escaped_wherever_it_is_told(state):
    records = copy.deepcopy(BASE)
    third_harm(records)
    evil = "<img src=x> | [x](http://e.x) `\x1b[31m"
    for name in ("ca-2006", "cb-2007", "cc-2008"):
        records[name]["arms"][0]["harms"][0]["definition"] = evil
    found = impact(state(BASE), state(records))
    markdown, text = impact_markdown(found, "x"), impact_text(found, "x")
    assert "radionecrosis" in text.lower()
    assert "<img" not in markdown
    assert "](http" not in markdown
    row = next(line for line in markdown.splitlines() if "img src" in line)
    assert row.replace(r"\|", "").count("|") == 6
    assert "\x1b" not in text + markdown


def test_the_text_names_class_and_study(state):
    records = copy.deepcopy(BASE)
    ratios(wa=0.76)(records)
    text = impact_text(impact(state(BASE), state(records)), "edition 2026.1")
    assert load_declaration(COMPARISON).title in text
    assert "moved within the old interval" in text
    assert "wa-2001 (changed figures)" in text


def test_a_state_computed_side_by_side_is_that_of_its_results(tmp_path):
    """Records go to the processes and numbers come back, as if computed here."""
    for name, record in BASE.items():
        write(tmp_path, record, name)
    data = tmp_path / "data"
    for other in ("overlaps.yaml", "reading.yaml", "vocabulary.yaml"):
        shutil.copy(DATA / other, data / other)
    state = current_state(data=data, leave_one_out=False, only=[COMPARISON])
    result = compare(
        COMPARISON, load_records(data), overlaps=load_overlaps(data), leave_one_out=False
    )
    assert state == state_of({COMPARISON: result}, data=data)
    assert state.study_hashes.keys() == BASE.keys()
