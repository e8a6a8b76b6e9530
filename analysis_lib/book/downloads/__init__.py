"""What a reader downloads: references, tables, pseudo-patients, headline numbers, one package."""

from analysis_lib.book.downloads.files import Download, downloads, whole_package

__all__ = ["Download", "downloads", "whole_package"]
