"""Small road files in other people's formats, written by hand for the tests of their readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

OSM_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="by hand">\n'


def write_osm(
    file: Path, nodes: Sequence[tuple[float, float]], ways: Sequence[tuple[Sequence[int], Mapping[str, str]]]
) -> Path:
    """Nodes (lon, lat) numbered from 1, and ways as (node numbers, tags)."""
    parts = [OSM_HEAD]
    for number, (lon, lat) in enumerate(nodes, start=1):
        parts.append(f'<node id="{number}" version="1" lat="{lat}" lon="{lon}"/>\n')
    for number, (along, tags) in enumerate(ways, start=101):
        parts.append(f'<way id="{number}" version="1">')
        parts += [f'<nd ref="{node}"/>' for node in along]
        parts += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        parts.append("</way>\n")
    file.write_text("".join(parts) + "</osm>\n", encoding="utf-8")
    return file


GRAPHML = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="graph" attr.name="crs" attr.type="string"/>
  <key id="d1" for="node" attr.name="y" attr.type="string"/>
  <key id="d2" for="node" attr.name="x" attr.type="string"/>
  <key id="d3" for="edge" attr.name="highway" attr.type="string"/>
  <key id="d4" for="edge" attr.name="oneway" attr.type="string"/>
  <key id="d5" for="edge" attr.name="lanes" attr.type="string"/>
  <key id="d6" for="edge" attr.name="maxspeed" attr.type="string"/>
  <key id="d7" for="edge" attr.name="geometry" attr.type="string"/>
  <key id="d8" for="edge" attr.name="name" attr.type="string"/>
  <graph edgedefault="directed">
    <data key="d0">EPSG:32648</data>
    <node id="10"><data key="d1">3390000.0</data><data key="d2">410000.0</data></node>
    <node id="11"><data key="d1">3390000.0</data><data key="d2">410100.0</data></node>
    <node id="12"><data key="d1">3390050.0</data><data key="d2">410100.0</data></node>
    <edge source="10" target="11" id="0">
      <data key="d3">['primary', 'trunk']</data><data key="d4">False</data><data key="d5">['4', '6']</data>
      <data key="d6">['60', '40']</data><data key="d8">人民路</data>
    </edge>
    <edge source="11" target="10" id="0"><data key="d3">primary</data><data key="d4">False</data></edge>
    <edge source="11" target="12" id="0">
      <data key="d3">residential</data><data key="d4">True</data><data key="d5">2</data>
      <data key="d7">LINESTRING (410100 3390000, 410130 3390040, 410100 3390050)</data>
    </edge>
    <edge source="12" target="10" id="0"><data key="d3">footway</data></edge>
  </graph>
</graphml>
"""

# Zones 1 and 2 hang by connectors on a square of roads 3 4 5 6; every road runs both ways.
TNTP_NETWORK = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 6
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 12
<ORIGINAL HEADER>~ made by hand
<END OF METADATA>


~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t999999\t0\t0\t0\t4\t0\t0\t0\t;
\t3\t1\t999999\t0\t0\t0\t4\t0\t0\t0\t;
\t2\t5\t999999\t0\t0\t0\t4\t0\t0\t0\t;
\t5\t2\t999999\t0\t0\t0\t4\t0\t0\t0\t;
\t3\t4\t3600\t1.0\t1.0\t0.15\t4\t0\t0\t1\t;
\t4\t3\t3600\t1.0\t1.0\t0.15\t4\t0\t0\t1\t;
\t4\t5\t900\t0.5\t1.0\t0.15\t4\t0\t0\t1\t;
\t5\t4\t900\t0.5\t1.0\t0.15\t4\t0\t0\t1\t;
\t5\t6\t1800\t1.0\t2.0\t0.15\t4\t0\t0\t1\t;
\t6\t5\t1800\t1.0\t2.0\t0.15\t4\t0\t0\t1\t;
\t6\t3\t1800\t1.0\t0\t0.15\t4\t0.5\t0\t1\t;
\t3\t6\t1800\t1.0\t2.0\t0.15\t4\t0.5\t0\t1\t;
"""
TNTP_NODES = """Node\tX\tY\t;
1\t409000\t3390000\t;
2\t412000\t3391000\t;
3\t410000\t3390000\t;
4\t411000\t3390000\t;
5\t411000\t3390500\t;
6\t410000\t3390500\t;
"""
TNTP_TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 450.5
<END OF METADATA>


Origin \t1
    1 :     50.0;     2 :    300.5;

Origin  2
    1 : 100.0;
"""


def write_tntp(folder: Path) -> Path:
    """square_net.tntp with its nodes and trips beside it."""
    (folder / "square_node.tntp").write_text(TNTP_NODES, encoding="utf-8")
    (folder / "square_trips.tntp").write_text(TNTP_TRIPS, encoding="utf-8")
    network = folder / "square_net.tntp"
    network.write_text(TNTP_NETWORK, encoding="utf-8")
    return network
