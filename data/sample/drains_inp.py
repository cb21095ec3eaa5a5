"""The sewers of the sample city as the lines of a SWMM input file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from data.sample.drains_layout import Layout
from data.sample.drains_sizes import PIPE_MANNING, SECTIONS, Sewers

WELL_AREA_M2 = 60.0  # of the wet well of a pumping station
WELL_AWAY_M = 14.0  # from the last manhole to it
LIFT_ABOVE_BED_M = 2.0  # where a pumping station lets out, over the river bed
TANK_M3 = 8_000.0  # detention tank under a street of the old town
TANK_AWAY_M = 25.0
ROOF_M = 0.6  # ground over a tank or well; above its roof only a shaft is left
SHAFT_M2 = 1.2
SHAFT_HEIGHT_M = 3.0

OPTIONS = """\
FLOW_UNITS CMS
INFILTRATION GREEN_AMPT
FLOW_ROUTING DYNWAVE
LINK_OFFSETS DEPTH
ALLOW_PONDING NO
SKIP_STEADY_STATE NO
START_DATE 07/15/2026
START_TIME 20:00:00
REPORT_START_DATE 07/15/2026
REPORT_START_TIME 20:00:00
END_DATE 07/16/2026
END_TIME 02:00:00
REPORT_STEP 00:05:00
WET_STEP 00:01:00
DRY_STEP 00:05:00
ROUTING_STEP 5
INERTIAL_DAMPING PARTIAL
NORMAL_FLOW_LIMITED BOTH
FORCE_MAIN_EQUATION H-W
VARIABLE_STEP 0.75
LENGTHENING_STEP 0
MIN_SURFAREA 1.167
MAX_TRIALS 8
HEAD_TOLERANCE 0.0015
MINIMUM_STEP 0.5
THREADS 1""".splitlines()


@dataclass(frozen=True)
class Names:
    """What manholes, the outfalls behind the last of them, and the pipes that leave manholes are called."""

    manhole: list[str]
    outfall: dict[int, str]
    pipe: list[str]


def name_parts(layout: Layout) -> Names:
    """Names by number, in the order of the layout."""
    count = range(1, len(layout.x_m) + 1)
    ends = np.flatnonzero(layout.next_node < 0)
    outfall = {int(node): f"O{number:03d}" for number, node in enumerate(ends, start=1)}
    return Names([f"J{n:04d}" for n in count], outfall, [f"C{n:04d}" for n in count])


def network_lines(layout: Layout, sewers: Sewers, bed_m: np.ndarray, tank_at: int | None) -> list[str]:
    """All lines of the file.

    `bed_m` (n,): river bed at the outfall. `tank_at`: the manhole beside which the detention tank lies; its sewer
    spills into the tank over a weir and takes the water back further down.
    """
    names = name_parts(layout)
    file = _File(layout, sewers, names)
    file.rows["TITLE"] = [";;Synthetic storm sewers of the Rong'an sample city: no pipe of it exists"]
    file.rows["OPTIONS"] = OPTIONS
    file.rows["EVAPORATION"] = ["CONSTANT 0.0"]
    file.lay_pipes()
    for number, node in enumerate(np.flatnonzero(sewers.lifted), start=1):
        file.build_station(number, int(node), float(bed_m[node]))
    if tank_at is not None:
        file.build_tank(tank_at)
    file.rows["REPORT"] = ["INPUT NO", "CONTROLS NO", "SUBCATCHMENTS NONE", "NODES NONE", "LINKS NONE"]
    return [line for name, rows in file.rows.items() if rows for line in (f"[{name}]", *rows, "")]


class _File:
    """The rows of each section while they are written."""

    def __init__(self, layout: Layout, sewers: Sewers, names: Names) -> None:
        self.layout, self.sewers, self.names = layout, sewers, names
        self.rows: dict[str, list[str]] = {name: [] for name in _HEADS}
        for name, head in _HEADS.items():
            self.rows[name] += [f";;{head}"] if head else []
        invert = sewers.start_m.copy()
        inner = layout.next_node >= 0
        np.minimum.at(invert, layout.next_node[inner], sewers.end_m[inner])
        self.invert = np.round(invert, 3)
        self.rim = np.floor(layout.ground_m * 1000.0) / 1000.0  # never above the street

    def lay_pipes(self) -> None:
        layout, sewers, names = self.layout, self.sewers, self.names
        length = layout.length_m
        for node, name in enumerate(names.manhole):
            self.node("JUNCTIONS", name, layout.x_m[node], layout.y_m[node], self.invert[node],
                      f"{self.rim[node] - self.invert[node]:.3f} 0 0 0")  # fmt: skip
        for node, pipe in enumerate(names.pipe):
            after = layout.next_node[node]
            if after >= 0:
                far, base = names.manhole[after], self.invert[after]
            elif sewers.lifted[node]:
                continue
            else:
                far, base = names.outfall[node], round(sewers.end_m[node], 3)
                gated = "YES" if layout.to_river[node] else "NO"
                self.node("OUTFALLS", far, layout.out_x_m[node], layout.out_y_m[node], base, f"FREE {gated}")
            down = max(sewers.end_m[node] - base, 0.0)
            self.pipe(pipe, node, far, length[node], down)
            inner = shapely.get_coordinates(layout.line[node])[1:-1]
            self.rows["VERTICES"] += [f"{pipe} {x:.2f} {y:.2f}" for x, y in inner]

    def build_station(self, number: int, node: int, bed_m: float) -> None:
        """A wet well behind the last manhole of a deep sewer, and pumps that lift its water into the river."""
        layout, sewers = self.layout, self.sewers
        place = shapely.line_interpolate_point(layout.line[node], WELL_AWAY_M)
        well, pump, curve, outfall = f"W{number}", f"P{number}", f"P{number}-rate", self.names.outfall[node]
        end = sewers.start_m[node] - SECTIONS[sewers.section[node]].least_slope * WELL_AWAY_M
        invert = round(end - 1.5, 3)
        self.store(well, place.x, place.y, invert, WELL_AREA_M2, self.rim[node] - ROOF_M - invert)
        self.pipe(self.names.pipe[node], node, well, WELL_AWAY_M, end - invert)
        self.node("OUTFALLS", outfall, layout.out_x_m[node], layout.out_y_m[node], bed_m + LIFT_ABOVE_BED_M, "FREE YES")
        self.rows["PUMPS"].append(f"{pump} {well} {outfall} {curve} ON 0 0")
        rate = sewers.design_flow_m3_s[node]
        # runs from half a metre of water on and reaches its rate as the sewer in front of it fills
        points = [("PUMP4 0", 0.0), ("0.5", 0.0), ("1.5", rate), ("30", rate)]
        self.rows["CURVES"] += [f"{curve} {depth} {flow:.3f}" for depth, flow in points]

    def build_tank(self, node: int) -> None:
        layout, height = self.layout, self.sewers.height_m[node]
        after = int(layout.next_node[node])
        floor = round(float(self.invert[after]) + 0.05, 3)
        deep = self.rim[node] - ROOF_M - floor
        self.store("T1", layout.x_m[node] + TANK_AWAY_M, layout.y_m[node], floor, TANK_M3 / deep, deep)
        self.rows["WEIRS"].append(f"T1-in {self.names.manhole[node]} T1 TRANSVERSE {0.85 * height:.3f} 1.7 NO 0 0")
        self.rows["ORIFICES"].append(f"T1-out T1 {self.names.manhole[after]} SIDE 0 0.65 YES")
        self.rows["XSECTIONS"] += ["T1-in RECT_OPEN 1.5 5 0 0", "T1-out CIRCULAR 0.6 0 0 0"]

    def node(self, section: str, name: str, x: float, y: float, invert: float, rest: str) -> None:
        self.rows[section].append(f"{name} {invert:.3f} {rest}")
        self.rows["COORDINATES"].append(f"{name} {x:.2f} {y:.2f}")

    def store(self, name: str, x: float, y: float, invert: float, area: float, deep: float) -> None:
        curve = f"{name}-area"
        self.node("STORAGE", name, x, y, invert, f"{deep + SHAFT_HEIGHT_M:.3f} 0 TABULAR {curve} 0 0")
        points = [("STORAGE 0", area), (f"{deep:.3f}", area), (f"{deep + 0.1:.3f}", SHAFT_M2)]
        self.rows["CURVES"] += [f"{curve} {depth} {value:.2f}" for depth, value in points]

    def pipe(self, name: str, node: int, far: str, length_m: float, down: float) -> None:
        up = self.sewers.start_m[node] - self.invert[node]
        section = SECTIONS[self.sewers.section[node]]
        shape, width = ("CIRCULAR", 0) if section.round else ("RECT_CLOSED", section.width_m)
        self.rows["CONDUITS"].append(
            f"{name} {self.names.manhole[node]} {far} {length_m:.2f} {PIPE_MANNING} {max(up, 0.0):.3f} {down:.3f} 0 0"
        )
        self.rows["XSECTIONS"].append(f"{name} {shape} {section.height_m} {width} 0 0 1")


_HEADS = {
    "TITLE": "",
    "OPTIONS": "",
    "EVAPORATION": "",
    "JUNCTIONS": "Name Elevation MaxDepth InitDepth SurDepth Aponded",
    "OUTFALLS": "Name Elevation Type Gated",
    "STORAGE": "Name Elevation MaxDepth InitDepth Shape Curve SurDepth Fevap",
    "CONDUITS": "Name FromNode ToNode Length Roughness InOffset OutOffset InitFlow MaxFlow",
    "PUMPS": "Name FromNode ToNode Curve Status Startup Shutoff",
    "ORIFICES": "Name FromNode ToNode Type Offset Cd Gated",
    "WEIRS": "Name FromNode ToNode Type CrestHt Cd Gated EndCon EndCoeff",
    "XSECTIONS": "Link Shape Geom1 Geom2 Geom3 Geom4 Barrels",
    "CURVES": "Name Type X Y",
    "REPORT": "",
    "COORDINATES": "Node X Y",
    "VERTICES": "Link X Y",
}
