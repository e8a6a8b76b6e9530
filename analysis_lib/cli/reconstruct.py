"""``lsr reconstruct``: a digitised curve as patients, with what was met and what was not."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis_lib.cli.exits import FOUND, GOOD
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.files import write_text
from analysis_lib.readings import (
    MONTHS_PER,
    read_at_risk_file,
    read_curve_file,
    read_ticks_file,
)

if TYPE_CHECKING:
    from analysis_lib.reconstruct import CurveReconstruction

_EPILOG = """examples:
  lsr reconstruct os.csv --n 30
  lsr reconstruct os.csv --n 30 --events 21 --out ipd.csv
  lsr reconstruct os.csv --n 30 --at-risk risk.csv --ticks ticks.csv
  lsr reconstruct os.csv --n 30 --percent --time-unit days --median 340 --landmark 365=0.45

files: two columns (time, survival; time, number at risk) or one (ticks); comma, semicolon
or tab; decimal point or comma; header or none.
"""


def add_reconstruct_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    command = commands.add_parser(
        "reconstruct",
        help="a digitised curve as patient-level data",
        description="Patients whose Kaplan-Meier curve passes through a digitised curve.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("curve", type=Path, help="the digitised curve")
    command.add_argument("--n", type=int, required=True, help="patients in the arm")
    command.add_argument("--at-risk", type=Path, metavar="FILE", help="number-at-risk table")
    command.add_argument("--events", type=int, help="total number of events")
    command.add_argument("--ticks", type=Path, metavar="FILE", help="times of censor ticks")
    command.add_argument("--median", type=float, help="printed median, to compare with")
    command.add_argument(
        "--landmark",
        action="append",
        default=[],
        metavar="TIME=S",
        help="printed survival (0..1) at a time, to compare with; repeatable",
    )
    command.add_argument("--percent", action="store_true", help="survival is 0 to 100 in the file")
    command.add_argument(
        "--time-unit", choices=sorted(MONTHS_PER), default="months", help="unit of every time"
    )
    command.add_argument("--imputations", type=int, default=0, metavar="M", help="further draws")
    command.add_argument("--seed", type=int, default=0, help="of the draws")
    command.add_argument("--out", type=Path, metavar="FILE", help="write the patients as CSV")
    command.set_defaults(run=_reconstruct)


def _reconstruct(arguments: argparse.Namespace) -> int:
    from analysis_lib.reconstruct import reconstruct_ipd

    unit = arguments.time_unit
    per_unit = MONTHS_PER[unit]
    made = reconstruct_ipd(
        read_curve_file(arguments.curve, percent=arguments.percent, time_unit=unit),
        n=arguments.n,
        number_at_risk=arguments.at_risk and read_at_risk_file(arguments.at_risk, time_unit=unit),
        n_events=arguments.events,
        censor_times_months=arguments.ticks and read_ticks_file(arguments.ticks, time_unit=unit),
        median=None if arguments.median is None else arguments.median * per_unit,
        landmarks=_landmarks(arguments.landmark, per_unit),
        n_imputations=arguments.imputations,
        seed=arguments.seed,
    )
    if arguments.out:
        write_text(arguments.out, _csv(made.ipd, made.imputations))
        n_events = int(made.ipd["event"].sum())
        print(f"wrote {arguments.out}: {len(made.ipd)} patients, {n_events} events")
    print(constraints_text(made))
    return GOOD if made.constraints["met"].all() else FOUND


def constraints_text(made: CurveReconstruction) -> str:
    """Every given fact beside what the patients have, the fit, and what is not met."""
    unmet = int((~made.constraints["met"]).sum())
    return "\n".join(
        (
            f"level: {made.level}; reading error {made.reading_sd:.4f} (standard deviation)",
            _table(made.constraints),
            f"fit: RMSE {made.fit.rmse:.4f}, largest difference {made.fit.max_abs_difference:.4f}",
            f"{unmet} facts cannot be met together: see above" if unmet else "every fact is met",
        )
    )


def _landmarks(texts: list[str], per_unit: float) -> pd.DataFrame | None:
    rows = []
    for text in texts:
        time, _, survival = text.partition("=")
        try:
            rows.append((float(time) * per_unit, float(survival)))
        except ValueError as error:
            rule = "--landmark must be TIME=SURVIVAL, such as 12=0.45"
            raise InvalidInputError(f"{rule}, was {text!r}") from error
    return pd.DataFrame(rows, columns=["time_months", "survival"]) if rows else None


def _table(constraints: pd.DataFrame) -> str:
    shown = constraints.assign(met=constraints["met"].map({True: "yes", False: "NO"}))
    return shown.to_string(index=False, float_format=lambda value: f"{value:g}")


def _csv(ipd: pd.DataFrame, imputations: tuple[pd.DataFrame, ...]) -> str:
    """The patients; with further draws a column says which set a row belongs to (0 is central)."""
    if not imputations:
        return ipd.to_csv(index=False, float_format="%.6g")
    sets = [frame.assign(imputation=number) for number, frame in enumerate((ipd, *imputations))]
    return pd.concat(sets, ignore_index=True).to_csv(index=False, float_format="%.6g")
