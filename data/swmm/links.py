"""Links of a SWMM input as a table in SI, with the full flow of each conduit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.swmm.inp import Row
from data.swmm.profiles import Profile, curves_of_kind, custom_shape, plain_profile, streets, transects
from data.swmm.rows import RowReader
from data.swmm.shapes import shape_of
from data.swmm.units import FOOT_M

# section, kind, fewest tokens
_KINDS = (("CONDUITS", "conduit", 7), ("PUMPS", "pump", 3), ("ORIFICES", "orifice", 6), ("WEIRS", "weir", 6),
          ("OUTLETS", "outlet", 6))  # fmt: skip
_LEAST_DROP_M = 0.001 * FOOT_M  # of a conduit (MIN_DELTA_Z of the engine)
LINK_COLUMNS = (
    "name", "kind", "tail", "head", "length_m", "roughness", "shape", "height_m", "width_m", "barrels",
    "tail_invert_m", "head_invert_m", "full_area_m2", "full_flow_m3_s", "line",
)  # fmt: skip


@dataclass(frozen=True)
class _Section:
    shape: str
    profile: Profile
    barrels: int
    hazen: float  # coefficient C of a force main, or its roughness height
    row: Row


def read_links(
    rows: dict[str, list[Row]], nodes: pd.DataFrame, options: dict[str, str], metre: float, reader: RowReader
) -> pd.DataFrame:
    """Every link in the order of the file; LINK_COLUMNS."""
    return _LinkReader(rows, nodes, options, metre, reader).read()


class _LinkReader:
    def __init__(
        self, rows: dict[str, list[Row]], nodes: pd.DataFrame, options: dict[str, str], metre: float, reader: RowReader
    ) -> None:
        self.rows = rows
        self.options = options
        self.metre = metre
        self.reader = reader
        self.number = {name: position for position, name in enumerate(nodes["name"])}
        self.invert = nodes["invert_m"].to_numpy()
        self.by_elevation = options.get("LINK_OFFSETS", "").upper().startswith("ELEV")
        self.least_slope = _float(options.get("MIN_SLOPE", "0")) / 100.0

    def read(self) -> pd.DataFrame:
        links: dict[str, Row] = {}
        for row in self._in_order():
            if not self.reader.has(row, next(fewest for section, _, fewest in _KINDS if section == row.section)):
                continue
            if row.tokens[0] in links:
                self.reader.report.error(
                    "name of two links", file=self.reader.inp.file, place=row.place, value=row.tokens[0],
                    expected=f"a name of its own (also in {links[row.tokens[0]].place})",
                )  # fmt: skip
                continue
            links[row.tokens[0]] = row
        sections = self._sections(links)
        frame = pd.DataFrame([self._link(row, sections.get(name)) for name, row in links.items()],
                             columns=list(LINK_COLUMNS))  # fmt: skip
        whole = dict.fromkeys(("tail", "head", "barrels", "line"), np.int64)
        return frame.astype({**whole, **{name: float for name in LINK_COLUMNS if name.endswith(("_m", "_m2", "_m3_s"))},
                             "roughness": float})  # fmt: skip

    def _in_order(self) -> list[Row]:
        found = [row for section, _, _ in _KINDS for row in self.rows.get(section, ())]
        return sorted(found, key=lambda row: row.line)

    def _sections(self, links: dict[str, Row]) -> dict[str, _Section]:
        by_points = {
            "IRREGULAR": transects(self.rows.get("TRANSECTS", []), self.metre),
            "STREET": streets(self.rows.get("STREETS", []), self.metre),
        }
        curves = curves_of_kind(self.rows.get("CURVES", []), "SHAPE")
        found = {}
        for row in self.rows.get("XSECTIONS", ()):
            if not self.reader.has(row, 3) or self.reader.known(row, 0, "link", links) is None:
                continue
            shape = shape_of(row.tokens[1])
            if shape is None:
                self.reader.report.error(
                    "unknown shape", file=self.reader.inp.file, place=row.place, value=row.tokens[1],
                    expected="a shape of SWMM 5.2, such as CIRCULAR or RECT_CLOSED",
                )  # fmt: skip
                continue
            nothing = Profile(math.nan, math.nan, math.nan, math.nan)
            barrels, hazen = 1, math.nan
            if shape in by_points:
                profile = by_points[shape].get(row.tokens[2], nothing)
            elif not self.reader.has(row, 6):
                continue
            elif shape == "CUSTOM":
                height = self.reader.number(row, 2, "height", above=0.0) * self.metre
                profile = custom_shape(curves.get(row.tokens[3], []), height) or nothing
            else:
                profile, hazen = self._by_formula(row, shape)
            if len(row.tokens) > 6 and shape not in by_points:
                number = self.reader.number(row, 6, "barrels", above=0.0)
                barrels = int(number) if math.isfinite(number) else 1
            found[row.tokens[0]] = _Section(shape, profile, barrels, hazen, row)
        return found

    def _by_formula(self, row: Row, shape: str) -> tuple[Profile, float]:
        if shape == "DUMMY":
            return Profile(math.nan, math.nan, math.nan, math.nan), math.nan
        size = [self.reader.number(row, position, "size") for position in range(2, 6)]
        if size[0] <= 0.0:
            self.reader.report.error(
                "no height", file=self.reader.inp.file, place=row.place, value=row.tokens[2],
                expected="a height above 0",
            )  # fmt: skip
        ratios = {"TRAPEZOIDAL": (2, 3), "RECT_OPEN": (2, 3), "POWER": (2, 3), "FORCE_MAIN": (1, 2, 3),
                  "HORIZ_ELLIPSE": (2, 3), "VERT_ELLIPSE": (2, 3), "ARCH": (2, 3)}.get(shape, (3,))  # fmt: skip
        lengths = [value if position in ratios else value * self.metre for position, value in enumerate(size)]
        return plain_profile(shape, lengths), size[1]

    def _link(self, row: Row, section: _Section | None) -> tuple:
        reader = self.reader
        kind = next(kind for name, kind, _ in _KINDS if name == row.section)
        ends = [reader.known(row, position, "node", self.number) for position in (1, 2)]
        tail, head = (-1 if end is None else self.number[end] for end in ends)
        length = roughness = area = flow = math.nan
        tail_offset = head_offset = 0.0
        profile = section.profile if section else Profile(math.nan, math.nan, math.nan, math.nan)
        if kind == "conduit":
            length = reader.number(row, 3, "length", above=0.0) * self.metre
            roughness = reader.number(row, 4, "roughness", minimum=0.0)
            tail_offset, head_offset = (
                self._offset(row, 5, "offset at its tail"),
                self._offset(row, 6, "offset at its head"),
            )
            if profile.roughness is not None:
                roughness = profile.roughness
            if section is None:
                reader.report.error(
                    "conduit without a cross-section", file=reader.inp.file, place=row.place, value=row.tokens[0],
                    expected="a row in [XSECTIONS]",
                )  # fmt: skip
        elif kind in ("orifice", "weir"):
            tail_offset = head_offset = self._offset(row, 4, "crest")
        elif kind == "outlet":
            tail_offset = head_offset = self._offset(row, 3, "crest")
        if section and section.shape == "FILLED_CIRCULAR":  # the engine lifts the ends by the filling
            filling = reader.number(section.row, 3, "filling", 0.0) * self.metre
            tail_offset, head_offset = tail_offset + filling, head_offset + filling
        tail_invert = self._level(tail, tail_offset)
        head_invert = self._level(head, head_offset) if kind == "conduit" else self._level(head, 0.0)
        if kind == "conduit" and section is not None:
            area = profile.area_m2 * section.barrels
            flow = self._full_flow(section, length, roughness, tail_invert - head_invert)
        return (
            row.tokens[0], kind, tail, head, length, roughness, section.shape if section else "", profile.height_m,
            profile.width_m, section.barrels if section else 1, tail_invert, head_invert, area, flow, row.line,
        )  # fmt: skip

    def _offset(self, row: Row, position: int, what: str) -> float:
        """Height above the node (m), or a level where the file counts by elevation; NaN for a star (the invert)."""
        if row.token(position).startswith("*"):
            return math.nan if self.by_elevation else 0.0
        return self.reader.number(row, position, what, 0.0) * self.metre

    def _level(self, node: int, offset: float) -> float:
        """Level of an end of a link, no lower than the invert of the node: as the engine takes it."""
        if node < 0:
            return math.nan
        invert = float(self.invert[node])
        if math.isnan(offset):
            return invert
        return max(invert, offset if self.by_elevation else invert + offset)

    def _full_flow(self, section: _Section, length: float, roughness: float, drop: float) -> float:
        """Q = A R^(2/3) S^(1/2) / n of all barrels by Manning, S = drop / sqrt(length^2 - drop^2) and at least the
        engine's own least drop and MIN_SLOPE; a force main by Hazen-Williams: Q = 0.849 C A R^0.63 S^0.54.
        """
        profile = section.profile
        length /= profile.length_factor
        fall = max(abs(drop), _LEAST_DROP_M)
        slope = max(fall / math.sqrt(length**2 - fall**2) if fall < length else fall / length, self.least_slope)
        if section.shape == "FORCE_MAIN" and not self.options.get("FORCE_MAIN_EQUATION", "H-W").upper().startswith("D"):
            speed = 0.849 * section.hazen * profile.radius_m**0.63 * slope**0.54
        elif roughness > 0.0:
            manning = roughness * math.sqrt(profile.length_factor)
            speed = profile.radius_m ** (2.0 / 3.0) * math.sqrt(slope) / manning
        else:
            speed = math.nan
        return speed * profile.area_m2 * section.barrels


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
