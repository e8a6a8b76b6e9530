"""Vector files in other dresses, and files that are refused; every file here is synthetic."""

import io

import numpy as np
import pypdf
import pytest
from PIL import Image
from pypdf.generic import DecodedStreamObject, NameObject
from vector_figures import arm, draw_arm, new_axes, saved

from analysis_lib.digitise import NotAFigureError, UnreadableFigureError
from analysis_lib.digitise.vector import digitise_vector, is_pdf, is_svg, read_drawing
from analysis_lib.exceptions import InvalidInputError

#: A step curve (0, 1) - 6 - 12 - 18 in a plot of 100 x 100 units whose corner is (50, 150).
CURVE = "50,50 60,50 60,75 70,75 70,110 80,110"
TICKS = [(50 + 20 * k, 150, 50 + 20 * k, 155) for k in range(6)]
TICKS += [(45, 50 + 25 * k, 50, 50 + 25 * k) for k in range(5)]
EXPECTED = np.array([[0, 1], [6, 1], [6, 0.75], [12, 0.75], [12, 0.4], [18, 0.4]])


def svg(body, extra="", root='viewBox="0 0 200 200"'):
    ticks = "".join(f'<line x1="{a}" y1="{b}" x2="{c}" y2="{d}"/>' for a, b, c, d in TICKS)
    return (
        f'<?xml version="1.0"?>{extra}<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" {root}>'
        f'<g stroke="#333">{ticks}</g>{body}</svg>'
    ).encode()


def read(data, **options):
    return digitise_vector(data, **{"x_range": (0, 60), "n_curves": 1} | options)


def points(figure, k=0):
    return figure.curves[k].points.to_numpy()


DRESSES = {
    "polyline": f'<polyline points="{CURVE}" fill="none" stroke="red"/>',
    "classes": "<style>.a line, .a .kurve { fill: none; stroke: #f00 } .kurve{stroke-width:2px}"
    f'</style><g class="a"><polyline class="kurve" points="{CURVE}"/></g>',
    "later rules win": f"<style>/* x */ .c{{stroke:#f00}} #u{{fill:none}}</style>"
    f'<polyline id="u" class="c" stroke="blue" points="{CURVE}"/>',
    "style attribute": f'<polyline points="{CURVE}" style="fill:none;stroke:rgb(100%, 0%, 0%)"/>',
    "relative path": '<path fill="none" stroke="red" d="m50 50h10v25h10v35h10"/>',
    "transform": '<g transform="translate(10 0) scale(2)"><path fill="none" stroke="red" '
    'transform="matrix(0.5 0 0 0.5 -5 0)" d="M50 50H60V75H70V110H80"/></g>',
    "turned": '<g transform="rotate(90 50 50)"><path fill="none" stroke="red" '
    'd="M50 50V40H75V30H110V20"/></g>',
    "used": '<defs><path id="p" d="M0 0H10V25H20V60H30" fill="none" stroke="red"/></defs>'
    '<use xlink:href="#p" x="50" y="50"/>',
    "symbol": '<symbol id="s"><path d="M0 0H10V25H20V60H30" fill="none"/></symbol>'
    '<g stroke="red"><use href="#s" transform="translate(50 50)"/></g>',
    "from right to left": '<path fill="none" stroke="red" d="M80 110H70V75H60V50H50"/>',
    "current colour": f'<g color="red"><polyline points="{CURVE}" fill="none" '
    'stroke="currentColor"/></g>',
    "with a script": f"<script>alert(1)</script><polyline points='{CURVE}' fill='none' "
    "stroke='red' onclick='alert(2)'/>",
    "hidden ones beside it": f'<polyline points="{CURVE}" fill="none" stroke="red"/>'
    + "".join(
        f'<polyline points="50,50 55,50 55,60 90,60" fill="none" stroke="blue" {how}/>'
        for how in ('display="none"', 'visibility="hidden"', 'opacity="0"', 'stroke-opacity="0"')
    ),
    "clipped": '<clipPath id="c"><rect x="50" y="50" width="30" height="100"/></clipPath>'
    '<g clip-path="url(#c)"><path fill="none" stroke="red" d="M50 50H60V75H70V110H99V149"/></g>',
}


def test_a_line_on_the_edge_of_its_clip_is_seen():
    body = '<clipPath id="c"><rect x="50" y="50" width="100" height="100"/></clipPath>'
    edges = ("150.0001", "150.2")
    lines = [f'<line x1="{x}" y1="60" x2="{x}" y2="70" stroke="red"/>' for x in edges]
    drawn = read_drawing(svg(f'{body}<g clip-path="url(#c)">{"".join(lines)}</g>')).lines
    assert [line.points[0, 0] for line in drawn if line.pen.stroke == "#ff0000"] == [150.0001]


@pytest.mark.parametrize("dress", DRESSES, ids=DRESSES.keys())
def test_dresses_of_svg(dress):
    found = read(svg(DRESSES[dress]))
    assert points(found) == pytest.approx(EXPECTED, abs=1e-9)
    assert found.curves[0].colour == "#ff0000"


STYLES = {
    "": "solid",
    'stroke-dasharray="6 3"': "dashed",
    'stroke-dasharray="1, 2"': "dotted",
    'stroke-dasharray="6 3 1 3"': "dash-dotted",
    'stroke-dasharray="none"': "solid",
}


@pytest.mark.parametrize("dash", STYLES, ids=STYLES.values())
def test_line_styles(dash):
    found = read(svg(f'<polyline points="{CURVE}" fill="none" stroke="red" {dash}/>'))
    assert found.curves[0].line_style == STYLES[dash]


def test_ticks_in_the_colour_of_no_curve_belong_to_all_they_lie_on():
    """Where two curves coincide, a black tick may be of either: said."""
    other = "50,50 60,50 60,75 90,75"
    body = f'<polyline points="{CURVE}" fill="none" stroke="red"/>'
    body += f'<polyline points="{other}" fill="none" stroke="blue"/>'
    body += '<path d="M65 72V78M85 72V78M75 107V113" stroke="black"/>'
    found = read(svg(body), n_curves=2)
    assert found.curves[0].colour == "#0000ff"
    assert found.curves[0].censor_times_months == pytest.approx((9, 21))
    assert found.curves[1].censor_times_months == pytest.approx((9, 15))
    doubts = [finding for finding in found.findings if finding.severity == "doubt"]
    assert [finding.curve for finding in doubts] == [0, 1]
    assert "1 censor ticks lie on another curve" in found.curves[0].reasons[0]


def test_ticks_drawn_as_thin_bars():
    bars = "".join(
        f'<rect x="{min(a, c) - 0.25 * (a == c)}" y="{min(b, d) - 0.25 * (b == d)}" '
        f'width="{abs(c - a) or 0.5}" height="{abs(d - b) or 0.5}"/>'
        for a, b, c, d in TICKS
    )
    data = svg(bars + DRESSES["polyline"])
    without_strokes = data.replace(b'stroke="#333"', b'stroke="none"')
    assert points(read(without_strokes)) == pytest.approx(EXPECTED, abs=1e-9)


def test_months_are_as_exact_as_numbers_are_printed():
    body = '<path d="M50.01 50H60.02V75.03H80.01" stroke="red" fill="none"/>'
    assert "printed to 0.01 points" in read(svg(body)).findings[0].message


def pdf(body, *, rotate=0, forms=(), pages=1):
    """A PDF file made by hand; its axes point up, the corner of the plot is (50, 50)."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(200, 200)
        ticks = "".join(f"{a} {200 - b} m {c} {200 - d} l S\n" for a, b, c, d in TICKS)
        stream = DecodedStreamObject()
        stream.set_data(f"1 w\n{ticks}{body}".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
        if rotate:
            page.rotate(rotate)
        for name, text in forms:
            form = DecodedStreamObject()
            form.set_data(text.encode())
            box = [pypdf.generic.FloatObject(v) for v in (0, 0, 200, 200)]
            form[NameObject("/Type")] = NameObject("/XObject")
            form[NameObject("/Subtype")] = NameObject("/Form")
            form[NameObject("/BBox")] = pypdf.generic.ArrayObject(box)
            resources = page[NameObject("/Resources")]
            table = resources.setdefault(NameObject("/XObject"), pypdf.generic.DictionaryObject())
            table[NameObject(name)] = writer._add_object(form)
            form[NameObject("/Resources")] = resources
    return writer


def as_bytes(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


STEPS = "50 150 m 60 150 l 60 125 l 70 125 l 70 90 l 80 90 l"
PAGES = {
    "plain": (f"1 0 0 RG {STEPS} S", ()),
    "saved state": (f"q 0 0 1 RG Q 1 0 0 RG q 9 w {STEPS} S Q", ()),
    "ink": (f"0 1 1 0 K {STEPS} S", ()),
    "transform": (f"1 0 0 RG q 2 0 0 2 10 20 cm 0.5 0 0 0.5 -5 -10 cm {STEPS} S Q", ()),
    "form": ("1 0 0 RG /F Do", (("/F", f"{STEPS} S"),)),
    "clip": ("1 0 0 RG q 50 50 30 100 re W n 50 150 m 60 150 l 60 125 l 70 125 l 70 90 l "
             "99 90 l 99 60 l S Q", ()),
    "unknown and broken operators": (f"1 0 0 RG 7 XX l (a) cm 1 w {STEPS} S", ()),
    "never restored": (f"q q q 1 0 0 RG {STEPS} S q", ()),
}  # fmt: skip


@pytest.mark.parametrize("dress", PAGES, ids=PAGES.keys())
@pytest.mark.parametrize("rotate", [0, 180])
def test_dresses_of_pdf(dress, rotate):
    body, forms = PAGES[dress]
    writer = pdf(f"{body}", forms=forms)
    if rotate:  # a page drawn upside down and turned back for the reader
        writer = pdf(f"q -1 0 0 -1 200 200 cm {body} Q", forms=forms)
        page = writer.pages[0]
        stream = DecodedStreamObject()
        data = page["/Contents"].get_object().get_data()
        stream.set_data(b"q -1 0 0 -1 200 200 cm " + data.replace(b"q -1 0 0 -1 200 200 cm", b"q"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        page.rotate(180)
    found = read(as_bytes(writer))
    assert points(found) == pytest.approx(EXPECTED, abs=1e-9)
    assert found.curves[0].colour == "#ff0000"


@pytest.mark.parametrize(("rotate", "turn"), [(90, "0 1 -1 0 200 0"), (270, "0 -1 1 0 0 200")])
def test_pages_that_lie_on_their_side(rotate, turn):
    writer = pdf(f"1 0 0 RG {STEPS} S")
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream.set_data(f"{turn} cm ".encode() + page["/Contents"].get_object().get_data())
    page[NameObject("/Contents")] = writer._add_object(stream)
    page.rotate(rotate)
    assert points(read(as_bytes(writer))) == pytest.approx(EXPECTED, abs=1e-9)


def test_pages_are_asked_for():
    data = as_bytes(pdf(f"1 0 0 RG {STEPS} S", pages=3))
    with pytest.raises(UnreadableFigureError, match="has 3 pages") as refused:
        read(data)
    assert refused.value.give == ("page",)
    assert points(read(data, page=2)) == pytest.approx(EXPECTED, abs=1e-9)
    with pytest.raises(NotAFigureError, match=r"page: must be in 1\.\.3, was 4"):
        read(data, page=4)
    with pytest.raises(NotAFigureError, match="one page, was 2"):
        read(svg(DRESSES["polyline"]), page=2)


def encrypted(password):
    writer = pdf(f"1 0 0 RG {STEPS} S")
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    return as_bytes(writer)


def test_a_password_is_refused_and_an_empty_one_is_none():
    with pytest.raises(NotAFigureError, match="encrypted: save it without a password"):
        read(encrypted("secret"))
    assert points(read(encrypted(""))) == pytest.approx(EXPECTED, abs=1e-9)


def image_in_pdf():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, format="pdf")
    return out.getvalue()


BOMB = "".join(f'<g id="b{k}">' + f'<use href="#b{k + 1}"/>' * 10 + "</g>" for k in range(12))
BAD = {
    "empty": (b"", "is empty"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "neither PDF nor SVG"),
    "other xml": (b"<html><body/></html>", "neither PDF nor SVG"),
    "svg within html": (b"<html><svg/></html>", "root is <html>"),
    "broken svg": (b"<svg><g></svg>", "not valid XML"),
    "entities": (
        svg("", extra='<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'),
        "declares entities",
    ),
    "a file from elsewhere": (
        svg("<text>&x;</text>", extra='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "declares entities",
    ),
    "uses of uses": (svg(f'<defs>{BOMB}</defs><use href="#b0"/>'), "more elements than a figure"),
    "a use of itself": (svg('<g id="a"><use href="#a"/></g>'), "more elements than a figure"),
    "cut pdf": (saved(new_axes()[0], "pdf")[:300], "cannot be taken apart"),
    "no pdf at all": (b"%PDF-1.7\n" + b"x" * 500, "cannot be taken apart"),
    "an image in a pdf": (image_in_pdf(), "holds an image, not lines"),
    "an image in an svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,AA"/></svg>',
        "holds an image, not lines",
    ),
    "forms of themselves": (
        as_bytes(pdf("/F Do", forms=(("/F", "/F Do /F Do"),))),
        "holds too much|cannot be taken apart",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=BAD.keys())
def test_files_that_are_no_figure(case):
    data, rule = BAD[case]
    with pytest.raises(NotAFigureError, match=rule):
        read(data)


def test_figures_without_axes_or_curves():
    with pytest.raises(UnreadableFigureError, match="No pair of axes"):
        read(b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9" stroke="red"/></svg>')
    with pytest.raises(UnreadableFigureError, match="no line that falls in steps"):
        read(svg('<polyline points="50,50 70,80 100,120" fill="none" stroke="red"/>'))
    with pytest.raises(UnreadableFigureError, match="1 curves were found.*3 asked for"):  # noqa: RUF043
        read(svg(DRESSES["polyline"]), n_curves=3)


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("x_range", (60, 0), "x_range: must be two ascending"),
        ("x_range", (0, float("nan")), "x_range: must be two ascending"),
        ("x_range", (-5, 60), "must not be negative"),
        ("y_range", (0, 100), r"100 % is 1"),
        ("n_curves", 0, r"must be in 1\.\.20"),
        ("colours", ["no colour"], "must be #rrggbb or a name"),
    ],
)
def test_arguments_that_cannot_be(option, value, rule):
    with pytest.raises(InvalidInputError, match=rule):
        read(svg(DRESSES["polyline"]), **{option: value})


def test_files_too_large_or_missing(tmp_path):
    path = tmp_path / "figure.svg"
    with pytest.raises(NotAFigureError, match="cannot be read"):
        read(path)
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(NotAFigureError, match="must be at most"):
        read(path)
    path.write_bytes(svg(DRESSES["polyline"]))
    assert points(read(path)) == pytest.approx(EXPECTED, abs=1e-9)


def test_a_page_with_too_many_lines_is_refused(monkeypatch):
    monkeypatch.setattr("analysis_lib.digitise.vector.drawing.MAX_LINES", 20)
    with pytest.raises(NotAFigureError, match="more than 20 lines"):
        read(svg('<path d="' + "M0 0H1" * 50 + '" stroke="red"/>'))


def test_kinds_are_told_by_content():
    assert is_pdf(b"\n%PDF-1.4")
    assert not is_pdf(b"<svg")
    assert is_svg(b"\xef\xbb\xbf <?xml?><!-- x --><svg>")
    assert not is_svg(b"\x89PNG<svg")


def test_the_same_file_gives_the_same_reading():
    figure, axes = new_axes()
    draw_arm(axes, arm(4))
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    data = saved(figure, "pdf")
    first, second = (read(data) for _ in range(2))
    assert first.calibration == second.calibration
    assert points(first).tobytes() == points(second).tobytes()


def test_more_rules_than_a_figure_has_are_refused():
    rules = f"<style>{'.a{stroke:red}' * 100_000}</style>{'<g></g>' * 20}"
    with pytest.raises(NotAFigureError, match="more elements than a figure"):
        read(svg(rules + DRESSES["polyline"]))


def test_a_line_of_too_many_corners_is_no_curve():
    stairs = "".join(f"H{50 + k * 0.009:.3f}V{50 + k * 0.009:.3f}" for k in range(1, 10_002))
    with pytest.raises(UnreadableFigureError, match="corners is no survival curve"):
        read(svg(f'<path fill="none" stroke="red" d="M50 50{stairs}"/>'))


def test_a_path_longer_than_any_line_is_refused():
    with pytest.raises(NotAFigureError, match="at most 4,000,000 letters"):
        read(svg(f'<path stroke="red" d="M0 0{"L1 1" * 1_100_000}"/>' + DRESSES["polyline"]))


def test_a_page_without_end_is_refused():
    with pytest.raises(NotAFigureError, match="width and height must be numbers"):
        read(svg(DRESSES["polyline"], root='viewBox="0 0 1e999 200" width="1e999"'))


def test_places_beyond_any_page_are_left_out():
    far = '<path stroke="red" d="M1e308 1e308L-1e308 1e308M1e999 0L1 1M1e9 50L60 50"/>'
    assert points(read(svg(far + DRESSES["polyline"]))) == pytest.approx(EXPECTED)
