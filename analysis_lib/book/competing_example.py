"""What a competing risk does to an estimate, on public patients who have no brain metastasis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from analysis_lib.charts import incidence_chart
from analysis_lib.study_records import ROOT
from analysis_lib.survival import cumulative_incidence, kaplan_meier
from analysis_lib.tables import Cell, Html, count, html_table, interval, paragraph, percent

#: Written by ``tests/reference/make_mgus2.R``.
PATIENTS = ROOT / "benchmarks" / "data" / "mgus2" / "mgus2.csv"

#: Where the figures of this example lead: how they are made.
HOW = "how-competing"

_PROGRESSION, _DEATH = 1, 2
_MONTHS = (60.0, 120.0, 240.0, 360.0)
_NAMES = ("1 − Kaplan-Meier", "Cumulative incidence")


#: What neither estimate is: said wherever one is called local control.
NOT_CONTROL = (
    "1 − cumulative incidence is not control either: whoever died early without a recurrence "
    "counts to the end among those without one. Where many die soon, it is high although few "
    "were seen alive with a quiet site."
)


@dataclass(frozen=True, eq=False)
class Example:
    """Both estimates of progression, and the incidence of death before it.

    Attributes
    ----------
    patients : DataFrame
        ``time_months`` and ``cause``: 0 censored, 1 progression, 2 death before it.
    n, progressed, died : int
        Patients, those who progressed, those who died without.
    incidence : DataFrame
        Of progression: ``time_months``, ``incidence``, ``low``, ``high``.
    death : DataFrame
        Of death without progression, same columns.
    one_minus_kaplan_meier : DataFrame
        ``time_months``, ``share``, ``low``, ``high``: deaths taken as censored.
    """

    patients: pd.DataFrame
    n: int
    progressed: int
    died: int
    incidence: pd.DataFrame
    death: pd.DataFrame
    one_minus_kaplan_meier: pd.DataFrame

    def at(self, months: float) -> dict[str, tuple[float, float, float]]:
        """Both estimates and the incidence of death at a time, each with its 95% limits."""
        own, death = _last(self.incidence, months), _last(self.death, months)
        alone = _last(self.one_minus_kaplan_meier, months)
        return {
            "incidence": (own["incidence"], own["low"], own["high"]),
            "death": (death["incidence"], death["low"], death["high"]),
            "one_minus_kaplan_meier": (alone["share"], alone["low"], alone["high"]),
        }


@cache
def example() -> Example:
    """The estimates on the patients of :data:`PATIENTS`."""
    patients = pd.read_csv(PATIENTS)
    time, cause = patients["time_months"].to_numpy(), patients["cause"].to_numpy()
    found = cumulative_incidence(time, cause)
    curve = kaplan_meier(time, cause == _PROGRESSION)
    alone = pd.DataFrame(
        {
            "time_months": np.append(0.0, curve["time_months"]),
            "share": np.append(0.0, 1 - curve["survival"]),
            "low": np.append(0.0, 1 - curve["high"]),
            "high": np.append(0.0, 1 - curve["low"]),
        }
    )
    return Example(
        patients=patients,
        n=len(patients),
        progressed=int((cause == _PROGRESSION).sum()),
        died=int((cause == _DEATH).sum()),
        incidence=found[found["cause"] == _PROGRESSION],
        death=found[found["cause"] == _DEATH],
        one_minus_kaplan_meier=alone,
    )


def competing_blocks() -> tuple[Html, ...]:
    """What the difference is, in words, as a chart and as a table."""
    found = example()
    last = found.at(_MONTHS[-1])
    return (
        paragraph(
            "The spinal series counts local recurrence as cumulative incidence with death as a "
            "competing event. Whoever has died cannot recur. 1 − Kaplan-Meier takes the dead as "
            "censored, as if they could still recur later as often as those alive, and so gives "
            "a larger share. The more die, the further the two are apart."
        ),
        paragraph(
            "Shown on public data, not on brain metastases: ",
            _link(f"{count(found.n)} patients with monoclonal gammopathy"),
            f", of whom {count(found.progressed)} progressed to a malignancy and "
            f"{count(found.died)} died without it (data set mgus2 of the R package survival). "
            f"At {_MONTHS[-1] / 12:g} years ",
            _link(f"{_told(last['incidence'])} had progressed"),
            "; 1 − Kaplan-Meier says ",
            _link(_told(last["one_minus_kaplan_meier"])),
            ", because ",
            _link(f"{_told(last['death'])} had died first"),
            ".",
        ),
        _chart(found),
        _table(found),
        paragraph(
            "For this book: a local control of 1 − cumulative incidence and one by Kaplan-Meier "
            "are two different figures. The estimator stands beside each, and local control is "
            "pooled only within one estimator."
        ),
        paragraph(NOT_CONTROL),
    )


def _chart(found: Example) -> Html:
    alone = found.one_minus_kaplan_meier.assign(series=_NAMES[0])
    own = found.incidence.rename(columns={"incidence": "share"}).assign(series=_NAMES[1])
    columns = ["series", "time_months", "share", "low", "high"]
    return incidence_chart(
        "competing-risks",
        pd.concat([alone[columns], own[columns]]),
        title=f"Progression of {count(found.n)} patients, estimated in two ways",
        description="Two rising step curves of the same patients: 1 − Kaplan-Meier above, "
        "cumulative incidence with death as a competing event below, each with its 95% band. "
        "Public data on another disease.",
        at_months=_MONTHS,
        x_title="Months since diagnosis",
        y_title="Had progressed",
    )


def _table(found: Example) -> Html:
    rows = []
    for months in _MONTHS:
        row = found.at(months)
        rows.append(
            {
                "After": f"{months / 12:g} years",
                _NAMES[1]: _link(_told(row["incidence"])),
                _NAMES[0]: _link(_told(row["one_minus_kaplan_meier"])),
                "Died before": _link(_told(row["death"])),
            }
        )
    return html_table(
        pd.DataFrame(rows),
        caption="Share that had progressed, in two ways (public data, not brain metastases)",
        note="Brackets: 95% interval (log-log). Checked against R’s survfit.",
    )


def _link(text: str) -> Cell:
    title = "Aalen-Johansen and Kaplan-Meier on the data set mgus2 of R’s survival package."
    return Cell(text, href=f"#{HOW}", title=title, class_="lsr-pooled")


def _told(estimate: tuple[float, float, float]) -> str:
    return interval(*estimate, number=lambda share: percent(share, decimals=1))


def _last(curve: pd.DataFrame, months: float) -> pd.Series:
    """The row of the step that holds a time."""
    return curve[curve["time_months"] <= months].iloc[-1]
