"""How far the polygons of subcatchments stand for their areas."""

from __future__ import annotations

from data.readers.report import Report
from data.schema import DrainageNetwork
from data.swmm.inp import sections
from data.swmm.rows import RowReader
from data.swmm.units import METRE_OF

_M2_OF = {True: 1e4, False: 4046.8564224}  # hectares of a metric file, acres of another

DRAWN = 0.9  # polygons that hold less of the area of their subcatchments only mark where they lie; derived


def drawn_share(network: DrainageNetwork) -> float:
    """Area of the polygons by the area that the file gives its subcatchments; 0 where none is drawn.

    Some makers of models draw one small square for each subcatchment: such polygons do not say where rain falls.
    """
    if network.subcatchments is None:
        return 0.0
    unit = _M2_OF[METRE_OF[network.flow_units] == 1.0]
    reader = RowReader(network.inp, Report())
    rows = sections(network.inp).get("SUBCATCHMENTS", ())
    total = sum(reader.number(row, 3, "area", 0.0) for row in rows) * unit
    return float(network.subcatchments.area.sum()) / total if total > 0.0 else 0.0
