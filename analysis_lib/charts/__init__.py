"""Charts in Altair: deterministic, readable without colour, drawn offline.

Each function takes a plain table and returns a :class:`Chart`: Vega-Lite data, a text
alternative and the numbers behind the drawing. Nothing here knows a study or computes
a result. ``book/_static/charts.js`` draws what a page holds.
"""

from analysis_lib.charts.chart import Chart
from analysis_lib.charts.competing_risks import incidence_chart
from analysis_lib.charts.dose import control_chart
from analysis_lib.charts.estimates import estimates_chart
from analysis_lib.charts.evidence import evidence_map
from analysis_lib.charts.flow import flow_chart, reading_figure
from analysis_lib.charts.forest import cohort_forest
from analysis_lib.charts.growth import growth_chart
from analysis_lib.charts.reconstruction import error_chart, reading_chart
from analysis_lib.charts.risk_table import RiskTable, risk_table
from analysis_lib.charts.survival import survival_chart
from analysis_lib.charts.theme import SIDE_STYLES, TREATMENT_STYLES, Style

__all__ = [
    "SIDE_STYLES",
    "TREATMENT_STYLES",
    "Chart",
    "RiskTable",
    "Style",
    "cohort_forest",
    "control_chart",
    "error_chart",
    "estimates_chart",
    "evidence_map",
    "flow_chart",
    "growth_chart",
    "incidence_chart",
    "reading_chart",
    "reading_figure",
    "risk_table",
    "survival_chart",
]
