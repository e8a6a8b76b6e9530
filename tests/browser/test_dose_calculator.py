"""The calculator in the page gives what the library gives, and refuses what it refuses."""

import itertools
import math

import pytest

from analysis_lib.book.dose_links import two_decimals
from analysis_lib.dose import (
    ISOTOPES,
    RANGES,
    fractionated,
    permanent_implant,
    temporary_implant,
)
from analysis_lib.exceptions import InvalidInputError

PAGE = "dose-calculator.html"
RATIOS = (2.0, 3.0, 8.5, 10.0)

COMPUTE = """cases => cases.map(([kind, given, ratio]) => {
  const found = lsrDose.doses(kind, given);
  const value = lsrDose.biological(found, ratio);
  return [found.total, value.bed, value.eqd2];
})"""


@pytest.fixture
def calculator(built_site, visit):
    """The page opened from its folder, without any server."""
    reader = visit(built_site.as_uri())
    page = reader.open(PAGE)
    page.reader = reader
    return page


def grid():
    """(kind, arguments of the library, function) over doses, times and isotopes."""
    days = {code: isotope.half_life_days for code, isotope in ISOTOPES.items()}
    for dose in (0.01, 1.8, 6, 10, 10.01, 18, 24, 100):
        yield "radiosurgery", {"dose_per_fraction_gy": dose, "fractions": 1}, fractionated
        for n in (1, 2, 5):
            if dose * n <= 500:
                given = {"dose_per_fraction_gy": dose, "fractions": n}
                yield "fractionated", given, fractionated
    for total, half, repair in itertools.product(
        (0.01, 60, 65, 80, 500), days.values(), (0.01, 0.5, 1.5, 100)
    ):
        given = {
            "total_dose_gy": total,
            "half_life_days": half,
            "repair_half_time_hours": repair,
        }
        yield "permanent", given, permanent_implant
    for rate, hours, repair, half in itertools.product(
        (0.04, 0.45, 5),
        (0.3, 1, 24, 100, 2000),
        (0.01, 0.5, 1.5, 24, 100),
        (None, *days.values(), 1.0),
    ):
        given = {
            "initial_dose_rate_gy_per_hour": rate,
            "duration_hours": hours,
            "repair_half_time_hours": repair,
            "half_life_days": half,
        }
        yield "temporary", given, temporary_implant


def test_the_script_and_the_library_agree_on_a_grid(calculator):
    cases, expected = [], []
    for (kind, given, function), ratio in itertools.product(grid(), RATIOS):
        try:
            found = function(**given, alpha_beta_gy=ratio)
        except InvalidInputError:
            continue  # rate times time outside what a total dose may be
        cases.append([kind, given, ratio])
        expected.append([found.total_dose_gy, found.bed_gy, found.eqd2_gy])
    assert len(cases) > 1000
    assert {kind for kind, _, _ in cases} == {
        "radiosurgery", "fractionated", "permanent", "temporary"
    }  # fmt: skip
    for case, ours, theirs in zip(
        cases, expected, calculator.evaluate(COMPUTE, cases), strict=True
    ):
        for a, b in zip(ours, theirs, strict=True):
            assert math.isclose(a, b, rel_tol=1e-9), (case, ours, theirs)


def choose(page, kind):
    page.check(f'[name="kind"][value="{kind}"]')


def fill(page, **values):
    for name, value in values.items():
        page.fill(f"#dose-{name}", value)


def press(page):
    page.click('#dose-form button[type="submit"]')


def rows(page):
    """Result by its alpha/beta."""
    return {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator("#dose-result tbody tr").all()
    }


def test_radiosurgery_by_keyboard_alone(calculator):
    page = calculator
    page.locator('[name="kind"]:checked').focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "dose_per_fraction_gy"
    page.keyboard.type("18")
    page.keyboard.press("Enter")
    found = rows(page)
    assert list(found) == [
        "α/β 10 Gy (tumour)", "α/β 3 Gy (late effects)", "α/β 2 Gy (late effects)"
    ]  # fmt: skip
    assert found["α/β 10 Gy (tumour)"][0].startswith("50.4 Gy")
    assert found["α/β 10 Gy (tumour)"][1].startswith("42 Gy")
    # Beside each number, not once at the end.
    told = [text for cells in found.values() for text in cells]
    assert all("over 10 Gy a fraction: outside the model’s range" in text for text in told)
    assert "not for treatment planning" in page.inner_text("#dose-result caption")
    assert not page.reader.faults, page.reader.faults


@pytest.mark.parametrize(
    ("dose", "fractions", "bed", "eqd2"),
    [("8", "3", "43.2", "36"), ("5", "5", "37.5", "31.25"), ("4", "5", "28", "23.33")],
)
def test_fractions_give_the_worked_values(calculator, dose, fractions, bed, eqd2):
    page = calculator
    choose(page, "fractionated")
    fill(page, dose_per_fraction_gy=dose, fractions=fractions)
    press(page)
    assert rows(page)["α/β 10 Gy (tumour)"] == [f"{bed} Gy", f"{eqd2} Gy"]
    worked = page.locator("#worked-values tbody tr", has_text=f"{fractions} × {dose} Gy")
    assert bed in worked.inner_text()
    assert eqd2 in worked.inner_text()


def test_seeds_ask_for_the_repair_time_and_say_it(calculator):
    page = calculator
    choose(page, "permanent")
    for field in page.locator("#dose-form input[type=text]").all():
        assert field.input_value() == ""
    page.select_option("#dose-isotope", "cs131")
    fill(page, total_dose_gy="60")
    press(page)
    assert page.inner_text("#wrong-repair_half_time_hours") == "Enter the repair half-time."
    assert page.evaluate("document.activeElement.name") == "repair_half_time_hours"
    assert rows(page) == {}
    fill(page, repair_half_time_hours="0,5")
    found = rows(page)
    assert found["α/β 10 Gy (tumour)"][0] == "60.77 Gy"
    caption = page.inner_text("#dose-result caption")
    assert "repair half-time 0.5 h" in caption
    assert "half-life 9.69 days" in caption
    assert page.inner_text("#wrong-repair_half_time_hours") == ""


def test_a_temporary_implant_constant_and_decaying(calculator):
    page = calculator
    choose(page, "temporary")
    given = {
        "initial_dose_rate_gy_per_hour": 0.4,
        "duration_hours": 120,
        "repair_half_time_hours": 1.5,
    }
    fill(page, **{name: str(value) for name, value in given.items()})
    press(page)
    for source, half_life in (("", None), ("i125", ISOTOPES["i125"].half_life_days)):
        page.select_option("#dose-source", source)
        found = temporary_implant(**given, alpha_beta_gy=3, half_life_days=half_life)
        assert rows(page)["α/β 3 Gy (late effects)"][0] == f"{two_decimals(found.bed_gy)} Gy"


def test_an_own_ratio_stands_beside_the_three(calculator):
    page = calculator
    fill(page, dose_per_fraction_gy="2", alpha_beta_gy="8,5")
    press(page)
    found = rows(page)
    assert len(found) == 4
    assert found["α/β 8.5 Gy (your value)"] == ["2.47 Gy", "2 Gy"]
    fill(page, alpha_beta_gy="3")
    assert len(rows(page)) == 3


BAD = {
    "": "Enter the dose per fraction.",
    "   ": "Enter the dose per fraction.",
    "0": "must be 0.01 to 100 Gy; 0 is outside",
    "-2": "must be 0.01 to 100 Gy; -2 is outside",
    "1800": "must be 0.01 to 100 Gy; 1800 is outside",
    "1,800": "It is not clear what the comma or point means",
    "1,234.5": "It is not clear what the comma or point means",
    "1.2.3": "It is not clear what the comma or point means",
    "abc": "must be a plain number such as 1.5",
    "1e3": "must be a plain number such as 1.5",
    "18 Gy": "must be a plain number such as 1.5",
    "Infinity": "must be a plain number such as 1.5",
    "<b>1</b>": "must be a plain number such as 1.5",
    "９": "must be a plain number such as 1.5",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_dose_is_told_at_its_field(calculator, text):
    page = calculator
    fill(page, dose_per_fraction_gy=text)
    press(page)
    assert BAD[text] in page.inner_text("#wrong-dose_per_fraction_gy")
    field = page.locator("#dose-dose_per_fraction_gy")
    assert field.get_attribute("aria-invalid") == "true"
    assert "wrong-dose_per_fraction_gy" in field.get_attribute("aria-describedby")
    assert "No result: see the message at the field." in page.inner_text("#dose-result")
    assert not page.reader.faults, page.reader.faults


@pytest.mark.parametrize(
    ("text", "message"),
    [("0", "must be 1 to 100"), ("2.5", "whole number"), ("-1", "must be 1"), ("", "Enter the")],
)
def test_bad_fractions_are_told_at_their_field(calculator, text, message):
    page = calculator
    choose(page, "fractionated")
    fill(page, dose_per_fraction_gy="5", fractions=text)
    press(page)
    assert message in page.inner_text("#wrong-fractions")
    assert page.inner_text("#wrong-dose_per_fraction_gy") == ""


def test_an_absurd_total_of_possible_values_is_told(calculator):
    page = calculator
    choose(page, "fractionated")
    fill(page, dose_per_fraction_gy="60", fractions="60")
    press(page)
    assert "total dose of 3600 Gy" in page.inner_text("#wrong-fractions")
    choose(page, "temporary")
    fill(
        page, initial_dose_rate_gy_per_hour="50", duration_hours="5000", repair_half_time_hours="1"
    )
    press(page)
    assert "total dose of 250000 Gy" in page.inner_text("#wrong-duration_hours")


def test_a_comma_is_a_decimal_sign_where_it_can_be_nothing_else(calculator):
    read = "([text, limits]) => lsrDose.readNumber(text, limits)"
    limits = {"name": "x", "unit": "Gy", "low": 0.01, "high": 5000, "whole": False}
    for text, value in {"1,5": 1.5, "17,04": 17.04, ",5": 0.5, "1.": 1, "+2": 2, " 3 ": 3}.items():
        assert calculator.evaluate(read, [text, limits]) == {"value": value}
    for text in ("1,500", "0,125", "1,2,3"):
        assert "not clear" in calculator.evaluate(read, [text, limits])["wrong"]


def test_the_page_knows_the_limits_of_the_library(calculator):
    data = calculator.evaluate("JSON.parse(document.getElementById('dose-data').textContent)")
    for name, limits in RANGES.items():
        assert (data["ranges"][name]["low"], data["ranges"][name]["high"]) == (
            limits.low,
            limits.high,
        )


def test_another_kind_starts_without_faults(calculator):
    page = calculator
    press(page)
    assert page.locator("[aria-invalid]").count() == 1
    choose(page, "permanent")
    assert page.locator("[aria-invalid]").count() == 0
    assert not page.locator("#dose-result").is_visible()
    assert not page.locator("#dose-dose_per_fraction_gy").is_visible()


def test_every_input_has_its_label_and_fits_a_phone(built_site, visit):
    page = visit(built_site.as_uri(), size="phone", mode="dark").open(PAGE)
    for kind in ("radiosurgery", "fractionated", "permanent", "temporary"):
        choose(page, kind)
        for field in page.locator("#dose-form input:visible, #dose-form select:visible").all():
            assert field.evaluate("field => field.labels.length") == 1
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_without_javascript_the_page_says_so_and_shows_worked_values(built_site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{built_site.as_uri()}/{PAGE}")
    assert "needs JavaScript" in page.inner_text(".lsr-dose-without")
    assert not page.locator("#dose-form").is_visible()
    assert "50.4" in page.inner_text("#worked-values")
    context.close()


def test_print_says_that_it_is_not_for_planning(calculator):
    page = calculator
    fill(page, dose_per_fraction_gy="18")
    press(page)
    page.emulate_media(media="print")
    for place in ("h1", ".lsr-dose-purpose", "#dose-result caption", "#worked-values caption"):
        assert page.locator(place).first.is_visible()
        assert "not for treatment planning" in page.inner_text(place)
    assert not page.locator("#dose-form button").is_visible()
