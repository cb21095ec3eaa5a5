"""An outlook as the warnings that it asks for: one message for each area that has something of its own to say."""

from __future__ import annotations

from data.rules_file import Rules
from sim.episode.combine import Standing, own_messages
from sim.episode.terms import episode_terms
from sim.forecast.outlook import AreaOutlook, Outlook
from sim.result import Warning


def warned_areas_of(outlook: Outlook, rules: Rules) -> tuple[AreaOutlook, ...]:
    """The areas that get a message of their own, by the rules that keep parents and children from saying it twice."""
    standing = [
        Standing(area.area, area.area_level, area.parent, area.colour, area.event, bool(area.shelters), False)
        for area in outlook.areas
    ]
    own = own_messages(standing, episode_terms(rules))
    return tuple(area for area in outlook.areas if area.colour > 0 and area.area in own)


def warnings_of(outlook: Outlook, rules: Rules, made_from: tuple[str, ...] = ()) -> tuple[Warning, ...]:
    """An Alert for each of them as if nothing had been sent before; times in s since the cycle."""
    valid_s = rules.number("warning.expires_after_s")
    warnings = []
    for area in warned_areas_of(outlook, rules):
        onset_s = 0.0 if area.onset is None else (area.onset - outlook.time).total_seconds()
        warnings.append(
            Warning(
                id=f"{area.area}-01",
                area=area.area,
                area_name=area.name,
                area_name_en=area.name_en,
                event=area.event,
                level=area.colour,
                message_type="Alert",
                references="",
                sent_s=0.0,
                onset_s=onset_s,
                expires_s=valid_s,
                lead_time_min=onset_s / 60.0,
                people_at_risk=area.people if outlook.counted else None,
                evidence=area.evidence,
                shelters=area.shelters,
                leave_by_s=None if area.leave_by is None else (area.leave_by - outlook.time).total_seconds(),
                polygon=area.polygon,
                area_level=area.area_level,
                probability=area.probability,
                made_from=made_from,
            )
        )
    return tuple(warnings)
