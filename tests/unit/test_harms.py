"""Harms and findings: what may meet in a pool, and what is listed with its reason."""

import copy
import re
from html import unescape

import pytest
from synthetic import GOOD, write

from analysis_lib.book.harms_tables import harms_table
from analysis_lib.comparison import load_declaration, load_declarations
from analysis_lib.comparison.harms import harms_of
from analysis_lib.meta_analysis.proportions import exact_interval, pool_proportions
from analysis_lib.study_records import load_overlaps, load_records

IDS = [declared.id for declared in load_declarations()]
NO_RULES = {"overlaps": []}
SOURCE = {"url": "https://doi.org/10.1/x", "locator": "Table 1", "seen": "x"}
FORBIDDEN = re.compile(r"\b(significan\w*|superior\w*|improve[sd]?|reduce[sd]?|benefit\w*)\b", re.I)


def harm(events, at_risk, **fields):
    plain = {
        "event": "radionecrosis",
        "kind": "harm_after",
        "n_events": events,
        "n_at_risk": at_risk,
        "unit": "patient",
        "definition": "on imaging",
        "source": dict(SOURCE),
    }
    return plain | fields


def arm(harms, arm_id="a", **fields):
    plain = {"treatment": "re_srs", "pathology": "unknown", "outcomes": [], "harms": harms}
    return {"id": arm_id, "label": f"Arm {arm_id}"} | plain | fields


def study(name, *arms, **fields):
    record = copy.deepcopy(GOOD) | {"id": name, "contrasts": [], "arms": list(arms)}
    return record | fields


@pytest.fixture
def found(tmp_path):
    """Harms of synthetic records in the comparison of re-resection and repeat radiosurgery."""

    def run(*records, overlaps=NO_RULES):
        for record in records:
            write(tmp_path, record, record["id"])
        declaration = load_declaration("resection-vs-resrs")
        return harms_of(declaration, load_records(tmp_path / "data"), overlaps)

    return run


def srs(results, event="radionecrosis", kind="harm_after"):
    result = next(r for r in results if (r.event, r.kind) == (event, kind))
    return next(side for side in result.sides if side.id == "re_srs")


def three(**fields):
    return [
        study(f"s{n}-2020", arm([harm(events, total, **fields)]))
        for n, (events, total) in enumerate([(3, 30), (1, 25), (6, 40)])
    ]


def rule(kind="never_together", studies=("s0-2020", "s1-2020"), **fields):
    plain = {"id": "r", "kind": "shared_patients", "rule": kind, "studies": list(studies)}
    return {"overlaps": [plain | {"reason": "one ward", "use": []} | fields]}


def test_three_studies_of_one_definition_and_unit_are_pooled(found):
    side = srs(found(*three()))
    (pool,) = side.pools
    assert pool.pooled == pool_proportions([3, 1, 6], [30, 25, 40])
    assert pool.study_ids == ("s0-2020", "s1-2020", "s2-2020")
    assert all(row.not_pooled is None for row in side.rows)
    assert (side.rows[0].low, side.rows[0].high) == exact_interval(3, 30)
    assert side.n_not_reporting == 0


def test_spaces_and_capitals_make_no_other_definition(found):
    records = three()
    records[1]["arms"][0]["harms"][0]["definition"] = "On  Imaging"
    assert len(srs(found(*records)).pools) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"definition": "on histology"}, "fewer than three studies"),
        ({"unit": "lesion"}, "fewer than three studies"),
        ({"definition": None}, "definition not stated"),
        ({"definition": "not stated"}, "definition not stated"),
        ({"unit": None}, "unit not stated"),
        ({"n_events": None, "rate": 0.1}, "number of events"),
        ({"n_at_risk": None}, "number at risk"),
    ],
)
def test_what_differs_or_is_not_known_is_listed_with_its_reason(found, fields, reason):
    records = three()
    records[2]["arms"][0]["harms"][0] |= fields
    side = srs(found(*records))
    assert side.pools == ()
    assert reason in side.rows[2].not_pooled
    assert "fewer than three studies" in side.rows[0].not_pooled
    assert side.n_reporting == 3


def test_a_printed_rate_has_no_interval(found):
    row = srs(found(study("s0-2020", arm([harm(None, 40, rate=0.1)])))).rows[0]
    assert (row.proportion, row.low, row.high) == (0.1, None, None)


def test_kinds_never_meet(found):
    records = three()
    records[2]["arms"][0]["harms"][0]["kind"] = "finding_at_surgery"
    results = found(*records)
    assert srs(results).pools == ()
    assert srs(results, kind="finding_at_surgery").pools == ()
    assert [r.kind for r in results] == ["harm_after", "finding_at_surgery"]


@pytest.mark.parametrize("kind", ["composite", "before_treatment"])
def test_what_is_no_harm_of_the_treatment_is_listed_only(found, kind):
    side = srs(found(*three(kind=kind)), kind=kind)
    assert side.pools == ()
    assert {row.not_pooled for row in side.rows} == {"not a harm of the treatment by itself"}


def test_necrosis_is_listed_and_never_pooled(found):
    records = three()
    records[2]["arms"][0]["pathology"] = "necrosis"
    side = srs(found(*records))
    assert side.pools == ()
    assert "another disease" in side.rows[2].not_pooled
    assert (side.n_reporting, side.n_studies) == (2, 2)


def test_an_arm_of_tumour_alone_tells_nothing_of_necrosis_found(found):
    records = three(kind="finding_at_surgery")
    records[2]["arms"][0]["pathology"] = "tumour"
    side = srs(found(*records), kind="finding_at_surgery")
    assert side.pools == ()
    assert "holds tumour only" in side.rows[2].not_pooled


def test_another_site_of_recurrence_stays_out(found):
    records = three()
    records[0]["recurrence"] = "unknown"
    assert "site of the recurrence" in srs(found(*records)).rows[0].not_pooled


def test_second_hand_figures_stand_only_in_a_pool_that_says_so(found):
    records = three()
    records[0]["secondary_source"] = True
    side = srs(found(*records))
    (pool,) = side.pools
    assert pool.second_hand
    assert side.rows[0].not_pooled == "read in another paper's table"
    assert "fewer than three" in side.rows[1].not_pooled
    assert "read in another paper's table" in harms_table(found(*records)).to_text()


def test_a_part_never_stands_beside_its_whole(found):
    records = three()
    part = arm([harm(2, 10, definition="of its own")], "b", subset_of="a")
    records[0]["arms"].append(part)
    side = srs(found(*records))
    (row,) = [r for r in side.rows if r.arm_id == "b"]
    assert row.not_pooled == "same patients as the arm Arm a"
    assert row.part_of == "Arm a"
    assert side.pools[0].pooled.n == 95


def test_two_arms_of_a_study_are_one_study(found):
    records = three()
    records[0]["arms"].append(arm([harm(2, 10)], "b"))
    (pool,) = srs(found(*records)).pools
    assert pool.pooled == pool_proportions([5, 1, 6], [40, 25, 40])


def test_three_arms_of_two_studies_are_too_few(found):
    records = three()[:2]
    records[0]["arms"].append(arm([harm(2, 10)], "b"))
    assert srs(found(*records)).pools == ()


def test_cohorts_of_one_trial_count_once(found):
    side = srs(found(*three(), overlaps=rule("one_cluster")))
    assert side.pools == ()


def test_studies_that_share_patients_do_not_stand_together(found):
    extra = study("s3-2020", arm([harm(2, 20)]))
    use = [{"harm": "any", "keep": ["s1-2020", "s0-2020"]}]
    side = srs(found(*three(), extra, overlaps=rule(use=use)))
    assert side.pools[0].study_ids == ("s1-2020", "s2-2020", "s3-2020")
    assert side.rows[0].not_pooled == "shares patients: one ward"


def test_a_line_for_the_event_goes_before_the_line_for_any(found):
    extra = study("s3-2020", arm([harm(2, 20)]))
    use = [
        {"harm": "any", "keep": ["s1-2020", "s0-2020"]},
        {"harm": "radionecrosis", "keep": ["s0-2020", "s1-2020"]},
    ]
    side = srs(found(*three(), extra, overlaps=rule(use=use, harms=["any"])))
    assert side.pools[0].study_ids == ("s0-2020", "s2-2020", "s3-2020")


@pytest.mark.parametrize("narrow", [{"outcomes": ["os"]}, {"harms": ["oedema"]}])
def test_a_rule_on_something_else_is_silent(found, narrow):
    assert len(srs(found(*three(), overlaps=rule(**narrow))).pools) == 1


def test_kept_out_records_enter_no_pool(found):
    side = srs(found(*three(), overlaps=rule(studies=("s0-2020", "gone"), keep_out=["s0-2020"])))
    assert side.pools == ()
    assert "shares patients" in side.rows[0].not_pooled


def test_one_series_reported_twice_counts_once(found):
    side = srs(found(*three(), overlaps=rule("same_patients")))
    assert (side.n_reporting, side.n_studies) == (2, 2)


def test_a_suspected_overlap_is_run_again_without(found):
    extra = study("s3-2020", arm([harm(2, 20)]))
    overlaps = rule("leave_out_check", leave_out=["s1-2020"])
    (pool,) = srs(found(*three(), extra, overlaps=overlaps)).pools
    (check,) = pool.checks
    assert check.left_out == ("s1-2020",)
    assert check.pooled == pool_proportions([3, 6, 2], [30, 40, 20])
    assert (
        "s1-2020, which may share patients"
        in harms_table(found(*three(), extra, overlaps=overlaps)).to_text()
    )


def test_an_event_of_one_side_is_counted_as_not_reported_on_the_other(found):
    operated = study("s9-2020", arm([], treatment="re_resection"))
    (result,) = found(*three(), operated)
    resected = next(side for side in result.sides if side.id == "re_resection")
    assert (resected.n_not_reporting, resected.n_studies) == (1, 1)
    assert "not reported by 1 of 1" in harms_table(found(*three(), operated)).to_text()


def test_studies_not_included_are_not_read(found):
    records = three()
    records[0]["eligibility"] = {"decision": "exclude", "reason": "synthetic"}
    assert srs(found(*records)).n_studies == 2


def test_a_pool_of_three_says_nothing_of_leaving_one_out(found):
    side = srs(found(*three()))
    (pool,) = side.pools
    assert [left.study_ids for left in pool.without] == [(one,) for one in pool.study_ids]
    assert {left.pooled.k for left in pool.without} == {2}
    assert pool.known_without == ()
    assert pool.moved_most is None
    assert "Without each study" not in harms_table(found(*three())).to_text()


def test_studies_of_one_place_are_left_out_together(found):
    """Four places; two studies of one share a cluster and count as one in the pool."""
    more = [study(f"s{n}-2020", arm([harm(n, 20)])) for n in (3, 4)]
    one_place = rule("one_cluster", ("s3-2020", "s4-2020"))
    results = found(*three(), *more, overlaps=one_place)
    (pool,) = srs(results).pools
    last = pool.without[-1]
    assert last.study_ids == ("s3-2020", "s4-2020")
    assert last.pooled == pool_proportions([3, 1, 6], [30, 25, 40])
    assert [left.pooled.k for left in pool.without] == [3, 3, 3, 3]
    assert f"{pool.moved_most.label} moves it most" in harms_table(results).to_text()


def test_without_any_harm_the_table_says_so():
    assert "No study of either side reports a harm" in harms_table(()).to_text()


@pytest.fixture(scope="module")
def real():
    records, overlaps = load_records(), load_overlaps()
    return {d.id: harms_of(d, records, overlaps) for d in load_declarations()}


@pytest.mark.parametrize("comparison_id", IDS)
def test_real_pools_hold_one_definition_unit_and_kind(real, comparison_id):
    for result in real[comparison_id]:
        for side in result.sides:
            for pool in side.pools:
                rows = [r for r in side.rows if r.study_id in pool.study_ids and r.n_events]
                assert len({row.harm_class for row in rows}) == 1
                assert pool.pooled.k >= 3
                assert result.kind in ("harm_after", "finding_at_surgery")
            assert 0 <= side.n_reporting <= side.n_studies


@pytest.mark.parametrize("comparison_id", IDS)
def test_every_real_row_is_pooled_or_says_why_not(real, comparison_id):
    for result in real[comparison_id]:
        for side in result.sides:
            pooled = {study for pool in side.pools for study in pool.study_ids}
            for row in side.rows:
                assert row.not_pooled or row.study_id in pooled


def test_the_real_finding_at_surgery_rests_on_one_second_hand_table(real):
    result = next(r for r in real["resection-vs-nonsurgical"] if r.kind == "finding_at_surgery")
    (side,) = result.sides
    assert all(pool.second_hand for pool in side.pools)


@pytest.mark.parametrize("comparison_id", IDS)
def test_each_real_figure_leads_to_its_place(real, comparison_id):
    html = harms_table(real[comparison_id]).to_html()
    rows = [row for r in real[comparison_id] for side in r.sides for row in side.rows]
    for row in rows:
        anchor = re.sub(r"[^a-z0-9]+", "-", row.field).strip("-")
        assert f'href="studies/{row.study_id}.html#{anchor}"' in html


@pytest.mark.parametrize("comparison_id", IDS)
def test_the_tables_claim_no_cause(real, comparison_id):
    html = harms_table(real[comparison_id]).to_html()
    text = unescape(re.sub(r'title="[^"]*"', "", html))
    assert not FORBIDDEN.search(text)
    assert "nan" not in text.lower().split()
