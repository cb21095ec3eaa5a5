"""Checks the files that a network names: rain, climate, time series and interface files."""

from __future__ import annotations

from data.errors import InputError
from data.swmm.files import named_files
from data.swmm.hotstart import coupled_hotstart
from data.swmm.inp import Row
from data.swmm.telling import Teller

_RAIN_ONLY = ("rain", "climate", "rainfall", "runoff", "rdii")  # play no part where rain falls on the grid
_WORDS = {"rain": "rain", "climate": "climate", "series": "time series", "hotstart": "hot start"}


def check_files(teller: Teller, rows: dict[str, list[Row]]) -> None:
    """Tell each file that is not there: an error where the run needs it."""
    gauges = {row.token(5) for row in rows.get("RAINGAGES", ()) if row.token(4).upper() == "TIMESERIES"}
    for named in named_files(rows, teller.network.inp):
        words = f"{_WORDS.get(named.use, named.use + ' interface')} file"
        place = f"{named.row.place}, {named.row.tokens[0]}"
        if named.path is None:
            idle = teller.coupled and (named.use in _RAIN_ONLY or named.owner in gauges)
            message = f"missing {words}" + (": not needed while rain falls on the grid" if idle else "")
            teller.tell("warning" if idle else "error", message, place, named.name,
                        f"an existing file, relative to {teller.network.inp.folder}")  # fmt: skip
        elif named.moved:
            teller.tell("warning", f"{words} taken from beside the input file", place, named.name,
                        f"the path {named.path.name}")  # fmt: skip
    if teller.network.hotstart is not None:
        try:
            coupled_hotstart(teller.network, ())
        except InputError as error:
            teller.report.add(error)
