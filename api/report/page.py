"""Puts the report together: one HTML file with everything in it, no address that leads outside."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.report.bilingual import Both, known, named, say
from api.report.chart import NARROW, PEOPLE_BANDS, WIDE, timeline_svg
from api.report.facts import gather, left_out
from api.report.frames import draw_frames
from api.report.map import draw_map
from api.report.offline import font_address, leaflet_script, leaflet_style
from api.report.palette import (
    DEPTH_BANDS_M,
    DEPTH_COLOURS,
    HAZARD_COLOURS,
    LEVEL_MARKS,
    PEOPLE_COLOURS,
    PIPE_COLOURS,
    PIPE_WIDTHS,
    SITE_COLOURS,
)
from api.report.sewers import PIPE_STATES
from api.report.shell import Line, storm_words, synthetic_words
from api.report.story import advice, cards, lead_sentence, paragraphs, verdicts
from api.report.tables import (
    areas_table,
    events_table,
    people_table,
    risk_table,
    shelters_table,
    warnings_table,
)
from api.report.water_tables import (
    drain_down_table,
    sewer_water_table,
    sewers_table,
    underpasses_table,
    water_table,
    works_table,
)
from api.wording import EN, LETTERS, ZH
from data.rules_file import load_rules
from data.schema import HAZARD_CLASSES, LEVELS
from sim.result import Result

_TEMPLATES = Path(__file__).parent / "templates"
_FONT_MARK = "@@FONT@@"
_RISK_RULES = {"excess": "excess_weight", "cap": "excess_cap", "gap": "gap_weight"}


@dataclass(frozen=True)
class Band:
    """One line of a legend."""

    colour: str
    label: Both


def write_report(result: Result, path: Path) -> None:
    """Write `report.html`."""
    path.write_text(render_report(result), encoding="utf-8")


def render_report(result: Result) -> str:
    """The whole page as text."""
    facts = gather(result)
    frames = draw_frames(result)
    letters: dict[str, tuple[str, ...]] = {"zh": LETTERS[ZH], "en": LETTERS[EN]}
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    city = named(result.city.name, result.city.name_en)
    evacuation, flood = (result.summary.get(key, {}) for key in ("evacuation", "flood"))
    page = environment.get_template("page.html").render(
        say=say,
        title=say("report.title"),
        subtitle=say("report.subtitle", city=city, start=result.start),
        city=city,
        storm=storm_words(result.scenario),
        lead=lead_sentence(facts),
        reviewed=result.record is not None,
        paragraphs=paragraphs(result, facts),
        verdicts=verdicts(result, facts),
        advice=advice(result, facts),
        cards=cards(result, facts),
        charts=timeline_svg(result, WIDE) + timeline_svg(result, NARROW),
        someone_left=facts.movement.total > 0,
        bands={name: PEOPLE_COLOURS[name] for name in PEOPLE_BANDS},
        map=draw_map(result, facts, frames),
        has_frames=bool(frames.index.size),
        factor=frames.window.factor,
        frame_count=len(frames.time_s),
        frame_start=frames.start,
        depth_legend=_depth_legend(),
        hazard_legend=_hazard_legend(),
        marks=LEVEL_MARKS,
        letters=letters,
        level_names=LEVELS,
        sheets={
            "warnings": warnings_table(result),
            "areas": areas_table(facts),
            "risk": risk_table(facts),
            "drain_down": drain_down_table(result, facts),
            "sewers": sewers_table(facts.sewers),
            "works": works_table(result),
            "shelters": shelters_table(result),
            "underpasses": underpasses_table(result),
            "people": people_table(facts),
            "water": water_table(result),
            "sewer_water": sewer_water_table(result),
            "events": events_table(result),
        },
        sites_note=_sites_note(result),
        sea_note=_sea_note(),
        risk_note=_risk_note(float(facts.areas.risk_score.sum())),
        sewers=facts.sewers,
        pipe_legend=_pipe_legend(),
        people_error=str(evacuation.get("balance_error", 0)),
        water_error=f"{flood['continuity_error']:.1e}" if "continuity_error" in flood else "",
        sewer_error="" if facts.sewers is None else f"{facts.sewers.error:.1e}",
        synthetic=synthetic_words(result.city),
        unverified=result.unverified_rules,
        about=_about(result),
        font=_FONT_MARK,
        leaflet_style=Markup(leaflet_style()),
        leaflet_script=Markup(leaflet_script()),
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
        script=Markup(_script(letters)),
    )
    return page.replace(_FONT_MARK, font_address(_visible(page)))


def _visible(page: str) -> str:
    """The characters that the page may show: everything but pictures and code of others."""
    shown = re.sub(r"data:[\w/;,+=-]+", "", page).replace(leaflet_script(), "")
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), shown)


def _script(letters: dict[str, tuple[str, ...]]) -> str:
    page, drill = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.js", "map.js"))
    marks = [{"fill": mark.fill, "ink": mark.ink, "shape": mark.shape} for mark in LEVEL_MARKS]
    pipes = {state: [PIPE_COLOURS[state], PIPE_WIDTHS[state]] for state in PIPE_STATES}
    values = {"marks": marks, "letters": letters, "site_colours": SITE_COLOURS, "pipes": pipes}
    for name, value in values.items():
        drill = drill.replace("{{ " + name + " }}", json.dumps(value, ensure_ascii=False))
    return page + drill


def _depth_legend() -> list[Band]:
    limits = (*DEPTH_BANDS_M, None)
    bands = []
    for colour, low, high in zip(DEPTH_COLOURS, DEPTH_BANDS_M, limits[1:], strict=True):
        label = say("report.map.over", depth=low) if high is None else say("report.map.between", low=low, high=high)
        bands.append(Band(colour, label))
    return bands[::-1]


def _hazard_legend() -> list[Band]:
    bands = []
    for colour, name in zip(HAZARD_COLOURS, HAZARD_CLASSES[1:], strict=True):
        words = say(f"report.hazard.{name}")
        bands.append(Band(colour, Both(f"{name} {words.zh}", f"{name} {words.en}")))
    return bands[::-1]


def _pipe_legend() -> list[Band]:
    return [Band(PIPE_COLOURS[state], say(f"report.map.pipe_{state}")) for state in PIPE_STATES[::-1]]


def _sites_note(result: Result) -> Both | None:
    """How many sites the plan leaves out, where it does."""
    count = int(left_out(result.sites).sum())
    return say("report.note.sites_left_out", count=count, all=len(result.sites)) if count else None


def _sea_note() -> Both:
    """What the sea criterion asks, by the rules."""
    rules = load_rules()
    depth, minutes, share = (rules.number(f"drainage.sea_{name}") for name in ("depth_m", "duration_min", "share"))
    return say("report.note.sea", depth=depth, minutes=minutes, share=share)


def _risk_note(total: float) -> Both:
    """How the risk score is made, with the weights of the rules and the sum of the areas told of (persons)."""
    rules = load_rules()
    weights = {name: rules.number(f"risk.{key}") for name, key in _RISK_RULES.items()}
    return say("report.note.risk", total=total, target=rules.number("shelters.target_m2_per_person"), **weights)


def _about(result: Result) -> list[Line]:
    summary, grid = result.summary, result.city.grid
    flood, wall = summary.get("flood", {}), summary.get("wall_s", {})
    cells = int(flood.get("cells", grid.cells))
    lines = [
        Line(say("report.about.drill"), str(result.scenario.get("name", "drill"))),
        Line(say("report.about.seed"), str(result.scenario.get("seed", 0))),
        Line(say("report.about.rules"), result.rules_hash[:16]),
        Line(say("report.about.grid"), say("report.about.grid_value", cells=cells, cell=grid.cell_m)),
    ]
    gap = summary.get("plan", {}).get("optimality_gap")
    if gap is not None:
        lines.append(Line(say("report.about.gap"), f"{gap:.2g}"))
    if wall.get("total"):
        lines.append(Line(say("report.about.wall"), say("report.about.wall_value", seconds=wall["total"])))
    provenance = []
    for name, words in sorted(result.city.provenance.items()):
        layer = known("report.layer", name)
        source, _, detail = words.partition(": ")
        kind = known("report.source", source)
        # What the data set says of itself stays in its own words.
        provenance.append(Both(f"{layer.zh}：{kind.zh}（{detail}）", f"{layer.en}: {kind.en}, {detail}"))
    return [
        *lines,
        Line(say("report.about.provenance"), items=provenance),
        Line(say("report.about.notes"), items=list(result.city.notes)),
        Line(say("report.about.unverified"), items=list(result.unverified_rules)),
    ]
