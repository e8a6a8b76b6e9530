"""The closed lists of a centre's own file: what a column may hold, and how it is read.

The treatments are those of ``data/vocabulary.yaml``. What followed a re-resection stands
in a column of its own here, because a hospital's list keeps it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Columns of the file; exactly these, in any order.
COLUMNS = ("id", "treatment", "extent", "adjuvant", "outcome", "time_months", "event")

RESECTION = "re_resection"

#: The treatment of a re-resection by what followed it.
AFTER_RESECTION = {
    "none": "re_resection_alone",
    "re_srs": "re_resection_plus_re_srs",
    "mixed": "re_resection_plus_rt_mixed",
    "wbrt": "re_resection_plus_wbrt",
    "brachytherapy": "re_resection_plus_brachytherapy",
    "local_chemo": "re_resection_plus_local_chemo",
    "unknown": "re_resection",
}

#: ``adjuvant_rt`` of a study record, by what followed the re-resection.
ADJUVANT_RT = {
    "none": "none",
    "re_srs": "srs",
    "mixed": "mixed",
    "wbrt": "wbrt",
    "brachytherapy": "brachytherapy",
}

TREATMENTS = (
    RESECTION,
    "re_srs",
    "re_hypofractionated_srt",
    "wbrt",
    "re_wbrt",
    "litt",
    "litt_plus_srt",
    "brachytherapy_alone",
    "systemic_only",
    "best_supportive_care",
)

#: Extents of a re-resection that make a group of their own; ``unknown`` makes none.
EXTENTS = ("gtr", "str", "near_total")

OUTCOMES = ("os", "pfs", "local_pfs", "local_control", "intracranial_pfs")

#: Fewer patients than this in an arm could be recognised: the arm is shown nowhere.
SMALLEST_ARM = 5


@dataclass(frozen=True)
class PatientRow:
    """One outcome of one patient, as the file has it; ``line`` counts from 1.

    ``time_text`` is the time as it was typed: its decimals say how finely it was measured.
    """

    line: int
    id: str
    treatment: str
    extent: str
    adjuvant: str
    outcome: str
    time_months: float
    event: int
    time_text: str

    @property
    def arm_treatment(self) -> str:
        """The treatment of ``data/vocabulary.yaml``, what followed a re-resection included."""
        return AFTER_RESECTION[self.adjuvant] if self.treatment == RESECTION else self.treatment

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Whoever shares all four cannot be told apart but by follow-up."""
        return self.treatment, self.extent, self.adjuvant, self.outcome


def allowed(column: str, treatment: str) -> Sequence[str]:
    """The closed list of a column, for a row with this treatment."""
    resected = treatment == RESECTION
    lists = {
        "treatment": TREATMENTS,
        "extent": (*EXTENTS, "unknown") if resected else ("none",),
        "adjuvant": tuple(AFTER_RESECTION) if resected else ("none",),
        "outcome": OUTCOMES,
        "event": ("0", "1"),
    }
    return lists[column]
