"""Where the site will stand, when whoever builds it knows."""

from __future__ import annotations

import os
import re

from analysis_lib.exceptions import InvalidInputError

#: Environment variable that holds the address of the site's first page.
VARIABLE = "LSR_SITE_URL"

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w.~/-]*)?")


def site_address() -> str | None:
    """The address with a slash at its end; None when none is set.

    Raises
    ------
    InvalidInputError
        What is set is no web address.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return None
    if not _ADDRESS.fullmatch(given):
        raise InvalidInputError(
            f"{VARIABLE} must be a web address such as https://example.org/review/, was {given!r}"
        )
    return given if given.endswith("/") else f"{given}/"
