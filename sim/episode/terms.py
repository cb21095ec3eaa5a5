"""The terms on which messages are sent, taken from the rules."""

from __future__ import annotations

from dataclasses import dataclass

from data.rules_file import Rules
from data.schema import LEVELS
from data.schema.inputs import AREA_LEVELS
from hazards import Hysteresis


@dataclass(frozen=True)
class EpisodeTerms:
    """When a message goes out; the values come from rules/warning.toml. Times in seconds."""

    hysteresis: Hysteresis
    validity_s: float  # from sent to expires
    renew_before_s: float  # a message still needed is renewed so long before it expires
    detect_probability: float  # share of members with blue or worse from which an area is watched
    second_person_level: int  # an Actual message of this level or worse needs a second person
    ask_again_s: float  # after a refusal the same level is not asked for again so long
    approval_lapse_s: float  # a question that nobody answers is void after so long
    hand_hold_s: float  # a level set by hand holds so long against rules that say no more than they did then
    blind_renewals: int  # without any forecast a message is renewed so often, then it lapses and that is said
    own_colour_down_to: str  # lowest area level with a message of its own for a higher colour
    own_order_down_to: str  # lowest area level with a message of its own because its people have to leave
    ceiling: int = len(LEVELS) - 1  # highest level that goes out without a second person

    def __post_init__(self) -> None:
        if not 0.0 < self.renew_before_s < self.validity_s:
            raise ValueError(f"renew_before_s(={self.renew_before_s}) must lie between 0 and {self.validity_s}")
        if not 1 <= self.second_person_level <= len(LEVELS):
            raise ValueError(f"second_person_level(={self.second_person_level}) must be 1 to {len(LEVELS)}")
        for name in ("own_colour_down_to", "own_order_down_to"):
            if getattr(self, name) not in AREA_LEVELS:
                raise ValueError(f"{name}(={getattr(self, name)!r}) must be one of {', '.join(AREA_LEVELS)}")


def episode_terms(rules: Rules) -> EpisodeTerms:
    """The terms of a rules set."""
    return EpisodeTerms(
        hysteresis=Hysteresis(rules.number("warning.downgrade_hold_s"), rules.number("warning.min_reissue_s")),
        validity_s=rules.number("warning.expires_after_s"),
        renew_before_s=rules.number("warning.renew_before_s"),
        detect_probability=rules.number("warning.detect_probability"),
        second_person_level=int(rules.number("warning.second_person_level")),
        ask_again_s=rules.number("warning.ask_again_s"),
        approval_lapse_s=rules.number("warning.approval_lapse_s"),
        hand_hold_s=rules.number("warning.hand_hold_s"),
        blind_renewals=int(rules.number("warning.blind_renewals")),
        own_colour_down_to=str(rules.value("warning.own_colour_down_to")),
        own_order_down_to=str(rules.value("warning.own_order_down_to")),
    )
