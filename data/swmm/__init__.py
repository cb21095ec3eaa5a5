"""SWMM input files: reading, checking, preparing for a run, exporting."""

from data.swmm.files import NamedFile, named_files
from data.swmm.hotstart import warm_start
from data.swmm.inp import SECTIONS, Row, inp_of, options, read_inp, sections
from data.swmm.outages import LinkOutage
from data.swmm.prepare import DRY_SERIES, PrepareOptions, prepare_inp
from data.swmm.units import M3_S_OF, METRE_OF, flow_units

__all__ = [
    "DRY_SERIES",
    "LinkOutage",
    "M3_S_OF",
    "METRE_OF",
    "NamedFile",
    "PrepareOptions",
    "Row",
    "SECTIONS",
    "flow_units",
    "inp_of",
    "named_files",
    "options",
    "prepare_inp",
    "read_inp",
    "sections",
    "warm_start",
]
