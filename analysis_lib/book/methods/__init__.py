"""The method from question to certainty: one idea a page, each with a small computed example."""

from analysis_lib.book.methods.overview import method_pages

__all__ = ["method_pages"]
