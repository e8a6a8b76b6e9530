"""Studies of published meta-analyses, as R's metadat holds them (reference/meta_analysis.json)."""

import json
from pathlib import Path

import numpy as np
import pytest

_SETS = json.loads((Path(__file__).parent / "reference" / "meta_analysis.json").read_text())["sets"]


def studies(name):
    """Estimates and standard errors of one meta-analysis."""
    return np.array(_SETS[name]["yi"]), np.sqrt(_SETS[name]["vi"])


def printed(*values, digits):
    """Equal to within half a unit of the last digit printed."""
    return pytest.approx(values if len(values) > 1 else values[0], abs=0.5 * 10**-digits * 1.0001)
