"""Tables of a result that pages draw: sites, underpasses, blocks, and the run over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from data.schema import TIMELINE, City
from data.units import m_s_to_mm_h
from hazards import RainForcing
from sim.flood_run import FloodRun
from sim.flood_watch import FloodWatch
from sim.flooding import FloodedCity
from sim.movement.outcome import MovementOutcome
from sim.plan import ShelterPlan
from sim.result import CLOSURE_COLUMNS
from sim.site_stock import SiteStock
from sim.streets import Streets
from sim.underpass_states import underpass_closures

_PEOPLE = (
    "ordered", "unordered", "home", "moving", "waiting", "riding", "at_door", "sheltered", "stranded", "refused",
    "turned_away",
)  # fmt: skip


def site_table(
    city: City, stock: SiteStock | None, plan: ShelterPlan | None, outcome: MovementOutcome | None
) -> pd.DataFrame:
    """One row per shelter site, columns of `Result.sites`."""
    columns = ["id", "name", "name_en", "lon", "lat", "x_m", "y_m", "site_type", "indoor"]
    if city.shelters is None or stock is None or plan is None or outcome is None:
        more = ["effective_m2", "capacity", "assigned", "peak", "closed_s", "turned_away"]
        return pd.DataFrame(columns=[*columns, *more, "m2_per_person_at_peak", "overflow", "excluded", "status"])
    table = city.shelters[columns].copy()
    peak = outcome.peak.astype(np.int64)
    closed = np.isfinite(stock.closed_at_s)
    table["effective_m2"] = stock.effective_m2
    table["capacity"] = stock.capacity
    table["assigned"] = plan.allocation.occupancy
    table["peak"] = peak
    table["closed_s"] = np.where(closed, stock.closed_at_s, np.nan)
    table["turned_away"] = outcome.turned_at_door
    table["m2_per_person_at_peak"] = np.divide(stock.effective_m2, peak, out=np.full(len(peak), np.nan), where=peak > 0)
    table["overflow"] = np.maximum(peak - stock.capacity, 0)
    table["excluded"] = stock.excluded
    taken = np.maximum(peak, plan.allocation.occupancy)
    full = (taken >= stock.capacity) & (stock.capacity > 0)
    dark = closed & (stock.dark_at_s <= stock.closed_at_s)
    table["status"] = np.select([dark, closed, full, peak > 0], ["dark", "flooded", "full", "part"], "empty")
    return table.reset_index(drop=True)


def closure_table(city: City, watch: FloodWatch) -> pd.DataFrame:
    """One row per closure of an underpass, columns of `Result.closures`."""
    if city.underpasses is None or city.underpasses.empty:
        return pd.DataFrame(columns=list(CLOSURE_COLUMNS))
    found = underpass_closures(city, np.array(watch.time_s), watch.stacked("underpass_depth"))
    ids = city.underpasses["id"].astype(str).tolist()
    rows = [(ids[one.underpass], one.closed_s, np.nan if one.reopened_s is None else one.reopened_s) for one in found]
    return pd.DataFrame(rows, columns=list(CLOSURE_COLUMNS)).astype({"closed_s": float, "reopened_s": float})


def underpass_table(city: City, watch: FloodWatch) -> pd.DataFrame:
    """One row per underpass, columns of `Result.underpasses`."""
    names = ["id", "name", "name_en", "lon", "lat", "max_depth_m", "closed_from_s", "closed_until_s"]
    if city.underpasses is None or city.underpasses.empty:
        return pd.DataFrame(columns=names)
    centre = city.underpasses.geometry.representative_point()
    lon, lat = transform(centre.x.to_numpy(), centre.y.to_numpy(), city.grid.crs, WGS84)
    table = city.underpasses[["id", "name", "name_en"]].reset_index(drop=True)
    closures = closure_table(city, watch).groupby("underpass")
    first, last = closures["closed_s"].first(), closures["reopened_s"].last()
    # `last` of a group passes over NaN: an underpass that is still closed has none
    last = last.where(~closures["reopened_s"].apply(lambda times: bool(times.isna().any())))
    return table.assign(
        lon=lon,
        lat=lat,
        max_depth_m=watch.stacked("underpass_depth").max(axis=0),
        closed_from_s=table["id"].map(first).astype(float),
        closed_until_s=table["id"].map(last).astype(float),
    )


def block_table(city: City, flooded: FloodedCity, plan: ShelterPlan | None, area: np.ndarray) -> pd.DataFrame:
    """One row per population block, columns of `Result.blocks`."""
    names = ["id", "area", "x_m", "y_m", "lon", "lat", "people", "evacuees", "order_s", "unserved", "people_h3_up"]
    if city.people is None:
        return pd.DataFrame({name: pd.Series(dtype=str if name in ("id", "area") else float) for name in names})
    exposure = flooded.exposure
    table = city.people[["id", "x_m", "y_m", "lon", "lat"]].reset_index(drop=True)
    nobody = np.zeros(len(table), np.int64)
    table = table.assign(
        area=area,
        people=exposure.persons,
        evacuees=nobody if plan is None else plan.demand,
        order_s=np.nan if plan is None else np.where(np.isfinite(plan.order_s), plan.order_s, np.nan),
        unserved=nobody if plan is None else plan.allocation.unserved,
        people_h3_up=exposure.of_blocks(exposure.seen(flooded.run.maxima.max_hazard) >= 3),
    )
    return table[names]


def timeline_table(
    city: City,
    rain: RainForcing,
    watch: FloodWatch,
    streets: Streets | None,
    plan: ShelterPlan | None,
    outcome: MovementOutcome | None,
) -> pd.DataFrame:
    """The run at every watch step, columns of schema TIMELINE."""
    time_s = np.array(watch.time_s)
    share = rain.zone_share(np.isfinite(city.terrain))
    people = watch.stacked("block_danger").sum(axis=1)  # in an area or not
    table = pd.DataFrame(
        {
            "time_s": time_s,
            "rain_mm_h": [float(m_s_to_mm_h(rain.rate_m_s(t) @ share)) for t in time_s],
            "volume_m3": watch.volume_m3,
            "ponded_m2": watch.stacked("ponded_cells").sum(axis=1) * city.grid.cell_area_m2,
            "people_h2_up": np.rint(people[:, 2:].sum(axis=1)).astype(np.int64),
            "people_h3_up": np.rint(people[:, 3:].sum(axis=1)).astype(np.int64),
            "roads_closed_m": 0.0 if streets is None else streets.closed @ streets.graph.length_m,
        }
    )
    row = _recorded(outcome, time_s)
    for name in _PEOPLE:
        counts = np.zeros(1 if outcome is None else len(outcome.timeline) + 1, np.int64)
        if outcome is not None and name in outcome.timeline:
            counts[:-1] = outcome.timeline[name].to_numpy(int)
        table[name] = counts[row]
    if outcome is None and plan is not None:  # told, and nowhere to go
        table["ordered"] = table["home"] = [int(plan.demand[plan.order_s <= t].sum()) for t in time_s]
    return table[list(TIMELINE.names)].round(3)


def occupancy(outcome: MovementOutcome | None, time_s: np.ndarray, sites: int) -> np.ndarray:
    """People inside each site at the given times, int64 (times, sites)."""
    if outcome is None:
        return np.zeros((len(time_s), sites), np.int64)
    inside = np.vstack([outcome.occupancy, np.zeros((1, sites), np.int64)])
    return inside[_recorded(outcome, time_s)].astype(np.int64)


def closed_frames(streets: Streets | None, watch: FloodWatch, run: FloodRun) -> np.ndarray:
    """Edges closed to walkers at each kept frame, bool (frames, edges)."""
    if streets is None:
        return np.zeros((len(run.time_s), 0), bool)
    return streets.closed[np.searchsorted(np.array(watch.time_s), run.time_s)]


def _recorded(outcome: MovementOutcome | None, time_s: np.ndarray) -> np.ndarray:
    """Row of the outcome's record that holds at each time; -1 (nobody yet) before the first."""
    if outcome is None:
        return np.full(len(time_s), -1)
    return np.searchsorted(outcome.timeline["time_s"].to_numpy(float), time_s, side="right") - 1
