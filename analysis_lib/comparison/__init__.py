"""Comparisons: which arms stand on which side, and what they say."""

from analysis_lib.comparison.declarations import load_declaration, load_declarations
from analysis_lib.comparison.result import ComparisonResult
from analysis_lib.comparison.workbench import compare

__all__ = ["ComparisonResult", "compare", "load_declaration", "load_declarations"]
