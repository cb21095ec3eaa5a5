"""Pictures and chart of the report: pixels lie over their cells, PNGs decode, ticks are round."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pyproj import Transformer
from rasterio.io import MemoryFile

from api.report.chart import NARROW, WIDE, nice_step, timeline_svg
from api.report.frames import FrameParameters, draw_frames
from api.report.ground import pair_duplicates, rivers, roads
from api.report.palette import HAZARD_COLOURS, LEVEL_MARKS, rgb
from api.report.png import class_png
from api.report.window import block_maximum, map_window
from data.schema import Grid
from tests.api.result_factory import make_city, make_result


@given(st.integers(1, 40), st.integers(1, 41), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_a_png_decodes_to_the_classes_written(rows: int, cols: int, seed: int) -> None:
    classes = np.random.default_rng(seed).integers(0, 7, (rows, cols)).astype(np.uint8)
    content = class_png(classes, HAZARD_COLOURS, (255,) * 6)
    with MemoryFile(content) as file, file.open() as picture:
        assert np.array_equal(picture.read(1), classes)
        palette = picture.colormap(1)
    assert palette[6][:3] == rgb(HAZARD_COLOURS[5])
    assert palette[0][3] == 0


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 9), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_block_maximum_keeps_the_largest(rows: int, cols: int, factor: int, seed: int) -> None:
    raster = np.random.default_rng(seed).integers(0, 255, (rows, cols)).astype(np.uint8)
    reduced = block_maximum(raster, factor)
    assert reduced.shape == (math.ceil(rows / factor), math.ceil(cols / factor))
    for row in range(reduced.shape[0]):
        for col in range(reduced.shape[1]):
            block = raster[row * factor : (row + 1) * factor, col * factor : (col + 1) * factor]
            assert reduced[row, col] == block.max()


@pytest.mark.parametrize("most_pixels", [2000, 60])
def test_a_picture_lies_over_its_cells(most_pixels: int) -> None:
    """A marked cell, found by its longitude and latitude in the picture, within one (reduced) cell."""
    grid = Grid(170, 230, 30.0, 405_000.0, 3_400_000.0, "EPSG:32648")
    window = map_window(grid, most_pixels)
    (south, west), (north, east) = window.bounds
    to_map = Transformer.from_crs("EPSG:32648", "EPSG:3857", always_xy=True)
    corner = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    (x0, y0), (x1, y1) = corner.transform(west, south), corner.transform(east, north)
    for row, col in ((3, 5), (160, 12), (84, 221), (140, 140)):
        classes = np.zeros(grid.shape, np.uint8)
        classes[row, col] = 5
        picture = window.draw(classes)
        assert (picture == 5).any()
        x, y = to_map.transform(float(grid.x_centres[col]), float(grid.y_centres[row]))
        line = (y1 - y) / (y1 - y0) * picture.shape[0]
        column = (x - x0) / (x1 - x0) * picture.shape[1]
        lines, columns = np.nonzero(picture == 5)
        assert abs(lines.mean() + 0.5 - line) <= 1.0
        assert abs(columns.mean() + 0.5 - column) <= 1.0


def test_frames_leave_rivers_out_and_start_at_the_worst() -> None:
    result = make_result()
    frames = draw_frames(result)
    assert len(frames.depth) == len(result.flood.time_s)
    assert frames.time_s[frames.start] == pytest.approx(7200.0)
    result.flood.depth[:] = 1.5  # the band from 1 to 2 m is the fifth
    with MemoryFile(base64.b64decode(draw_frames(result).depth[0].split(",")[1])) as file, file.open() as picture:
        classes = picture.read(1)
    # The river runs from 300-380 m to 700-780 m south of the north edge: cells of 25 m, row 22 in column 40.
    assert classes[22, 40] == 0
    assert classes[10, 40] == 5


def test_long_runs_are_thinned_to_the_limit() -> None:
    frames = draw_frames(make_result(), FrameParameters(most_frames=4))
    assert len(frames.depth) == 4
    assert frames.time_s[0] == 0.0
    assert frames.time_s[-1] == 14_400.0


def test_both_directions_of_a_road_are_drawn_once() -> None:
    city = make_city()
    assert pair_duplicates(city.roads.edges).sum() == len(city.roads.edges) // 2
    drawn = roads(city)
    assert len(drawn["main"]["geometry"]["coordinates"]) == 10
    assert len(drawn["side"]["geometry"]["coordinates"]) == 210
    assert rivers(city)["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize("shape", [WIDE, NARROW], ids=lambda s: s.name)
def test_the_chart_is_well_formed_and_stays_in_its_box(shape) -> None:
    svg = etree.fromstring(timeline_svg(make_result(), shape).encode())
    clocks = [t.text for t in svg.iter("text") if t.text and len(t.text) == 5 and t.text[2] == ":"]
    assert clocks[0] == "20:00"
    assert clocks[-1] == "00:00"
    assert len(clocks) <= shape.most_ticks + 1
    for path in svg.iter("path"):
        numbers = [float(v) for v in path.get("d").replace("M", "").replace("Z", "").replace("L", ",").split(",")]
        assert min(numbers[0::2]) >= shape.left - 0.1
        assert max(numbers[0::2]) <= shape.width - shape.right + 0.1
        assert max(numbers[1::2]) <= shape.height


def test_an_empty_panel_has_a_plain_scale() -> None:
    labels = {t.text for t in etree.fromstring(timeline_svg(make_result(danger=False), WIDE).encode()).iter("text")}
    assert "1" in labels
    assert not any("e-" in (label or "") for label in labels)


@given(st.floats(1e-3, 1e8), st.integers(2, 6))
@settings(max_examples=50, deadline=None)
def test_ticks_are_round_and_few(largest: float, count: int) -> None:
    step = nice_step(largest, count)
    assert largest / step <= count * 1.01
    assert round(step / 10.0 ** math.floor(math.log10(step * 1.0001)), 6) in (1.0, 2.0, 2.5, 5.0)


def _contrast(a: str, b: str) -> float:
    def luminance(colour: str) -> float:
        channels = [c / 255.0 for c in rgb(colour)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_letters_on_level_marks_meet_wcag_aa() -> None:
    """4.5:1 for text (WCAG 2.2, 1.4.3)."""
    assert all(_contrast(mark.fill, mark.ink) >= 4.5 for mark in LEVEL_MARKS)
    assert len({mark.shape for mark in LEVEL_MARKS}) == 5


def test_the_chart_has_room_for_people_who_leave_of_their_own_accord() -> None:
    """Nothing is drawn above a panel's top edge, however many leave without an order."""
    result = make_result()
    line = result.timeline.copy()
    line["unordered"] = 2600 * (line["time_s"] >= 1800.0)
    line["moving"] += line["unordered"]
    drawing = etree.fromstring(str(timeline_svg(replace(result, timeline=line), WIDE)))
    bands = drawing.findall(".//{*}path[@stroke]")
    assert len(bands) == 5
    top = WIDE.top + WIDE.panels[0] + WIDE.panels[1] + 2 * WIDE.gap
    highest = min(float(y) for band in bands for y in re.findall(r",(-?[\d.]+)", band.get("d")))
    assert top <= highest + 0.06  # one decimal
