"""The SWMM engine as a shared library: its functions, its records and its units.

Source: EPA SWMM 5.2.4 as built by swmm-toolkit 0.17.0 (`toolkit.c`, `toolkit_structs.h`, `swmm5.c`).
"""

from __future__ import annotations

import ctypes
import importlib.util
from dataclasses import dataclass
from pathlib import Path

FOOT_M = 0.3048
CUBIC_FOOT_M3 = FOOT_M**3
FLOW_UNITS = ("CFS", "GPM", "MGD", "CMS", "LPS", "MLD")

# The engine computes in feet and seconds. Flow in the units of the file is its flow in ft3/s times this (`Qcf`), and
# the cubic metre of a metric file is 1 / 0.02832 cubic feet (`Ucf`): its feet are exact, its cubic feet are not.
FLOW_FACTOR = (1.0, 448.831, 0.64632, 0.02832, 28.317, 2.4466)
VOLUME_FACTOR = (1.0, 0.02832)

# An inflow below 1e-5 ft3/s is taken for zero (`FLOW_TOL`).
LEAST_FLOW_M3_S = 1e-5 * CUBIC_FOOT_M3

GAGE, NODE, LINK = 0, 2, 3
NODE_KINDS = ("junction", "outfall", "storage", "divider")
LINK_KINDS = ("conduit", "pump", "orifice", "weir", "outlet")
TOTAL_INFLOW, TOTAL_OUTFLOW, VOLUME, DEPTH, HEAD, LATERAL = 0, 1, 3, 5, 6, 7
NODE_INVERT = 0  # of swmm_getNodeParam
LINK_FULL_DEPTH = 405  # of swmm_getValue
HOTSTART_USE, HOTSTART_SAVE = 0, 1
FREE, NORMAL, FIXED, TIDAL, TIMESERIES = range(5)  # what holds the water at an outfall

_MESSAGE_LENGTH = 1024


class NodeStats(ctypes.Structure):
    """`SM_NodeStats`: lengths, flows and volumes in the units of the file, times in hours, dates in days."""

    _fields_ = (
        ("average_depth", ctypes.c_double),
        ("max_depth", ctypes.c_double),
        ("max_depth_date", ctypes.c_double),
        ("max_reported_depth", ctypes.c_double),
        ("volume_flooded", ctypes.c_double),
        ("time_flooded", ctypes.c_double),
        ("time_surcharged", ctypes.c_double),
        ("time_courant_critical", ctypes.c_double),
        ("lateral_inflow", ctypes.c_double),
        ("max_lateral_inflow", ctypes.c_double),
        ("max_inflow", ctypes.c_double),
        ("max_overflow", ctypes.c_double),
        ("max_ponded_volume", ctypes.c_double),
        ("not_converged", ctypes.c_int),
        ("max_inflow_date", ctypes.c_double),
        ("max_overflow_date", ctypes.c_double),
    )


class LinkStats(ctypes.Structure):
    """`SM_LinkStats`: lengths and flows in the units of the file, times in hours, dates in days."""

    _fields_ = (
        ("max_flow", ctypes.c_double),
        ("max_flow_date", ctypes.c_double),
        ("max_velocity", ctypes.c_double),
        ("max_depth", ctypes.c_double),
        ("max_street_filled", ctypes.c_double),
        ("time_normal_flow", ctypes.c_double),
        ("time_inlet_control", ctypes.c_double),
        ("time_surcharged", ctypes.c_double),
        ("time_full_upstream", ctypes.c_double),
        ("time_full_downstream", ctypes.c_double),
        ("time_full_flow", ctypes.c_double),
        ("time_capacity_limited", ctypes.c_double),
        ("time_in_class", ctypes.c_double * 9),
        ("time_courant_critical", ctypes.c_double),
        ("flow_turns", ctypes.c_long),
        ("flow_turn_sign", ctypes.c_int),
    )


class RoutingTotals(ctypes.Structure):
    """`SM_RoutingTotals`: volumes in the units of the file, but the two storages in ft3 as the engine has them."""

    _fields_ = tuple(
        (name, ctypes.c_double)
        for name in (
            "dry_weather_inflow",
            "wet_weather_inflow",
            "groundwater_inflow",
            "infiltration_inflow",
            "external_inflow",
            "flooding",
            "outflow",
            "evaporation",
            "seepage",
            "reacted",
            "initial_storage",
            "final_storage",
            "error",
        )
    )


class OutfallRecord(ctypes.Structure):
    """The engine's own record of an outfall (`TOutfall` of `objects.h`)."""

    _fields_ = (
        ("boundary", ctypes.c_int),
        ("flap_gate", ctypes.c_char),
        ("fixed_stage_ft", ctypes.c_double),
        ("tide_curve", ctypes.c_int),
        ("stage_series", ctypes.c_int),
        ("route_to", ctypes.c_int),
        ("volume_routed", ctypes.c_double),
        ("load_routed", ctypes.c_void_p),
    )


@dataclass(frozen=True)
class FileUnits:
    """Factors that lead from SI to the units of an input file and back."""

    flow_units: str

    @property
    def metric(self) -> bool:
        return FLOW_UNITS.index(self.flow_units) >= 3

    @property
    def flow_per_m3_s(self) -> float:
        """Flow of the file that is one m3/s inside the engine."""
        return FLOW_FACTOR[FLOW_UNITS.index(self.flow_units)] / CUBIC_FOOT_M3

    @property
    def metres(self) -> float:
        """Metres per length unit of the file."""
        return 1.0 if self.metric else FOOT_M

    @property
    def volume_m3(self) -> float:
        """m3 per volume unit of the file, for what the file defines in it (storage of a node)."""
        return 1.0 if self.metric else CUBIC_FOOT_M3

    @property
    def balance_m3(self) -> float:
        """m3 per volume unit of the file, for what flowed: the engine's cubic feet, exactly."""
        return CUBIC_FOOT_M3 / VOLUME_FACTOR[int(self.metric)]

    @property
    def rain_per_mm_h(self) -> float:
        """Rain of the file (mm/h or in/h) per mm/h."""
        return 1.0 if self.metric else 1.0 / 25.4


def library_file() -> Path:
    """The engine inside the installed swmm-toolkit."""
    spec = importlib.util.find_spec("swmm.toolkit")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        for name in ("libswmm5.so", "libswmm5.dylib", "swmm5.dll"):
            if (file := Path(folder) / name).exists():
                return file
    raise FileNotFoundError("the SWMM engine (libswmm5) is not in the installed swmm-toolkit")


def load_library() -> ctypes.CDLL:
    """The engine, with the argument types of the functions that are called through ctypes."""
    library = ctypes.CDLL(str(library_file()))
    integer, real, text = ctypes.c_int, ctypes.c_double, ctypes.c_char_p
    for name, result, arguments in (
        ("swmm_open", integer, (text, text, text)),
        ("swmm_start", integer, (integer,)),
        ("swmm_end", integer, ()),
        ("swmm_report", integer, ()),
        ("swmm_close", integer, ()),
        ("swmm_getError", integer, (text, integer)),
        ("swmm_getWarnings", integer, ()),
        ("swmm_getIndex", integer, (integer, text)),
        ("swmm_getCount", integer, (integer,)),
        ("swmm_getName", None, (integer, integer, text, integer)),
        ("swmm_getValue", real, (integer, integer)),
        ("swmm_hotstart", integer, (integer, text)),
        ("swmm_setOutfallStage", integer, (integer, real)),
        ("massbal_getStorage", real, (ctypes.c_char,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def last_error(library: ctypes.CDLL) -> tuple[int, str]:
    """Code and text of what stopped the engine; (0, "") where nothing did."""
    text = ctypes.create_string_buffer(_MESSAGE_LENGTH)
    code = library.swmm_getError(text, _MESSAGE_LENGTH)
    words = " ".join(text.value.decode("utf-8", "replace").split())
    return code, words.removeprefix(f"ERROR {code}:").strip().rstrip(".")
