"""The storm of Towradgi Creek, 1998, through the whole service: gauges in, signed warnings out, verified afterwards."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from api.cli.main import run
from api.warning.keys import PinnedKeys
from api.warning.rules import check_messages
from api.warning.signing import verify
from data.rules_file import load_rules
from data.schema import LEVELS
from sim.warnings import rain_signals
from tests.cap_reader import read_cap
from tests.real.towradgi_case import EPOCH, catchment_grid, colours, observed_rain, storm
from tests.real.towradgi_city import CRS, WHOLE, write_towradgi

CYCLE_MIN = 30  # every ten minutes, as the rules have it, takes three times as long
COLOURS = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory) -> Path:
    """The run folder of the replay of the whole day."""
    folder = tmp_path_factory.mktemp("towradgi")
    pack, observations = write_towradgi(folder)
    out = folder / "out"
    command = ["replay", str(pack), "--rain", str(observations), "--rain-only", "--cycle-min", str(CYCLE_MIN)]
    assert run([*command, "--out", str(out)]) == 0
    return out


@cache
def first_minutes() -> dict[tuple[str, int], float]:
    """Minute of the day at which the plain sums of a gauge first reach a colour, by gauge and colour."""
    minutes = np.arange(1.0, len(storm().minutes_mm) + 1)
    seen = colours(observed_rain(), 60.0 * minutes - 1.0, rain_signals(load_rules()))
    return {
        (name, colour): float(minutes[np.argmax(seen[:, k] >= colour)])
        for k, name in enumerate(storm().names)
        for colour in COLOURS
        if (seen[:, k] >= colour).any()
    }


def minute(text: str) -> float:
    return (datetime.fromisoformat(text) - EPOCH) / timedelta(minutes=1)


def messages(replayed: Path) -> list[tuple[bytes, dict]]:
    """All CAP files in the order in which they were sent."""
    found = [(file.read_bytes(), read_cap(file.read_bytes())) for file in (replayed / "warnings").glob("*.xml")]
    return sorted(found, key=lambda one: minute(one[1]["sent"]))


def rows(replayed: Path, name: str) -> list[dict[str, str]]:
    with (replayed / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def colour_of(cap: dict) -> int:
    """Index of the colour that a message sets: 0 for a Cancel."""
    if cap["msgType"] == "Cancel":
        return 0
    told = {pair["value"] for info in cap["info"] for pair in info["parameter"] if pair["valueName"] == "severityColor"}
    assert len(told) == 1
    return LEVELS.index(told.pop().lower())


def test_every_cycle_ran_on_all_gauges_and_the_store_holds_together(replayed):
    summary = json.loads((replayed / "summary.json").read_text(encoding="utf-8"))
    cycles = rows(replayed, "cycles.csv")
    assert (summary["exercise"], summary["synthetic"], summary["cycles_failed"]) == (True, ["terrain"], 0)
    assert summary["observations"] == storm().minutes_mm.size
    assert summary["store_faults"] == []  # audit chained, entries without gaps, messages as they were published
    assert {row["state"] for row in cycles} == {"done"}
    assert len(cycles) == summary["cycles"] == 24 * 60 // CYCLE_MIN
    assert {row["sensors_used"] for row in cycles} == {"49"}
    assert sum(int(row["messages"]) for row in cycles) == summary["messages"]


def test_every_message_is_valid_signed_and_an_exercise(replayed):
    found = messages(replayed)
    keys = PinnedKeys.read(replayed)
    grid = catchment_grid()
    west, south, east, north = grid.bounds
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    bbox = to_degrees.transform_bounds(west - 100.0, south - 100.0, east + 100.0, north + 100.0)
    assert check_messages([content for content, _ in found], bbox, keys=keys, schema=True) == []
    assert len(found) == json.loads((replayed / "summary.json").read_text(encoding="utf-8"))["messages"] > 3
    for content, cap in found:
        sent = datetime.fromisoformat(cap["sent"])
        assert verify(content, keys, sent)
        assert (cap["status"], cap["scope"]) == ("Exercise", "Restricted")
        assert {info["headline"][:4] for info in cap["info"] if info["language"] == "zh-CN"} == {"【演练】"}
        tampered = content.replace(b"Exercise", b"Actual", 1)
        with pytest.raises(Exception, match="signature"):
            verify(tampered, keys, sent)


def test_the_messages_of_an_area_are_one_chain_that_never_lapses(replayed):
    chains: dict[str, list[dict]] = defaultdict(list)
    for _, cap in messages(replayed):
        codes = {pair["value"] for info in cap["info"] for area in info["area"] for pair in area["geocode"]}
        chains[min(codes, key=len)].append(cap)
    assert WHOLE in chains  # one message for all where all are struck, not fifty
    for chain in chains.values():
        before: dict | None = None
        for cap in chain:
            if before is None or before["msgType"] == "Cancel":
                assert cap["msgType"] == "Alert"
                assert "references" not in cap
            else:
                assert cap["msgType"] in ("Update", "Cancel")
                assert cap["references"] == ",".join(before[name] for name in ("sender", "identifier", "sent"))
                expires = [minute(info["expires"]) for info in before["info"]]
                assert minute(before["sent"]) < minute(cap["sent"]) <= min(expires)
            before = cap


def test_signals_come_in_the_cycle_after_the_minute_of_the_plain_sums(replayed):
    """Rain between gauges is drawn together, so a gauge's own minute moves a little; the middle one does not."""
    observed = {
        (row["area"], int(row["colour"])): minute(row["observed"])
        for row in rows(replayed, "matches.csv")[::-1]  # the first event of the day stays
        if row["observed"]
    }
    off = defaultdict(list)
    for (name, colour), first in first_minutes().items():
        due = np.ceil(first / CYCLE_MIN) * CYCLE_MIN
        off[colour].append(observed[WHOLE + name, colour] - due)
    for colour, same, near in zip(COLOURS, (0.6, 0.6, 0.8, 0.8), (0.9, 0.9, 1.0, 1.0), strict=True):
        late = np.abs(off[colour])
        assert len(late) == len(storm().names)
        assert np.median(off[colour]) == 0.0
        assert np.mean(late == 0.0) >= same
        assert np.mean(late <= CYCLE_MIN) >= near
        assert late.max() <= 2 * CYCLE_MIN


def test_lead_times_are_those_between_the_messages_and_the_rain(replayed):
    """Worked out a second time from the CAP files and the gauges alone, for the catchment as a whole."""
    sent = [(minute(cap["sent"]), colour_of(cap)) for _, cap in messages(replayed)]
    found = {
        int(row["colour"]): row for row in rows(replayed, "matches.csv") if row["area"] == WHOLE and row["observed"]
    }
    for colour in COLOURS:
        first = min(at for (_, one), at in first_minutes().items() if one == colour)
        row = found[colour]
        assert abs(minute(row["observed"]) - first) <= 2 * CYCLE_MIN
        before = [at for at, said in sent if said >= colour and at <= minute(row["observed"])]
        assert before, f"nobody was warned of {LEVELS[colour]} before it came"
        lead = minute(row["observed"]) - minute(row["warned"])
        assert float(row["lead_min"]) == lead >= 0.0
        assert minute(row["warned"]) in before


def test_the_verification_table_counts_its_matches(replayed):
    table = pd.read_csv(replayed / "verification.csv")
    matches = pd.DataFrame(rows(replayed, "matches.csv"))
    matches["colour"] = [LEVELS[int(one)] for one in matches["colour"]]
    for row in table.itertuples():
        mine = matches[(matches["level"] == row.level) & (matches["colour"] == row.colour)]["outcome"].value_counts()
        counted = [mine.get(name, 0) for name in ("hit", "late", "miss", "false_alarm")]
        assert counted == [row.hits, row.late, row.misses, row.false_alarms]
    counts = {(row["level"], row["colour"]): row for row in table.to_dict("records")}
    for colour in ("blue", "yellow", "orange", "red"):
        assert sum(counts["community", colour][name] for name in ("hits", "late", "misses")) >= len(storm().names)
        assert counts["community", colour]["misses"] == 0
        assert counts["city", colour]["hits"] == 1
        assert counts["city", colour]["false_alarms"] <= 4
