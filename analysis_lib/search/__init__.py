"""Finding and screening: databases asked, duplicates taken out, candidates judged, counted.

Order of work: :func:`run_search` or :func:`import_search` writes a dated file; readers judge
(:mod:`decisions`, :mod:`screening`); :func:`prisma_flow` counts. The files themselves are read
and checked by :mod:`analysis_lib.study_records`.
"""

from analysis_lib.search.agreement import Agreement, cohen_kappa
from analysis_lib.search.candidates import Candidate, printable
from analysis_lib.search.prisma import DatabaseFlow, PrismaFlow, prisma_flow
from analysis_lib.search.screening import Standing, agreements, standings
from analysis_lib.search.searching import SearchReport, import_search, run_search
from analysis_lib.search.strategy import contact_email
from analysis_lib.search.transport import SearchServiceError, Transport
from analysis_lib.search.triage import TriageModel, fit_triage, reading_order

__all__ = [
    "Agreement",
    "Candidate",
    "DatabaseFlow",
    "PrismaFlow",
    "SearchReport",
    "SearchServiceError",
    "Standing",
    "Transport",
    "TriageModel",
    "agreements",
    "cohen_kappa",
    "contact_email",
    "fit_triage",
    "import_search",
    "printable",
    "prisma_flow",
    "reading_order",
    "run_search",
    "standings",
]
