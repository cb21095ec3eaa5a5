"""Writes network.geojson, findings.csv, census.csv and map.html, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from api.network_page.page import network_html
from data.checks import Checked
from data.datum import WGS84, transform
from data.errors import Finding
from data.safe_folder import SafeFolder
from data.schema import DrainageNetwork
from data.schema.networks import FINDINGS
from data.swmm.census import census_completeness
from data.swmm.geojson import network_geojson

MARKER = "network.geojson"


def write_network_folder(checked: Checked, folder: str | Path) -> Path:
    """The folder for a network that a check could read; an earlier one there is replaced, anything else refused."""
    network = checked.network
    assert network is not None
    findings = findings_table(network, checked.findings)
    census = census_completeness(network, checked.city.areas if checked.city else None)
    with SafeFolder(folder, marker=MARKER) as place:
        text = json.dumps(network_geojson(network), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        (place / MARKER).write_text(text + "\n", encoding="utf-8")
        findings.to_csv(place / "findings.csv", index=False, lineterminator="\n")
        census.to_csv(place / "census.csv", index=False, lineterminator="\n")
        (place / "map.html").write_text(network_html(network, checked.city, findings, census), encoding="utf-8")
    return Path(folder)


def findings_table(network: DrainageNetwork, findings: list[Finding]) -> pd.DataFrame:
    """Columns of FINDINGS: the findings with the place of the node or link that they name."""
    places = _places(network)
    rows = []
    for finding in findings:
        lon, lat = places.get(finding.place.partition(", ")[2], (np.nan, np.nan))
        rows.append({**asdict(finding), "lon": lon, "lat": lat})
    return pd.DataFrame(rows, columns=list(FINDINGS.names))


def _places(network: DrainageNetwork) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of each part by its name: of a link the middle. Nodes go before links of their name."""
    nodes, links = network.nodes, network.links
    middle = shapely.line_interpolate_point(np.asarray(links.geometry.array), 0.5, normalized=True)
    x = np.concatenate([shapely.get_x(middle), nodes["x_m"]])
    y = np.concatenate([shapely.get_y(middle), nodes["y_m"]])
    placed = np.isfinite(x) & np.isfinite(y)
    names = np.concatenate([links["name"], nodes["name"]])[placed]
    lon, lat = transform(x[placed], y[placed], str(links.crs), WGS84)
    pairs = zip(np.round(lon, 7).tolist(), np.round(lat, 7).tolist(), strict=True)
    return dict(zip(names, pairs, strict=True))
