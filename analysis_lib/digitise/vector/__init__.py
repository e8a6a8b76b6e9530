"""Figures whose lines are still lines: PDF and SVG files, read exactly."""

from analysis_lib.digitise.vector.reading import digitise_vector, is_pdf, is_svg, read_drawing

__all__ = ["digitise_vector", "is_pdf", "is_svg", "read_drawing"]
