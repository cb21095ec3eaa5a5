"""A small PNG writer for class rasters: up to sixteen colours with transparency, four bits a pixel (PNG 1.2)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from api.report.palette import rgb

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_COLOURS = 16
_LEVEL = 7  # of zlib: 9 costs twice the time for one per cent


def class_png(classes: np.ndarray, colours: tuple[str, ...], alpha: tuple[int, ...]) -> bytes:
    """PNG of a raster of classes, shape (rows, cols), uint8: 0 is transparent, k has `colours[k - 1]`."""
    if len(colours) >= _MOST_COLOURS or len(colours) != len(alpha):
        raise ValueError(f"{len(colours)} colours with {len(alpha)} alphas; both must agree and be at most 15")
    rows, cols = classes.shape
    if cols % 2:
        classes = np.pad(classes, ((0, 0), (0, 1)))
    packed = (classes[:, 0::2] << 4) | classes[:, 1::2]
    lines = np.zeros((rows, packed.shape[1] + 1), np.uint8)  # first byte of a line: filter 0
    lines[:, 1:] = packed
    palette = bytes(channel for colour in ("#000000", *colours) for channel in rgb(colour))
    return (
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", cols, rows, 4, 3, 0, 0, 0))
        + _chunk(b"PLTE", palette)
        + _chunk(b"tRNS", bytes((0, *alpha)))
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), _LEVEL))
        + _chunk(b"IEND", b"")
    )


def data_uri(content: bytes, media_type: str = "image/png") -> str:
    """The content as an address that needs no request."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
