"""Files about a drainage network: what the check found, and how much of it the census of pipes knows."""

from __future__ import annotations

from data.schema.fields import Field, Table

FINDINGS = Table(
    "findings.csv",
    "One row per defect or doubt about a drainage network, errors first.",
    (
        Field("severity", "", "Severity", "text", choices=("error", "warning")),
        Field("file", "", "File", "text"),
        Field("place", "", "Section, line and name", "text"),
        Field("value", "", "What was found", "text"),
        Field("message", "", "What is wrong", "text"),
        Field("remedy", "", "What is expected", "text"),
        Field("lon", "degrees_east", "Longitude of the node or of the middle of the link; empty: none"),
        Field("lat", "degrees_north", "Latitude"),
    ),
)

CENSUS = Table(
    "census.csv",
    "One row per area that holds conduits: how much of their length the census of pipes knows.",
    (
        Field("code", "", "Area code; empty: outside all areas", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("level", "", "Area level", "text"),
        Field("conduit_m", "m", "Length of conduits whose middle lies in the area", minimum=0),
        Field("known_m", "m", "Of these, with a condition grade", minimum=0),
        Field("known_share", "1", "known_m / conduit_m", minimum=0, maximum=1),
        Field("poor_m", "m", "Of these, of grade 3 or 4", minimum=0),
        Field("blocked_m", "m", "Of these, with part of the flow area lost", minimum=0),
    ),
)

NETWORK_TABLES = (FINDINGS, CENSUS)
