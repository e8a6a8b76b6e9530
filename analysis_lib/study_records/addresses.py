"""Addresses that name no one: a source must be found again by whoever reads this later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

#: Said of an address that is a number: what to write instead.
NO_NAME = (
    "must not give a source by a bare IP address, which names nobody and may be another's "
    "tomorrow: write the DOI or the PubMed page (https://pubmed.ncbi.nlm.nih.gov/12345678/) and, "
    'in words, "read in a stored copy"'
)

#: A host that may be a number: after a scheme, or four numbers before a port or a path.
_HOST = re.compile(
    r"https?://(?:[^\s/@]*@)?(\[[^\]\s]*\]|[^\s/:?#,;)]+)"
    r"|(?<![\w./:-])((?:\d{1,3}\.){3}\d{1,3})(?=:\d|/)",
    re.IGNORECASE,
)


def bare_addresses(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text within mappings and lists that holds an IP address as a place, with its field.

    Parameters
    ----------
    value : object
        Plain mappings, lists and scalars, as read from a file.
    field : str
        Dotted name of ``value`` itself.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from bare_addresses(inner, f"{field}.{key}" if field else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from bare_addresses(inner, f"{field}[{index}]")
    elif isinstance(value, str) and any(_is_number(a or b) for a, b in _HOST.findall(value)):
        yield field, value


def _is_number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
