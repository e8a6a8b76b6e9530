"""Formulas become MathML at build time."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from analysis_lib.book.mathml import to_mathml

MATHML = "{http://www.w3.org/1998/Math/MathML}"


@pytest.mark.parametrize(
    "latex",
    [
        r"\hat{S}(t) = \prod_{t_k \le t} \left(1 - \frac{d_k}{n_k}\right)",
        r"\tau^2",
        r"a < b",
        r"\arcsin\sqrt{\frac{n S + 0.25}{n + 0.5}}",
        r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
        r"a &= b \\ c &= d",
        "a = b\n\nc = d",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
    ],
)
@pytest.mark.parametrize("display", [True, False])
def test_formulas_are_well_formed(latex, display):
    element = ElementTree.fromstring(to_mathml(latex, display=display))
    assert element.tag == f"{MATHML}math"
    assert element.get("display") == ("block" if display else "inline")


def test_lines_become_rows():
    element = ElementTree.fromstring(to_mathml(r"a &= b \\ c &= d \\ e &= f", display=True))
    rows = list(element.iter(f"{MATHML}mtr"))
    assert len(rows) == 3
    assert [cell.get("columnalign") for cell in rows[0]] == ["right", "left"]


def test_text_in_a_formula_stays_text():
    mathml = to_mathml(r"\text{<script>x</script> & y}", display=False)
    assert "<script>" not in mathml
    text = "".join(ElementTree.fromstring(mathml).itertext())
    assert text.replace("\xa0", " ") == "<script>x</script> & y"


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\asin x", r"unknown command \\asin"),
        (r"\begin{foo}a\end{foo}", "unknown environment foo"),
        (r"\frac{a", "brace"),
        (r"\left(a", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(latex, message):
    with pytest.raises(ValueError, match=message):
        to_mathml(latex, display=True)
