"""How a benchmark writes what it measured."""

from __future__ import annotations

from typing import Any


def rounded(value: Any) -> Any:
    """Floats to four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
