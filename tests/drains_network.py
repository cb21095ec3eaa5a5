"""A small sewer for tests of the engine, in any flow unit: two manholes above an outfall."""

from __future__ import annotations

from hazards.drains.library import FLOW_FACTOR, FLOW_UNITS, FOOT_M

_METRIC = ("CMS", "LPS", "MLD")


def sewer(
    flow_units: str = "CMS",
    outfall: str = "FREE",
    shafts: bool = True,
    hours: float = 1.0,
    inflow_m3_s: float = 0.0,
    extra: str = "",
) -> list[str]:
    """Lines of the model. `outfall` is its boundary as the file has it; shafts are storage of 1.167 m2, 20 m high."""
    per_metre = 1.0 if flow_units in _METRIC else 1.0 / FOOT_M
    flow = FLOW_FACTOR[FLOW_UNITS.index(flow_units)] / FOOT_M**3

    def metres(value: float) -> str:
        return repr(value * per_metre)

    area = repr(1.167 * per_metre**2)
    if shafts:
        nodes = f"""[STORAGE]
J1 {metres(10.0)} {metres(20.0)} 0 FUNCTIONAL 0 0 {area} 0 0
J2 {metres(9.5)} {metres(20.0)} 0 FUNCTIONAL 0 0 {area} 0 0"""
    else:
        nodes = f"""[JUNCTIONS]
J1 {metres(10.0)} {metres(3.0)}
J2 {metres(9.5)} {metres(3.0)}"""
    minutes = round(hours * 60)
    return f"""[OPTIONS]
FLOW_UNITS {flow_units}
FLOW_ROUTING DYNWAVE
SURCHARGE_METHOD SLOT
START_DATE 07/01/2024
REPORT_START_DATE 07/01/2024
END_DATE {"07/01/2024" if minutes < 1440 else "07/02/2024"}
END_TIME {minutes // 60 % 24:02d}:{minutes % 60:02d}:00
REPORT_STEP 00:05:00
ROUTING_STEP 5
VARIABLE_STEP 0.75
THREADS 1
{nodes}
[OUTFALLS]
O1 {metres(9.0)} {outfall}
[CONDUITS]
C1 J1 J2 {metres(100.0)} 0.013 0 0
C2 J2 O1 {metres(100.0)} 0.013 0 0
[XSECTIONS]
C1 CIRCULAR {metres(0.5)} 0 0 0
C2 CIRCULAR {metres(0.5)} 0 0 0
[INFLOWS]
J1 FLOW "" FLOW 1.0 1.0 {inflow_m3_s * flow!r}
{extra}""".splitlines()
