"""What a message costs: composed, written, signed, verified, checked by schema and rules, exported, read aloud.

One process, one message at a time, a yellow warning of a street with two shelters and a way. Milliseconds of wall time,
 the median and the 99th percentile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shapely.geometry import Point

from api.warning.broadcast import BroadcastTerms, broadcast
from api.warning.cap import cap_signed, cap_xml
from api.warning.compose import Origin, compose
from api.warning.gbt35965 import gbt_xml
from api.warning.keys import PinnedKeys, new_key
from api.warning.notice import Notice
from api.warning.profile import rules_profile
from api.warning.rules import check_new
from api.warning.signing import Signer, verify
from data.rules_file import load_rules
from sim.result import Evidence, ShelterUse, Warning

GOAL_MS = 2.0
BBOX = (103.9, 30.5, 104.3, 30.9)
NOW = datetime(2026, 7, 15, 13, tzinfo=UTC)


def run(times: int = 1000) -> list[dict[str, object]]:
    """One row per step."""
    rules = load_rules()
    profile, origin, terms = rules_profile(rules, "benchmark"), Origin(rules.hash), BroadcastTerms.of(rules)
    key = new_key("benchmark", NOW - timedelta(days=1))
    signer, pinned = Signer(key), PinnedKeys.of([key.certificate])

    def made() -> Notice:
        return compose(WARNING, lambda s: NOW + timedelta(seconds=s), profile, "RA-1", origin=origin)

    notice = made()
    cap = cap_signed(notice, signer)
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "compose": (made, ""),
        "write CAP": (lambda: cap_xml(notice), ""),
        "write and sign CAP": (lambda: cap_signed(notice, signer), f"p50 < {GOAL_MS} ms"),
        "verify": (lambda: verify(cap, pinned, NOW), ""),
        "schema, 18 rules, signature": (lambda: check_new(cap, BBOX, now=NOW, keys=pinned), ""),
        "JSON and back": (lambda: Notice.from_json(notice.to_json()), ""),
        "GB/T 35965.1": (lambda: gbt_xml(cap), ""),
        "speech and short messages": (lambda: broadcast(notice, terms), ""),
    }
    return [_row(name, step, goal, times, len(cap)) for name, (step, goal) in steps.items()]


def _row(name: str, step: Callable[[], object], goal: str, times: int, size: int) -> dict[str, object]:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        step()
        spent.append(1e3 * (time.perf_counter() - began))
    spent.sort()
    p50, p99 = spent[times // 2], spent[min(times - 1, times * 99 // 100)]
    return {"step": name, "p50_ms": round(p50, 3), "p99_ms": round(p99, 3), "message_bytes": size, "goal": goal}


WARNING = Warning(
    id="w", area="510104001", area_name="锦河街道", area_name_en="Jinhe Street", event="waterlogging", level=2,
    message_type="Alert", references="", sent_s=0.0, onset_s=1500.0, expires_s=21_600.0, lead_time_min=25.0,
    people_at_risk=1250,
    evidence=(Evidence("rain_3h", 0.0563, 0.05, "m"), Evidence("people_h3_up", 120, 100, "persons")),
    shelters=(
        ShelterUse("S1", "锦河中学", "Jinhe School", 900, 14.0, 1200.0, ("人民路",), ("Renmin Road",), 104.06, 30.66),
        ShelterUse("S2", "人民公园", "Park", 350, 22.5, None, (), (), 104.05, 30.67),
    ),
    leave_by_s=1200.0, polygon=Point(104.07, 30.66).buffer(0.01, 64), probability=(1.0, 0.9, 0.4, 0.1),
    made_from=("nowcast", "sensors:61"),
)  # fmt: skip
