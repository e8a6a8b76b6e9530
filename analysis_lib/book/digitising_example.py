"""The example of the chapter on figures: drawn from known patients, read, held against them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from analysis_lib.charts.example_figure import DrawnArm, figure_png, figure_svg
from analysis_lib.charts.overlay import overlay_png
from analysis_lib.digitise import DigitisedCurve, DigitisedFigure, digitise_figure
from analysis_lib.digitise.vector import digitise_vector
from analysis_lib.reconstruct import CurveReconstruction, reconstruct_ipd
from analysis_lib.study_records import ROOT
from analysis_lib.survival import cox_two_arm, median_survival, survival_at

PAIRS = ROOT / "benchmarks" / "data" / "ipd" / "pairs.json"

#: Advanced lung cancer, men and women: data set lung of the R package survival.
_PAIR = "lung_1-2_full"
#: The data set's code of sex, and colours that can be told apart without red and green.
_ARMS = {"1": ("Men", "#0072b2"), "2": ("Women", "#d55e00")}

MONTHS = tuple(range(0, 31, 6))
_TITLE = "Overall survival"

#: Times at which drawn and read curve are compared.
_TIMES = 2000


@dataclass(frozen=True)
class ArmRead:
    """One arm: what was drawn, what was read, and the patients made from it."""

    drawn: DrawnArm
    read: DigitisedCurve
    exact: DigitisedCurve
    made: CurveReconstruction

    @property
    def error(self) -> float:
        """Mean absolute difference of survival from the drawn curve, up to its end."""
        return _distance(self.drawn, self.read)

    @property
    def exact_error(self) -> float:
        """The same where the lines of the figure are read."""
        return _distance(self.drawn, self.exact)

    @property
    def drawn_median(self) -> float | None:
        """Median of the true patients, months."""
        return median_survival(self.drawn.curve)

    @property
    def read_median(self) -> float | None:
        """First time at which the curve as read is at or below one half."""
        below = self.read.points["survival"] <= 0.5
        return float(self.read.points["time_months"][below].iloc[0]) if below.any() else None

    @property
    def drawn_ticks(self) -> int:
        """Places at which censor ticks are drawn."""
        return int((self.drawn.curve["censored"] > 0).sum())


@dataclass(frozen=True)
class Example:
    """The figure, its two readings, and what became of the first."""

    arms: tuple[ArmRead, ArmRead]
    figure: DigitisedFigure
    image: bytes
    overlay: bytes

    @property
    def hazard_ratios(self) -> tuple[float, float]:
        """Second arm against the first: of the true patients, and of those made."""
        true = [arm.drawn.patients for arm in self.arms]
        made = [arm.made.ipd for arm in self.arms]
        return _hazard_ratio(true), _hazard_ratio(made)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image, pixels."""
        return Image.open(BytesIO(self.image)).size


@lru_cache(maxsize=1)
def example() -> Example:
    """Draw the figure, read it as an image and as lines, and reconstruct its patients."""
    drawn = _drawn_arms()
    image = figure_png(drawn, months=MONTHS, title=_TITLE)
    settings = {"x_range": (MONTHS[0], MONTHS[-1]), "n_curves": 2}
    colours = [arm.colour for arm in drawn]
    figure = digitise_figure(Image.open(BytesIO(image)), colours=colours, **settings)
    lines = figure_svg(drawn, months=MONTHS, title=_TITLE)
    exact = digitise_vector(lines, colours=colours, **settings)
    arms = tuple(
        ArmRead(arm, read, line, _patients(arm, read, figure.calibration.reading_sd))
        for arm, read, line in zip(drawn, figure.curves, exact.curves, strict=True)
    )
    overlay = overlay_png(Image.open(BytesIO(image)), figure.calibration, figure.curves)
    return Example(arms, figure, image, overlay)


def _drawn_arms() -> tuple[DrawnArm, ...]:
    pair = next(p for p in json.loads(PAIRS.read_text("utf-8")) if p["id"] == _PAIR)
    return tuple(DrawnArm(*_ARMS[arm["name"]], pd.DataFrame(arm["truth"])) for arm in pair["arms"])


def _patients(arm: DrawnArm, read: DigitisedCurve, reading_sd: float) -> CurveReconstruction:
    """Patients from the reading, rounded to pixels as it is, and the table below the figure."""
    times = arm.patients["time_months"]
    table = {
        "time_months": list(MONTHS),
        "number_at_risk": [int((times >= month).sum()) for month in MONTHS],
    }
    return reconstruct_ipd(
        read.points,
        n=len(times),
        number_at_risk=pd.DataFrame(table),
        reading_sd=reading_sd,
    )


def _distance(arm: DrawnArm, read: DigitisedCurve) -> float:
    end = float(arm.curve["time_months"].iloc[-1])
    times = end * (np.arange(_TIMES) + 0.5) / _TIMES
    at = np.searchsorted(read.points["time_months"].to_numpy(), times, side="right") - 1
    level = read.points["survival"].to_numpy()[np.maximum(at, 0)]
    return float(np.abs(level - survival_at(arm.curve, times)).mean())


def _hazard_ratio(arms: list[pd.DataFrame]) -> float:
    both = pd.concat([arm.assign(group=number) for number, arm in enumerate(arms)])
    return cox_two_arm(both["time_months"], both["event"], both["group"]).hazard_ratio
