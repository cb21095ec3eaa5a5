"""A notice goes through JSON and comes back exactly; nothing else passes for one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from api.warning.cap import cap_xml
from api.warning.compose import Origin, compose, reference_to
from api.warning.drill import drill_profile, notices
from api.warning.identifiers import FORM, identifier_of
from api.warning.notice import BEIJING, Notice, stamp
from api.warning.profile import Profile, rules_profile
from api.warning.rule_keys import rule_keys
from data.errors import InputError
from data.rules_file import load_rules
from sim.result import Evidence, RiskParts, ShelterUse, Warning
from tests.api.result_factory import START, make_result

ORIGIN = Origin("0f" * 32, ("warning.order_level",), ("people",))


def made(warning: Warning | None = None, profile: Profile | None = None, **more) -> Notice:
    """A notice of the second warning of the made-up drill, or of another one."""
    result = make_result()
    warning = replace(warning or result.warnings[1], **more)
    profile = profile or drill_profile(result, load_rules())
    return compose(warning, result.moment, profile, "RA-XQ-01_20260715210000_0", "", origin=ORIGIN)


def test_every_notice_of_a_drill_comes_back_from_json() -> None:
    result = make_result()
    for notice in notices(result, drill_profile(result, load_rules())):
        said = json.loads(json.dumps(notice.to_json(), allow_nan=False))
        assert Notice.from_json(said) == notice
        assert Notice.from_json(said).to_json() == said


def test_all_that_a_service_adds_comes_back_from_json() -> None:
    way = ("人民路", "春熙路"), ("People's Road", "Chunxi Road")
    use = ShelterUse("S1", "锦河中学", "Jinhe School", 900, 14.04, 4000.0, *way, 104.06, 30.66)
    notice = made(probability=(1.0, 0.85, 0.4004, 0.1), made_from=("nowcast", "sensors:61"), shelters=(use,))
    assert Notice.from_json(json.loads(json.dumps(notice.to_json()))) == notice
    assert notice.probability == (1.0, 0.85, 0.4, 0.1)
    assert notice.refuges[0].leave_by == START + timedelta(seconds=4000)
    assert "about 40%" in notice.words["en-US"].description
    assert "可能性约 40%" in notice.words["zh-CN"].description
    assert "by People's Road, Chunxi Road" in notice.words["en-US"].instruction
    assert "沿人民路、春熙路" in notice.words["zh-CN"].instruction


@pytest.mark.parametrize("onset_s", [3600.0, 9000.0])
def test_people_who_were_not_counted_are_not_called_nobody(onset_s: float) -> None:
    notice = made(people_at_risk=None, sent_s=3600.0, onset_s=onset_s)
    assert Notice.from_json(notice.to_json()) == notice
    assert "not known" in notice.words["en-US"].description
    assert "尚不清楚" in notice.words["zh-CN"].description
    assert "nobody" not in notice.words["en-US"].description
    assert b"peopleAtRisk" not in cap_xml(notice)
    nobody = made(people_at_risk=0, sent_s=3600.0, onset_s=onset_s)
    assert "nobody is expected" in nobody.words["en-US"].description
    assert b"peopleAtRisk" in cap_xml(nobody)


@pytest.mark.parametrize(
    ("made_from", "certainty", "en", "zh"),
    [
        (("nowcast", "gauges:1/38"), "Possible", "Based on 1 of 38 rain gauges", "仅依据 38 个雨量站中的 1 个"),
        (("nowcast", "gauges:0/38"), "Possible", "None of the 38 rain gauges", "38 个雨量站均无数据"),
        (("nowcast", "sensors:38"), "Likely", "", ""),
        (("nowcast", "gauges:1/38", "issued_by_hand"), "Likely", "Based on 1 of 38 rain gauges", "仅依据 38 个"),
    ],
)
def test_a_message_that_rests_on_few_gauges_says_so_and_is_no_surer_than_possible(
    made_from: tuple[str, ...], certainty: str, en: str, zh: str
) -> None:
    notice = made(level=3, made_from=made_from)
    assert notice.certainty == certainty
    assert en in notice.words["en-US"].description
    assert zh in notice.words["zh-CN"].description
    assert ("gauges" in notice.words["en-US"].description) == bool(en)


@pytest.mark.parametrize(("share", "said"), [(1.0, None), (0.999, None), (0.0, None), (0.9, "90%"), (0.05, "5%")])
def test_only_a_chance_is_told_as_a_chance_and_nothing_is_worse_than_red(share: float, said: str | None) -> None:
    words = made(level=4, probability=(1.0, 1.0, 1.0, share)).words["en-US"].description
    assert ("Chance of red: about" in words) == (said is not None)
    assert said is None or said in words
    assert "red or worse" not in words


def test_the_end_is_told_with_its_day() -> None:
    notice = made()
    assert notice.expires.date() != notice.sent.date()
    assert "holds until 03:00 on 16 July." in notice.words["en-US"].description
    assert "有效期至 7月16日 03:00" in notice.words["zh-CN"].description


@pytest.mark.parametrize(
    "breach",
    [
        {"more": 1},
        {"sent": "2026-07-15T21:00:00"},
        {"level": 9},
        {"severityColor": "Red"},
        {"areaLevel": "province"},
        {"polygon": None},
        {"shelters": [{"id": "S1"}]},
        {"onset": "soon"},
        {"evidence": [{"rule": "rain_3h"}]},
    ],
)
def test_other_content_is_no_notice(breach: dict) -> None:
    with pytest.raises(InputError, match="not a notice"):
        Notice.from_json(made().to_json() | breach)
    said = made().to_json()
    said.pop("expires")
    with pytest.raises(InputError, match="expires"):
        Notice.from_json(said)


def test_actual_needs_the_switch_and_loses_the_mark() -> None:
    rules = load_rules()
    with pytest.raises(ValueError, match="Actual"):
        rules_profile(rules, "x", status="Actual")
    with pytest.raises(ValueError, match="Actual"):
        rules_profile(rules, "x", actual=True, status="Exercise")
    with pytest.raises(ValueError, match="scope"):
        rules_profile(rules, "x", scope="Public")
    with pytest.raises(ValueError, match="drill"):
        rules_profile(rules, " ")
    notice = made(profile=rules_profile(rules, "x", actual=True))
    assert (notice.status, notice.scope, notice.drill, notice.restriction) == ("Actual", "Public", "", "")
    for words in notice.words.values():
        assert "演练" not in words.headline + words.sender
        assert "EXERCISE" not in words.headline.upper()
    drill = made()
    assert (drill.status, drill.scope) == ("Exercise", "Restricted")
    assert drill.words["zh-CN"].headline.startswith("【演练】")
    assert drill.words["en-US"].headline.startswith("[EXERCISE] ")
    assert "drill-202607152000-1" in drill.note


def test_colour_and_kind_of_message_go_together() -> None:
    for breach in ({"level": 0}, {"message_type": "Cancel"}):
        with pytest.raises(ValueError, match="level"):
            made(**breach)


def test_an_update_says_whether_it_was_raised_lowered_or_goes_on() -> None:
    result = make_result()
    profile = drill_profile(result, load_rules())

    def head(level: int, was: int) -> str:
        before = made(level=was)
        warning = replace(result.warnings[1], level=level)
        notice = compose(warning, result.moment, profile, "RA-2", origin=ORIGIN, before=before)
        assert notice.references == reference_to(before)
        return notice.words["en-US"].headline

    assert "raised to orange" in head(3, 2)
    assert "lowered to yellow" in head(2, 3)
    assert "Orange waterlogging warning for Jinhe continues" in head(3, 3).replace(" Street", "")


def test_a_departure_that_is_too_late_is_never_called_safe() -> None:
    sent_s = make_result().warnings[1].sent_s
    for leave_by_s in (sent_s, sent_s - 60.0):
        late = made(leave_by_s=leave_by_s)
        assert (late.leave_by, late.leave_now) == (None, True)
        assert "Leave at once." in late.words["en-US"].instruction
        here = made(leave_by_s=leave_by_s, onset_s=sent_s)
        assert "do not set out now" in here.words["en-US"].instruction
        assert "路上有积水的现在不要出门" in here.words["zh-CN"].instruction
    school = ShelterUse("S1", "一校", "School 1", 10, 5.0, sent_s - 60.0)
    renewed = Notice.from_json(made(shelters=(school,)).to_json())
    assert [(use.leave_by, use.leave_now) for use in renewed.refuges] == [(None, True)]
    assert "leave at once" in cap_xml(renewed).decode()
    open_way = made(shelters=(replace(school, leave_by_s=None),))
    assert [(use.leave_by, use.leave_now) for use in open_way.refuges] == [(None, False)]
    stays = made(leave_by_s=None)
    assert (stays.leave_by, stays.leave_now) == (None, False)


def test_no_departure_is_later_than_the_onset_that_the_message_tells() -> None:
    warning = make_result().warnings[1]
    school = ShelterUse("S1", "一校", "School 1", 10, 5.0, warning.onset_s + 4800.0)
    ahead = made(leave_by_s=warning.onset_s + 4800.0, shelters=(school,))
    assert (ahead.leave_by, ahead.refuges[0].leave_by) == (ahead.onset, ahead.onset)
    here = made(leave_by_s=warning.sent_s + 4800.0, onset_s=warning.sent_s, shelters=(school,))
    assert (here.leave_by, here.leave_now, here.refuges[0].leave_now) == (None, True, True)


def test_who_goes_who_stays_and_who_has_no_place() -> None:
    school = ShelterUse("S1", "一校", "School 1", 18, 5.0)
    few = made(people_at_risk=69, shelters=(school,)).words
    order = few["zh-CN"].instruction.index("危险地段接到转移通知的人员：最迟")
    assert (
        order
        < few["zh-CN"].instruction.index("目前已为 18 人安排避难场所")
        < few["zh-CN"].instruction.index("其他人员")
    )
    assert "whoever has none goes to the nearest safe floor" in few["en-US"].instruction
    assert "Everyone else stays in" in few["en-US"].instruction
    enough = made(people_at_risk=18, shelters=(school,)).words["en-US"].instruction
    assert "whoever has none" not in enough
    stay = made(leave_by_s=None, shelters=()).words["zh-CN"].instruction
    assert "接到转移通知" not in stay
    assert "其他人员" not in stay


def test_a_warning_without_evidence_says_that_the_area_may_be_affected() -> None:
    sent_s = make_result().warnings[1].sent_s
    hand = made(evidence=(), onset_s=sent_s, people_at_risk=None).words
    assert "可能受内涝影响" in hand["zh-CN"].description
    assert "may affect" in hand["en-US"].description
    assert "已受" not in hand["zh-CN"].description


def test_a_cancel_carries_no_risk_and_claims_nothing_that_an_officer_does_not_know() -> None:
    gone = {"level": 0, "message_type": "Cancel", "leave_by_s": None, "shelters": (), "risk": RiskParts(1, 1, 1, 1, 1)}
    over = made(**gone)
    assert over.risk is None
    assert "险情已解除" in over.words["zh-CN"].description
    lifted = made(**gone | {"people_at_risk": None, "made_from": ("issued_by_hand",)})
    assert (lifted.people, lifted.certainty) == (None, "Unknown")
    assert "值班人员已解除" in lifted.words["zh-CN"].description
    assert "is over" not in lifted.words["en-US"].description


def test_only_the_thresholds_that_led_to_a_message_are_listed() -> None:
    result, rules = make_result(), load_rules()
    everything = Origin("0f" * 32, tuple(rules.unverified()))

    def listed(**more) -> Notice:
        warning = replace(result.warnings[1], **more)
        return compose(warning, result.moment, drill_profile(result, rules), "RA-1", "", origin=everything)

    hand = listed(evidence=(), people_at_risk=None, shelters=(), leave_by_s=None)
    assert set(hand.unverified) <= {f"warning.{k}" for k in ("severity", "urgency", "certainty", "expires_after_s")}
    assert f"{len(hand.unverified)} thresholds behind it" in hand.note
    rain = listed(evidence=(Evidence("rain_3h_expected", 0.2, 0.1, "m"),), shelters=(), leave_by_s=None)
    assert "warning.forecast_lead_s" in rain.unverified  # what the norm gives for rain is verified
    assert "warning.impact_people" not in rain.unverified
    assert len(listed().unverified) < 20
    known = {f"{file}.{name}" for file in rules.files for name in rules[file]}
    everywhere = replace(result.warnings[1], probability=(1.0, 1.0, 1.0, 1.0), people_at_risk=9)
    for rule in ("rain_3h", "people_h3_up", "people_told", "underpass_depth", "street_depth"):
        shown = Evidence(rule, 1.0, 1.0, "m")
        assert len(rule_keys(replace(everywhere, evidence=(shown,))) - rule_keys(replace(everywhere, evidence=()))) > 0
        assert rule_keys(replace(everywhere, evidence=(shown,))) <= known


def test_a_notice_is_for_whole_seconds_with_an_offset() -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        replace(made(), sent=datetime(2026, 7, 15, 21))
    with pytest.raises(ValueError, match="whole seconds"):
        replace(made(), sent=datetime(2026, 7, 15, 21, microsecond=1, tzinfo=BEIJING))


def test_a_successor_names_its_predecessor() -> None:
    notice = made()
    assert reference_to(notice) == f"drill@rongan.invalid,{notice.identifier},{stamp(notice.sent)}"


def test_the_responsible_unit_is_named_after_the_level_or_given() -> None:
    assert made().words["zh-CN"].responsible.endswith("防汛责任人")
    assert made(area_level="city").words["en-US"].responsible.startswith("Flood-control command of")
    given = compose(
        make_result().warnings[0], make_result().moment, drill_profile(make_result(), load_rules()), "a", "",
        origin=ORIGIN, responsible={"zh-CN": "指挥部", "en-US": "The command"},
    )  # fmt: skip
    assert given.words["en-US"].responsible == "The command"


def test_identifiers_count_on_within_a_second_and_are_never_used_twice() -> None:
    profile = rules_profile(load_rules(), "x", district="510100")
    names: set[str] = set()
    for _ in range(1005):
        names.add(identifier_of("XQ-01", START, profile, names.__contains__))
    assert len(names) == 1005
    assert sum(FORM.fullmatch(name) is not None for name in names) == 1000
    assert identifier_of("510104", START, profile, names.__contains__).startswith("51010400000000_")
