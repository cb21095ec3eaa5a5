"""Writes flood.nc: CF-1.8, georeferenced so that QGIS places it, compressed, the same bytes for the same run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import netCDF4
import numpy as np
from pyproj import CRS

from data.schema import FLOOD, Field, Grid

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # stands for the start of a run without a date
_FRAME_FIELDS = tuple(field for field in FLOOD if field.dims[0] == "time")
_MAP_FIELDS = tuple(field for field in FLOOD if field.dims[0] != "time")
_ROUNDED = ("depth", "speed_x", "speed_y", "max_depth", "max_speed")  # alike, so that no frame passes its maximum
_BITS = 12  # kept of the mantissa, to nearest: 1.2e-4 of the value, unbiased; packs to two thirds and books still close
_LEVELS = ("bed", "max_stage")  # hundreds of metres to the millimetre: more than float32 holds well


class FloodFile:
    """An open flood.nc: frames are added one by one, the maps of the whole run once at the end.

    with FloodFile(path, grid, start) as flood:
        flood.add_frame(0.0, {"depth": ..., "speed_x": ..., "speed_y": ...})
        flood.write_maps({"bed": ..., "max_depth": ..., ...})
    """

    def __init__(self, path: Path, grid: Grid, start: datetime | None = None, title: str = "Surface flood") -> None:
        self._file = netCDF4.Dataset(path, "w", format="NETCDF4")
        self._grid = grid
        self._frames = 0
        self._describe(start or _EPOCH, title)
        for field in FLOOD:
            self._declare(field)

    def __enter__(self) -> FloodFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add_frame(self, time_s: float, values: Mapping[str, np.ndarray]) -> None:
        """The fields over time at one instant, each of shape (rows, cols)."""
        self._file["time"][self._frames] = time_s
        for field in _FRAME_FIELDS:
            self._file[field.name][self._frames] = self._shaped(field, values[field.name])
        self._frames += 1

    def write_maps(self, values: Mapping[str, np.ndarray]) -> None:
        """The fields without time, each of shape (rows, cols)."""
        for field in _MAP_FIELDS:
            self._file[field.name][:] = self._shaped(field, values[field.name])

    def _shaped(self, field: Field, values: np.ndarray) -> np.ndarray:
        if values.shape != self._grid.shape:
            raise ValueError(f"{field.name} has shape {values.shape}; must be {self._grid.shape}")
        return values

    def _describe(self, start: datetime, title: str) -> None:
        file, grid = self._file, self._grid
        file.setncatts({"Conventions": "CF-1.8", "title": title, "source": "Rong'an"})
        file.createDimension("time", None)
        file.createDimension("y", grid.rows)
        file.createDimension("x", grid.cols)
        since = start.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts(
            {
                "standard_name": "time",
                "long_name": "Time since the start of the run",
                "units": f"seconds since {since}",
                "calendar": "standard",
                "axis": "T",
            }
        )
        for name, centres in (("y", grid.y_centres), ("x", grid.x_centres)):
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts({"standard_name": f"projection_{name}_coordinate", "units": "m", "axis": name.upper()})
            axis[:] = centres
        crs = file.createVariable("crs", "i4")
        reference = CRS.from_user_input(grid.crs)
        wkt = reference.to_wkt()
        west, cell, north = grid.west_m, grid.cell_m, grid.north_m
        attributes = {key: value for key, value in reference.to_cf().items() if value is not None}
        attributes |= {"crs_wkt": wkt, "spatial_ref": wkt, "GeoTransform": f"{west!r} {cell!r} 0 {north!r} 0 {-cell!r}"}
        crs.setncatts(attributes)

    def _declare(self, field: Field) -> None:
        grid = self._grid
        whole = field.dtype == "int"
        kind = "i1" if whole else "f8" if field.name in _LEVELS else "f4"
        chunks = (1, grid.rows, grid.cols) if field.dims[0] == "time" else (grid.rows, grid.cols)
        variable = self._file.createVariable(
            field.name,
            kind,
            field.dims,
            zlib=True,
            complevel=1,
            shuffle=True,
            chunksizes=chunks,
            fill_value=None if whole else np.nan,
            significant_digits=_BITS if field.name in _ROUNDED else None,
            quantize_mode="BitRound",
        )
        attributes = {"long_name": field.meaning, "units": field.unit, "grid_mapping": "crs"}
        if field.standard_name:
            attributes["standard_name"] = field.standard_name
        variable.setncatts(attributes)
