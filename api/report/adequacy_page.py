"""adequacy.html: is the shelter area really there, dry, near and fair? The answer first, then what lies behind it."""

from __future__ import annotations

from importlib.metadata import version

from api.messages import has
from api.report.adequacy_areas import finer_level, whole
from api.report.adequacy_charts import NARROW, WIDE, curve_svg, legend, small_curves, years_svg
from api.report.adequacy_districts import areas_short, falls
from api.report.adequacy_map import MOST_BLOCKS, blocks_left_out, draw_adequacy
from api.report.adequacy_sites import sites_listing
from api.report.adequacy_tables import (
    aid_table,
    areas_listing,
    change_table,
    curve_table,
    heads,
    left_out_table,
    left_to_files,
    practice_table,
    risk_table,
    stages_table,
    verdict,
    years_listing,
)
from api.report.adequacy_words import (
    change_lead,
    change_words,
    figures,
    lead,
    level_words,
    norm,
    open_air_allowed,
    practice_words,
    proof_words,
    reach_words,
    remarks,
    storm_words,
)
from api.report.bilingual import Both, say
from api.report.shell import Line, render
from api.report.tables import Cell, Sheet
from data.rules_file import Rules
from sim.adequacy_result import Adequacy

_OWN = ("planner_map.css", "listing.css", "adequacy.css", "listing.js", "planner_map.js")
# Thresholds shown on the page: key of the rule, key of its words.
_RULES = (
    "target_m2_per_person", "base_m2_per_person", "m2_per_person_{stay}", "distance_m_{stay}", "closed_from_class",
    "open_air_in_storm", "fixed_share_min", "unit_persons", "first_class_site_m2", "approach_angle_deg",
    "water_l_per_person_day", "persons_per_toilet", "persons_per_kit", "stage_share_fixed",
    "stage_share_central",
)  # fmt: skip


def render_adequacy(found: Adequacy, rules: Rules) -> str:
    """The whole page as text."""
    finer = finer_level(found)
    hint = "hint" if finer else "hint_sites"
    target = norm(found.target_m2)
    change = change_table(found)
    sheets = {
        "areas": areas_listing(found), "sites": sites_listing(found), "curve": curve_table(found),
        "years": years_listing(found), "aid": aid_table(found), "practice": practice_table(found),
        "stages": stages_table(found),
        "risk": risk_table(found), "left_out": left_out_table(found), "thresholds": thresholds_table(found, rules),
    }  # fmt: skip
    study = say("adequacy.study", stay=say(f"adequacy.stay.{found.stay}"), space=found.space_m2, target=target,
                reach=reach_words(found.reach_m))  # fmt: skip
    return render(
        "adequacy.html",
        found.city,
        title=say("adequacy.title"),
        unverified=rules.unverified(),
        own=_OWN,
        storm=storm_words(found.storm),
        study=say("adequacy.study_changed", study=study) if found.changes else study,
        lead=lead(found),
        remarks=remarks(found, rules),
        figures=figures(found, rules),
        change=change,
        change_lead=change_lead(found),
        changes=[change_words(one) for one in found.changes],
        falls=falls(found),
        not_open=int((found.sites["excluded"] == "not_open").sum()),
        nowhere=max(0, int((found.sites["excluded"] != "not_open").sum()) - int(whole(found)["sites"])),
        who=areas_short(found),
        who_hint=say(f"adequacy.who.{hint}", target=target, **({"finer": level_words(finer)} if finer else {})),
        finer=level_words(finer) if finer else Both("", ""),
        curve=curve_svg(found, WIDE) + curve_svg(found, NARROW),
        curve_legend=legend("curve", found),
        curves=small_curves(found),
        single=len(found.storms) <= 2,
        open_air=open_air_allowed(found, rules),
        years=years_svg(found, WIDE) + years_svg(found, NARROW),
        years_legend=legend("years", found),
        years_note=_years_note(rules),
        map=draw_adequacy(found),
        blocks_note=say("adequacy.map.most", count=MOST_BLOCKS) if blocks_left_out(found) else None,
        sheets=sheets,
        in_files=left_to_files(found),
        practice=practice_words(found),
        proof=proof_words(found),
        risk_note=say(
            "adequacy.risk.note", excess=rules.number("risk.excess_weight"), gap=rules.number("risk.gap_weight")
        ),
        about=_about(found, rules),
        notes=[say(f"adequacy.about.{key}") for key in ("effective", "dry", "storm", "reach", "all_go")],
    )


def thresholds_table(found: Adequacy, rules: Rules) -> Sheet:
    """The thresholds behind the figures, where they come from, and whether anybody checked them."""
    keys = [f"shelters.{key.format(stay=found.stay)}" for key in _RULES] + ["risk.excess_weight", "risk.gap_weight"]
    rows = []
    for key in keys:
        file, _, name = key.partition(".")
        rule = rules[file][name]
        words = f"adequacy.rule.{name}"
        title = say(words if has(words) else f"adequacy.rule.{name.removesuffix('_' + found.stay)}")
        rows.append([Cell(title, title.zh), Cell(f"{rule.value:,.10g}", float(rule.value), "num"),
                     Cell(rule.clause or key), verdict(rule.verified)])  # fmt: skip
    columns = heads("rule", "value", "clause", "checked")
    return Sheet("thresholds", columns, rows, shown=30)


def _years_note(rules: Rules) -> Both:
    base, plan = (norm(rules.number(f"shelters.{name}_m2_per_person")) for name in ("base", "target"))
    years = {key: round(rules.number(f"shelters.{key}_year")) for key in ("base", "target")}
    return say("adequacy.chart.years_note", base=base, base_year=years["base"], plan=plan, year=years["target"])


def _about(found: Adequacy, rules: Rules) -> list[Line]:
    storms = [storm_words(storm) for storm in found.storms if storm.label != "dry"] or [say("adequacy.dry_weather")]
    time = "day" if found.scenario.time_of_day == "day" else "night"
    return [
        Line(say("adequacy.about.scenario"), found.scenario.name),
        Line(say("adequacy.about.storms"), items=storms),
        Line(say("adequacy.about.time_of_day"), say(f"adequacy.about.{time}")),
        Line(say("adequacy.about.files"), say("adequacy.about.files_value")),
        Line(say("report.about.rules"), rules.hash[:16]),
        Line(say("adequacy.about.version"), version("rongan")),
        Line(say("adequacy.about.city"), items=list(found.city.notes)),
    ]
