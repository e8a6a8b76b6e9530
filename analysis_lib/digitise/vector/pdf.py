"""A page of a PDF file as a drawing.

The file is taken apart by pypdf (BSD, pure Python, no further package): it gives the operators
of a page with their numbers as written, which a renderer rounds and pdfminer's layout analysis
takes out of context. No script is run, no attachment is opened.
"""

from __future__ import annotations

import logging
from io import BytesIO

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ContentStream

from analysis_lib.digitise.figure import NotAFigureError, UnreadableFigureError
from analysis_lib.digitise.vector.drawing import Box, Drawing, DrawingBuilder
from analysis_lib.digitise.vector.pdf_content import ContentReader, Matrix

#: Drawing instructions of a page, unpacked; a figure has a few hundred kilobytes.
_MAX_CONTENT_BYTES = 20_000_000

#: What a damaged file makes pypdf raise besides its own errors.
_BROKEN = (
    PyPdfError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    RecursionError,
    NotImplementedError,
    OverflowError,
    ArithmeticError,
    AssertionError,
)


def read_pdf(data: bytes, *, page: int | None = None) -> Drawing:
    """The lines and labels of one page, in points, as the page is seen (rotation applied).

    Parameters
    ----------
    data : bytes
        The file.
    page : int, optional
        Counted from 1; needed when there are several.

    Raises
    ------
    NotAFigureError
        Damaged, encrypted with a password, or too large.
    UnreadableFigureError
        Several pages and none asked for.
    """
    # pypdf tells about damage it mended on standard error; what matters is raised.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return _read(data, page)
    except (NotAFigureError, UnreadableFigureError):
        raise
    except _BROKEN as error:
        raise NotAFigureError(
            f"the PDF file cannot be taken apart ({type(error).__name__}): save it again, or give "
            "an image of the figure"
        ) from error


def _read(data: bytes, page: int | None) -> Drawing:
    reader = PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted and not _opens(reader):
        raise NotAFigureError("the PDF file is encrypted: save it without a password")
    count = len(reader.pages)
    if page is None and count > 1:
        raise UnreadableFigureError(f"the PDF file has {count} pages.", give=("page",))
    number = page or 1
    if not 1 <= number <= count:
        raise NotAFigureError(f"page: must be in 1..{count}, was {page}")
    return _drawing(reader, reader.pages[number - 1])


def _opens(reader: PdfReader) -> bool:
    """Whether a file with restrictions only opens without a password."""
    try:
        return bool(reader.decrypt(""))
    except _BROKEN:
        return False


def _drawing(reader: PdfReader, page: PageObject) -> Drawing:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    width, height = right - left, top - bottom
    turned = (page.rotation or 0) % 360
    # From the page's own axes (rows up) to rows down, turned as a reader sees the page.
    to_page: dict[int, Matrix] = {
        0: (1, 0, 0, -1, -left, top),
        90: (0, 1, 1, 0, -bottom, -left),
        180: (-1, 0, 0, 1, right, -bottom),
        270: (0, -1, -1, 0, top, right),
    }
    if turned in (90, 270):
        width, height = height, width
    builder = DrawingBuilder()
    contents = page.get_contents()
    if contents is None:
        return builder.drawing(width, height)
    if len(contents.get_data()) > _MAX_CONTENT_BYTES:
        rule = f"at most {_MAX_CONTENT_BYTES:,} bytes of instructions"
        raise NotAFigureError(f"the page must hold {rule}: give the figure alone")
    content = ContentReader(reader, builder, max_bytes=_MAX_CONTENT_BYTES)
    start = to_page.get(turned, to_page[0])
    stream = ContentStream(contents, reader)
    content.run(stream, page.get("/Resources"), start, Box(0.0, 0.0, width, height))
    return builder.drawing(width, height)
