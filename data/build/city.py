"""Builds a city from raw files as a build file describes them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.build.areas import read_areas
from data.build.ground import lay_grid, synthetic_ground, warped_ground
from data.build.points import read_people, read_sites
from data.build.roads import fill_gaps, read_roads
from data.build.spec import BuildSpec, SyntheticTerrain
from data.build.spec_file import read_spec
from data.readers.area_of import area_of_points
from data.readers.report import Report
from data.readers.roads import RoadOptions, build_network
from data.readers.sites import OUTSIDE_AREAS, Trusted, left_out_notes, tell_outside_areas
from data.readers.trust import MESSAGES
from data.schema import CANDIDATES, SHELTERS, City, Grid, RoadNetwork


def build_city(path: str | Path, source_folder: str | Path | None = None) -> City:
    """The city that a build file describes; its paths start from `source_folder` (default: the file's folder).

    What is left out or made up is told in the city's notes and provenance. Raises InputError.
    """
    spec = read_spec(path, source_folder)
    report = Report()
    grid = lay_grid(spec.grid, spec.crs)
    made = isinstance(spec.terrain, SyntheticTerrain)
    terrain = (
        synthetic_ground(grid, spec.terrain)
        if isinstance(spec.terrain, SyntheticTerrain)
        else warped_ground(spec.terrain, grid)
    )
    areas = read_areas(spec.areas, spec.name, spec.name_en, spec.crs) if spec.areas else None
    people = read_people(spec.people, spec.people_joins, grid, report) if spec.people else None
    shelters = read_sites(spec.shelters, spec.site_types, SHELTERS, grid, report) if spec.shelters else None
    candidates = None
    if spec.candidates:
        existing = None if shelters is None else shelters.frame
        candidates = read_sites(spec.candidates, spec.candidate_types, CANDIDATES, grid, report, existing)
    residents, outside = _residents(spec, people, areas, report)
    left_out = tuple(one for found in (people, shelters, candidates) if found for one in found.left_out)
    roads = _roads(spec, grid, areas)
    synthetic = [layer for layer, is_made in (("terrain", made), ("roads", spec.lattice is not None)) if is_made]
    return City(
        name=spec.name,
        name_en=spec.name_en,
        grid=grid,
        terrain=terrain,
        areas=areas,
        people=residents,
        shelters=None if shelters is None else shelters.frame,
        candidates=None if candidates is None else candidates.frame,
        roads=roads,
        provenance=_provenance(spec),
        synthetic=tuple(synthetic),
        left_out=left_out,
        notes=_notes(spec, report, [*left_out_notes(left_out), *outside], roads),
    )


def _residents(
    spec: BuildSpec, people: Trusted | None, areas: gpd.GeoDataFrame | None, report: Report
) -> tuple[pd.DataFrame | None, list[str]]:
    """The people with their area, and a note of those outside all areas."""
    if people is None or spec.people is None:
        return None, []
    if areas is None:
        return people.frame.assign(area=np.full(len(people.frame), "", object)), []
    code = area_of_points(areas, people.frame["x_m"].to_numpy(), people.frame["y_m"].to_numpy())
    return people.frame.assign(area=code), tell_outside_areas(people, code, spec.people.file, report)


def _roads(spec: BuildSpec, grid: Grid, areas: gpd.GeoDataFrame | None) -> RoadNetwork | None:
    if not spec.roads and spec.lattice is None:
        return None
    lines = read_roads(spec.roads, spec.crs)
    if spec.lattice is not None:
        within = shapely.box(*grid.bounds)
        if areas is not None:
            within = shapely.intersection(within, areas.geometry.iloc[0].buffer(spec.lattice.margin_m))
        lines = fill_gaps(lines, within, spec.lattice)
    return build_network(lines, RoadOptions(snap_m=spec.snap_m))


def _provenance(spec: BuildSpec) -> dict[str, str]:
    told = dict(spec.provenance)
    if isinstance(spec.terrain, SyntheticTerrain):
        ground = spec.terrain
        relief = ", ".join(f"{height:g} m over {length:g} m" for length, height in ground.relief) or "none"
        told["terrain"] = (
            f"synthetic: plane falling {ground.slope:g} towards {ground.falls_to_deg:g} degrees, random relief "
            f"{relief}, seed {ground.seed}; no real level in it"
        )
    if spec.lattice is not None:
        rest = f"footways on a {spec.lattice.spacing_m:g} m lattice where no road is known are synthetic"
        told["roads"] = f"{told['roads']}; {rest}" if "roads" in told else f"synthetic: {rest}"
    return told


def _notes(spec: BuildSpec, report: Report, rows: list[str], roads: RoadNetwork | None) -> tuple[str, ...]:
    by_row = (OUTSIDE_AREAS, *MESSAGES.values())
    told = [finding.message for finding in report.findings if finding.message not in by_row]
    notes = [*spec.notes, *dict.fromkeys(told), *rows]
    if roads is not None and len(roads.edges):
        one_way = roads.edges[roads.edges["tail"] < roads.edges["head"]]
        made_up = one_way["source"] == "synthetic"
        km = one_way["length_m"].to_numpy() / 1000.0
        notes.append(
            f"roads: {km[~made_up].sum():.0f} km known, {km[made_up].sum():.0f} km synthetic footways; "
            f"{roads.dropped_edges} loose pieces left out"
        )
    return tuple(notes)
