"""What the terminal says after a drill: the outcome in a few lines, and where the report lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from api.report.bilingual import say
from api.report.facts import UNDER_WAY, left_out, stranded_by
from api.report.sewers import gather_sewers
from api.report.story import crowds_told
from sim.result import Result

_ENGINE_ERROR_TOLD = 0.02  # share; derived: well before the tenth from which a run of SWMM is held doubtful


def print_drill(result: Result, summary: dict[str, Any], out: Path) -> None:
    """Print the figures an officer asks for first."""
    console = Console(highlight=False)
    flood, people, plan, moved = (summary[key] for key in ("flood", "people", "plan", "evacuation"))
    in_danger = sum(people["exposed_by_class"][f"H{k}"] for k in range(3, 7))
    alerts = [warning for warning in result.warnings if warning.message_type == "Alert"]
    ponded = result.timeline["ponded_m2"].max()
    judged = [row["ok"] for row in flood["drain_down"] if row["ok"] is not None]
    seas = [row["area"] for row in flood["sea"] if row["ok"] is False]
    drains = summary["drains"]
    full = (result.sites["status"] == "full").sum() if len(result.sites) else 0
    flooded = ((result.sites["status"] == "flooded") & ~left_out(result.sites)).sum() if len(result.sites) else 0
    wet = moved["in_flooded_shelters"]
    areas = len({warning.area for warning in alerts})
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rows = [
        ("Rain", f"{_rain_mm(result):.0f} mm"),
        ("Streets under water", f"{ponded / 1e4:,.0f} ha; deepest, underpasses included, {flood['max_depth_m']:.1f} m"),
        ("People in danger (H3+)", f"{in_danger:,} of {people['total']:,}"),
        *([("Outside the terrain", f"{people['off_the_ground']:,} people, of whom nothing is known")]
          if people["off_the_ground"] else []),
        ("Warnings", f"{areas:,} areas warned, {len(result.warnings)} messages"),
        ("Told to leave", f"{moved['ordered']:,}"
                          + (f"; {moved['unordered']:,} more left of their own accord" if moved["unordered"] else "")
                          + f"; planned for: with a place {plan['assigned']:,}, without {plan['unserved']:,}"),
        *[("Crowds", told.en) for told in crowds_told(plan)],
        ("Reached a shelter", f"{moved['arrived']:,}"
                              + ("" if moved["t50_min"] is None
                                 else f"; half of all who set out within {_minutes(moved['t50_min'])}")
                              + (f"; {wet:,} are in shelters that the water entered" if wet else "")),
        ("Did not", f"{moved['refused_to_leave']:,} refused, {moved['stranded']:,} stranded, "
                    f"{moved['turned_away']:,} turned away, {_under_way(moved):,} on the way, "
                    f"{moved['home']:,} still at home"
                    + (f", of whom {missed:,} had heard of no order" if (missed := moved.get("not_reached")) else "")),
        *([("Stranded because", why)] if (why := _why_stranded(result)) else []),
        ("Expected deaths", f"{moved['casualties_expected']:.1f}; had nobody moved {moved['casualties_without']:.1f}"
                            + (f"; {moved['rescued']:,} rescued by crews" if moved["rescued"] else "")),
        ("Shelters", f"{len(result.sites):,}: {full:,} with all places assigned, {flooded:,} closed by water"),
        ("Drained in time", f"{sum(judged)} of the {len(judged)} areas that could be judged; "
                            f"{len(seas)} became a sea for a while"),
        *_underground(result),
        *([("Readiness", f"{summary['readiness']:.0f} of 100")] if summary.get("readiness") is not None else []),
        ("Balances", f"water {flood['continuity_error']:.1e}, people {moved['balance_error']}"
                     + (_sewer_balance(drains) if drains else "")),
    ]  # fmt: skip
    for label, text in rows:
        table.add_row(label, text)
    console.print("EXERCISE 演练 · " + (result.city.name_en or result.city.name), style="bold", markup=False)
    if result.city.synthetic:
        console.print(f"Synthetic data: {', '.join(result.city.synthetic)}", style="yellow", markup=False)
    console.print(table)
    console.print(f"Report: {out / 'report.html'}  ({summary['wall_s']['total']:.0f} s)", style="bold", markup=False)
    if result.record is not None:
        console.print(f"After-action review: {out / 'after_action.html'}", style="bold", markup=False)


def _under_way(moved: dict[str, Any]) -> int:
    """People on the road, waiting for a ride, riding or at a door."""
    return sum(int(moved[name]) for name in UNDER_WAY)


def _why_stranded(result: Result) -> str:
    """Reasons of those stranded at the end, most people first."""
    reasons = stranded_by(result).items()
    return ", ".join(f"{say(f'after_action.reason.{reason}').en} {persons:,}" for reason, persons in reasons)


def _sewer_balance(drains: dict[str, Any]) -> str:
    """The balance of street and sewer, and the engine's own, which is large in it long before it shows in the whole."""
    total, own = drains["total_error"], drains["engine_error"]
    if total is None or own is None:
        return ", of the sewers unknown"
    made = f"; the sewer engine {'made' if own < 0.0 else 'lost'} {abs(own):.1%} of its own water"
    return f", with the sewers {total:.1e}" + (made if abs(own) >= _ENGINE_ERROR_TOLD else "")


def _underground(result: Result) -> list[tuple[str, str]]:
    """Lines about sewers and underpasses, where the city has them."""
    rows = []
    sewers = gather_sewers(result)
    if sewers is not None:
        full, all_m = sewers.length_m("full", "long"), sewers.length_m()
        rows.append(
            (
                "Sewers",
                f"{full / 1e3:,.0f} of {all_m / 1e3:,.0f} km ran full; the water rose to the street in "
                f"{len(sewers.manholes):,} of {sewers.manhole_count:,} manholes",
            )
        )
    if len(result.underpasses):
        closed = result.underpasses["closed_from_s"].notna()
        still = closed & result.underpasses["closed_until_s"].isna()
        rows.append(("Underpasses", f"{closed.sum()} of {len(closed)} closed, {still.sum()} still closed at the end"))
    return rows


def _rain_mm(result: Result) -> float:
    hours = np.diff(result.rain_time_s) / 3600.0
    return float((result.rain_mm_h[:-1] * hours).sum())


def _minutes(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} min"
