"""Rules and scenario to what people do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.rules_file import load_rules
from sim.behaviour.channels import CHANNELS, EVERYWHERE, ChannelDown
from sim.behaviour.decisions import leave_delay, reach_over_time
from sim.behaviour_rules import behaviour, people_shares, rumour_curve
from sim.scenario import Evacuation, Scenario
from tests.shared_data import ROOT

RULES = load_rules()
TIMES = np.arange(0.0, 14_400.0, 60.0)


def _people(**given: list[float]) -> pd.DataFrame:
    columns = {f"share_{name}": [0.0, 0.0] for name in ("65", "14", "disabled", "hospital")}
    return pd.DataFrame({**columns, **{f"share_{name}": values for name, values in given.items()}})


def _scenario(**given: float) -> Scenario:
    return Scenario(evacuation=Evacuation(**given))  # type: ignore[arg-type]


def test_channels_are_those_of_the_rules() -> None:
    night = behaviour(Scenario(time_of_day="night"), RULES)
    assert tuple(channel.name for channel in night.channels) == CHANNELS
    assert tuple(channel.coverage for channel in night.channels) == RULES.numbers("behaviour.channel_coverage_night")
    assert night.communication_s + night.issuance_s == 420.0
    assert rumour_curve(RULES).contagion_per_s == night.contagion_per_s


def test_by_day_nobody_hears_later_than_at_night() -> None:
    day, night = (
        reach_over_time(behaviour(Scenario(time_of_day=hour), RULES), 0.0, 0, (), TIMES) for hour in ("day", "night")
    )
    assert (day >= night - 1e-12).all()
    assert day[20] > night[20] + 0.05


def test_by_day_95_percent_have_left_after_45_minutes() -> None:
    """What the preparation is derived from: Confluence cleared in 45 min; sigma is given to 10 s, worth some 22 s."""
    assert leave_delay(behaviour(Scenario(time_of_day="day"), RULES), 0.95) == pytest.approx(2700.0, abs=25.0)


def test_the_scenario_goes_before_the_rules() -> None:
    assert behaviour(_scenario(departure_sigma_min=10.0), RULES).preparation.sigma_s == 600.0  # type: ignore[attr-defined]
    shares = people_shares(
        _scenario(car_share=0.4, bus_share=0.2, compliance_share=0.6, shadow_share=0.0, informed_share=0.3),
        _people(), RULES, ambulances=True,
    )  # fmt: skip
    given = (shares.car[1], shares.bus[1], shares.compliance[1], shares.shadow[1], shares.informed)
    assert given == (0.4, 0.2, 0.6, 0.0, 0.3)
    own = people_shares(Scenario(), _people(), RULES, ambulances=True)
    assert (own.car[0], own.bus[0], own.compliance[0], own.shadow[0]) == (0.1, 0.0, 0.85, 0.25)


def test_patients_and_some_of_the_disabled_need_an_ambulance() -> None:
    """20 % in beds and 10 % disabled, a tenth of them carried: 30 % impaired, 0.21 / 0.30 of them carried."""
    people = _people(hospital=[0.2, 0.0], disabled=[0.1, 0.0])
    shares = people_shares(Scenario(), people, RULES, ambulances=True)
    assert shares.impaired.tolist() == pytest.approx([0.3, 0.0])
    assert shares.assisted.tolist() == pytest.approx([0.7, 0.0])
    assert not people_shares(Scenario(), people, RULES, ambulances=False).assisted.any()
    full = people_shares(Scenario(), _people(hospital=[0.95, 1.0], disabled=[0.3, 0.5]), RULES, ambulances=True)
    assert full.impaired.tolist() == [1.0, 1.0]
    assert full.assisted.tolist() == pytest.approx([0.98, 1.0])


def test_a_share_left_open_makes_room_for_the_one_asked_for() -> None:
    everybody_by_bus = people_shares(_scenario(bus_share=1.0), _people(), RULES, ambulances=True)
    assert (everybody_by_bus.car[0], everybody_by_bus.bus[0]) == (0.0, 1.0)
    everybody_by_car = people_shares(_scenario(car_share=1.0), _people(), RULES, ambulances=True)
    assert (everybody_by_car.car[0], everybody_by_car.bus[0]) == (1.0, 0.0)
    with pytest.raises(InputError, match="more people by car and bus"):
        people_shares(_scenario(car_share=0.7, bus_share=0.4), _people(), RULES, ambulances=True)


def _rows_of_the_page() -> list[tuple[str, list[int]]]:
    text = (ROOT / "docs" / "warning-chain.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    rows = [row for row in rows if len(row) == 8 and row[1].strip().isdigit()]
    return [(row[0].strip(), [int(cell) for cell in row[1:]]) for row in rows]


@pytest.mark.parametrize(("row", "shares"), _rows_of_the_page()[1:])
def test_the_table_of_the_page_on_the_warning_chain(row: str, shares: list[int]) -> None:
    """Per cent of the people, rounded, so many minutes after the order."""
    alone = {"app and": "app", "loudspe": "broadcast", "door to": "door", "televis": "television"}.get(row[:7])
    chain = behaviour(Scenario(time_of_day="day" if "by day" in row else "night"), RULES)
    failures = []
    if alone or "no neighbours" in row:
        chain = replace(chain, contagion_per_s=0.0)
    if alone:
        chain = replace(chain, channels=tuple(channel for channel in chain.channels if channel.name == alone))
    if "power cut" in row:
        failures = [ChannelDown(name, EVERYWHERE, 0.0) for name in ("broadcast", "television")]
    minutes = np.array(_rows_of_the_page()[0][1])
    found = 100.0 * reach_over_time(chain, 0.0, 0, failures, minutes * 60.0)
    assert np.round(found).astype(int).tolist() == shares


def test_the_minutes_that_the_page_gives() -> None:
    text = (ROOT / "docs" / "warning-chain.md").read_text(encoding="utf-8").replace("\n", " ")
    day, night = (behaviour(Scenario(time_of_day=hour), RULES) for hour in ("day", "night"))
    half, most, half_night, most_night = (leave_delay(chain, q) / 60 for chain in (day, night) for q in (0.5, 0.95))
    assert f"have left {half:.0f} min after the order and 95 % after {most:.0f} min" in text
    assert f"at night after {half_night:.0f} and {most_night:.0f} min" in text
    ready = day.preparation.delay(np.array([0.5, 0.95])) / 60
    assert f"median {ready[0]:.0f} min, 95 % within {ready[1]:.0f} min of hearing" in text
