"""Labels and marks that are text: what they say, where they stand, whose colour they have."""

import io

import numpy as np
import pypdf
import pytest
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
)
from test_vector_files import CURVE, EXPECTED, STEPS, as_bytes, pdf, points, read, svg

from analysis_lib.digitise import NotAFigureError, UnreadableFigureError
from analysis_lib.digitise.vector import read_drawing
from analysis_lib.digitise.vector.pdf_fonts import font_of

#: Glyph codes of a font that holds only the figures it needs: 1 is "0", 2 is "1" and so on.
TABLE = (
    b"""beginbfrange <01> <0A> <0030> endbfrange beginbfchar <0B> <002B> <0C> <002E> endbfchar"""
)
WIDE_TABLE = b"beginbfrange <0001> <000A> [<0030><0031><0032><0033><0034><0035><0036><0037>] endbf"


def with_font(writer, **entries):
    """The pages of a file with a font /T."""
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font")})
    for name, value in entries.items():
        font[NameObject(f"/{name}")] = value
    for page in writer.pages:
        fonts = DictionaryObject({NameObject("/T"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    return as_bytes(writer)


def stream(writer, data):
    made = DecodedStreamObject()
    made.set_data(data)
    return writer._add_object(made)


def simple(body, table=TABLE, widths=(500,) * 12):
    writer = pdf(body)
    return with_font(
        writer,
        Subtype=NameObject("/TrueType"),
        BaseFont=NameObject("/ABCDEF+Some"),
        FirstChar=NumberObject(1),
        Widths=ArrayObject([FloatObject(width) for width in widths]),
        ToUnicode=stream(writer, table),
    )


def composite(body):
    writer = pdf(body)
    widths = ArrayObject([NumberObject(1), ArrayObject([NumberObject(500)] * 4)])
    widths += [NumberObject(v) for v in (5, 12, 500)]
    inner = DictionaryObject({NameObject("/DW"): NumberObject(900), NameObject("/W"): widths})
    return with_font(
        writer,
        Subtype=NameObject("/Type0"),
        DescendantFonts=ArrayObject([writer._add_object(inner)]),
        ToUnicode=stream(writer, WIDE_TABLE),
    )


def years(labels):
    """Labels 0 to 5 below the ticks, in the operators given."""
    return f"1 0 0 RG {STEPS} S BT /T 8 Tf {labels} ET"


#: 0 to 5 below the ticks that stand 20 points apart, the first in the middle of column 50.
ONE_STRING = "48 38 Td [(\\001)-2000(\\002)-2000(\\003)-2000(\\004)-2000(\\005)-2000(\\006)] TJ"
ONE_BY_ONE = "48 38 Td " + " 20 0 Td ".join(f"<0{k}> Tj" for k in range(1, 7))
WIDE = "48 38 Td " + " 20 0 Td ".join(f"<000{k}> Tj" for k in range(1, 7))


@pytest.mark.parametrize(
    "data",
    [simple(years(ONE_STRING)), simple(years(ONE_BY_ONE)), composite(years(WIDE))],
    ids=["one string", "one by one", "composite"],
)
def test_labels_in_glyph_codes_are_read(data):
    said = {label.text: label.column for label in read_drawing(data).labels}
    assert said == pytest.approx({str(k): 50 + 20 * k for k in range(6)})
    assert points(read(data)) == pytest.approx(EXPECTED)
    with pytest.raises(UnreadableFigureError, match="0 to 5, which is not x_range 0 to 48"):
        read(data, x_range=(0, 48))


#: The same for the survival axis, whose ticks stand 25 points apart.
UPWARD = "36 47 Td (\\001) Tj 0 100 Td (\\002) Tj"


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_figure_on_its_side_is_read_by_its_labels(rotate):
    labels = f"{ONE_STRING} 1 0 0 1 0 0 Tm {UPWARD}"
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(simple(years(labels)))))
    writer.pages[0].rotate(rotate)
    if rotate == 180:
        with pytest.raises(UnreadableFigureError):
            read(as_bytes(writer))
        return
    found = read(as_bytes(writer))
    assert points(found) == pytest.approx(EXPECTED)
    # The corner of the axes on the page as it is seen, and the end of the curve.
    corner, end = {90: ((50, 50), (90, 80)), 270: ((150, 150), (110, 120))}[rotate]
    columns, rows = found.calibration.to_pixels([0, 18], [0, 0.4])
    assert np.column_stack([columns, rows]) == pytest.approx(np.array([corner, end]))
    assert [finding.rule for finding in found.findings] == ["vector_precision", "on_its_side"]
    low, high = (45, 155)
    assert points(read(as_bytes(writer), plot_area=(low, low, high, high))) == pytest.approx(
        EXPECTED
    )
    with pytest.raises(NotAFigureError, match="no axes with curves lie there"):
        read(as_bytes(writer), plot_area=(0, 0, 20, 20))


def test_figures_written_one_by_one_are_one_number():
    """1 and 2 of a 12, and 0 . 5; but not the numbers of two ticks."""
    numbers = "40 38 Td <02> Tj 4 0 Td <03> Tj 30 0 Td <01> Tj 4 0 Td <0C> Tj 4 0 Td <06> Tj"
    labels = read_drawing(simple(years(numbers))).labels
    assert [(one.text, one.column) for one in labels] == [("12", 44.0), ("0.5", 80.0)]
    assert [one.half_width for one in labels] == [4.0, 6.0]


def test_a_font_without_a_table_has_the_letters_of_its_encoding():
    writer = pdf(years("48 38 Td (\\200\\001) Tj"))
    encoding = DictionaryObject(
        {NameObject("/Differences"): ArrayObject([NumberObject(128), NameObject("/seven")])}
    )
    data = with_font(writer, Subtype=NameObject("/Type1"), Encoding=encoding)
    assert [label.text for label in read_drawing(data).labels] == ["7"]


@pytest.mark.parametrize(
    "table", [b"beginbfchar <01> endbfchar", b"beginbfrange <01> <FFFFFFFF> <10FFFF> endbf"]
)
def test_a_broken_table_of_letters_is_no_harm(table):
    assert points(read(simple(years(ONE_STRING), table))) == pytest.approx(EXPECTED)


def test_text_that_is_not_seen_marks_nothing():
    seen = "BT /T 8 Tf 1 0 0 rg {} Tr 58 123 Td (+) Tj ET"
    for mode, count in ((0, 1), (3, 0)):
        writer = pdf(f"1 0 0 RG {STEPS} S {seen.format(mode)}")
        data = with_font(writer, Subtype=NameObject("/Type1"), BaseFont=NameObject("/Helvetica"))
        assert len(read(data).curves[0].censor_times_months) == count


@pytest.mark.parametrize(("sign", "width", "middle"), [("+", 0.584, 0.2525), ("|", 0.26, 0.275)])
def test_signs_that_mark_stand_in_their_middle(sign, width, middle):
    """Helvetica's own metrics: R centres its plotting characters by them."""
    left, low = 55 - 4 * width, 150 - 8 * middle
    body = f"1 0 0 RG {STEPS} S BT /T 8 Tf 1 0 0 rg {left} {low} Td [({sign})-{1250 - 1000 * width}"
    # The second stands 10 points right of the first, and 25 below it, at 9 months and 0.75.
    body += f"] TJ 10 -25 Td ({sign}) Tj ET"
    data = with_font(pdf(body), Subtype=NameObject("/Type1"), BaseFont=NameObject("/Helvetica"))
    assert read(data).curves[0].censor_times_months == pytest.approx((3, 9), abs=1e-6)


def test_signs_in_one_string_are_marks_of_their_own():
    body = f"1 0 0 RG {STEPS} S BT /T 4 Tf 1 0 0 rg 52 149 Td [(+)-100(+)] TJ ET"
    data = with_font(pdf(body), Subtype=NameObject("/Type1"), BaseFont=NameObject("/Helvetica"))
    first, second = read(data).curves[0].censor_times_months
    assert second - first == pytest.approx(0.6 * 4 * 0.684)


def test_a_letter_belongs_to_the_curve_of_its_colour():
    """Two curves closer together than a letter is high."""
    body = f'<polyline points="{CURVE}" fill="none" stroke="red"/>'
    body += '<polyline points="50,50 60,50 60,76 70,76 70,111 80,111" fill="none" stroke="blue"/>'
    body += '<text x="65" y="77" text-anchor="middle" font-size="6" fill="blue">+</text>'
    body += '<text x="75" y="111.5" text-anchor="middle" font-size="6" fill="red">+</text>'
    found = read(svg(body), n_curves=2)
    assert {curve.colour: curve.censor_times_months for curve in found.curves} == {
        "#ff0000": pytest.approx((15,)),
        "#0000ff": pytest.approx((9,)),
    }


def test_labels_of_an_upright_axis_end_in_one_column():
    labels = "".join(
        f'<text x="42" y="{53 + 25 * k}" text-anchor="end" font-size="14" '
        f'textLength="{6 if text in "01" else 20}px">{text}</text>'
        for k, text in enumerate(("1", "0.75", "0.5", "0.25", "0"))
    )
    found = read(svg(f'<polyline points="{CURVE}" fill="none" stroke="red"/>{labels}'))
    assert [tick.value for tick in found.calibration.y_ticks] == [0, 0.25, 0.5, 0.75, 1]
    assert points(found) == pytest.approx(EXPECTED)


def cross(column, row):
    return f"M{column - 3} {row}H{column + 3}M{column} {row - 3}V{row + 3}"


def test_strokes_of_crosses_are_no_ticks():
    """Strokes of one length side by side and one above the other, as ticks of two axes are."""
    body = f'<polyline points="{CURVE}" fill="none" stroke="red"/>'
    body += '<polyline points="50,50 55,50 55,78 90,78" fill="none" stroke="blue"/>'
    body += f'<path d="{cross(60.3, 75)}{cross(63, 75)}" stroke="red"/>'
    body += f'<path d="{cross(63, 78)}" stroke="blue"/>'
    found = read(svg(body), n_curves=2)
    assert {curve.colour: curve.censor_times_months for curve in found.curves} == {
        "#ff0000": pytest.approx((6.18, 7.8)),
        "#0000ff": pytest.approx((7.8,)),
    }


def test_strokes_of_crosses_are_no_dashes():
    """On small steps the strokes of marks follow each other as drawn-out dashes would."""
    stairs = [(50 + 4 * k, 50 + 4 * k) for k in range(9)]
    path = "M50 50" + "".join(f"H{column + 3}V{row + 4}" for column, row in stairs)
    marks = "".join(cross(column + 1, row) for column, row in stairs)
    body = f'<path d="{path}" fill="none" stroke="red"/><path d="{marks}" stroke="red"/>'
    (curve,) = read(svg(body)).curves
    assert curve.confidence == 1.0
    assert curve.censor_times_months == pytest.approx([0.6 + 2.4 * k for k in range(9)])


def test_a_table_of_widths_without_end_is_cut():
    """Each of 3000 entries names widths for 65 536 codes: seconds, not minutes."""
    entry = ArrayObject([NumberObject(v) for _ in range(3000) for v in (0, 65535, 500)])
    inner = DictionaryObject({NameObject("/W"): entry})
    font = {NameObject("/Subtype"): NameObject("/Type0")}
    font[NameObject("/DescendantFonts")] = ArrayObject([inner])
    assert len(font_of(DictionaryObject(font)).widths) == 65536
