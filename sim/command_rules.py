"""Rules of `command.toml` to the parameters of crews and vehicles."""

from __future__ import annotations

from dataclasses import dataclass

from data.rules_file import Rules
from data.units import minutes_to_s


@dataclass(frozen=True)
class CommandTerms:
    """How crews and vehicles work. The defaults are those of the rules file; `command_terms` reads it."""

    circle_s: float = 600.0  # within which a rescue team reaches people
    regional_circle_s: float = 7200.0  # within which the reserve of the region does
    bus_stop_s: float = 5.0  # dwell of a bus = stop + per person, when people board
    bus_board_s: float = 2.75
    bus_alight_stop_s: float = 5.0  # and when they get off
    bus_alight_s: float = 2.0
    more_stops_s: float = 300.0  # drive to a further stop while seats are left
    bus_idle_s: float = 1800.0  # stands by this long where nobody is to be fetched
    stuck_s: float = 1200.0  # people stay on a vehicle without a way on
    rescue_load_s: float = 60.0  # per person
    ambulance_load_s: float = 300.0  # per person
    handover_s: float = 30.0  # per person, rescue crews and ambulances
    barrier_s: float = 180.0
    pump_setup_s: float = 600.0
    crew_walk_speed_m_s: float = 1.11  # on ways without cars
    boat_speed_m_s: float = 1.0  # rescue crews where the road is closed to vehicles
    boat_from_depth_m: float = 0.3
    boat_max_depth_speed_m2_s: float = 0.8

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in ("crew_walk_speed_m_s", "boat_speed_m_s"):
                if not value > 0.0:
                    raise ValueError(f"{name}(={value}) must be > 0")
            elif not value >= 0.0:
                raise ValueError(f"{name}(={value}) must be >= 0")


def command_terms(rules: Rules) -> CommandTerms:
    """Crews, buses, ambulances, response circles."""
    same = [name for name in CommandTerms.__dataclass_fields__ if name not in ("circle_s", "regional_circle_s")]
    return CommandTerms(
        circle_s=minutes_to_s(rules.number("command.circle_min")),
        regional_circle_s=minutes_to_s(rules.number("command.regional_circle_min")),
        **{name: rules.number(f"command.{name}") for name in same},
    )
