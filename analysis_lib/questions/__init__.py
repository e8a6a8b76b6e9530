"""Questions that the records answer beside the five comparisons: harms, tumour or necrosis."""

from analysis_lib.questions.declared import check_questions
from analysis_lib.questions.harm_groups import HarmHeading, harms_by_treatment
from analysis_lib.questions.management import Management, pathology_informed_management
from analysis_lib.questions.necrosis import NecrosisShare, necrosis_found

__all__ = [
    "HarmHeading",
    "Management",
    "NecrosisShare",
    "check_questions",
    "harms_by_treatment",
    "necrosis_found",
    "pathology_informed_management",
]
