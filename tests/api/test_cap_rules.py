"""Each of the eighteen rules finds its breach, and nothing else is found; the schema alone lets the worst ones pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.warning.cap import cap_signed
from api.warning.drill import drill_profile, notices
from api.warning.keys import PinnedKeys, new_key
from api.warning.rules import check_messages, check_new
from api.warning.safe_xml import parse_xml
from api.warning.signing import Signer
from api.warning.xsd import schema_faults
from data.rules_file import load_rules
from tests.api.result_factory import START, make_result

BBOX = (103.9, 30.6, 104.2, 30.75)
COLOURS = {"Red": "Extreme", "Orange": "Severe", "Yellow": "Moderate", "Blue": "Minor"}
KEY, OTHER = new_key("test", START - timedelta(days=1)), new_key("other", START - timedelta(days=1))
PINNED = PinnedKeys.of([KEY.certificate])
LATER = START + timedelta(hours=5)
SIGNATURE = re.compile(r"<ds:Signature .*</ds:Signature>", re.S)
YELLOW, ORANGE, CANCEL, RED, BLUE = range(5)  # of the made-up drill; the first three are one chain


@cache
def signed() -> tuple[bytes, ...]:
    result = make_result()
    signer = Signer(KEY)
    return tuple(cap_signed(notice, signer) for notice in notices(result, drill_profile(result, load_rules())))


def edit(message: bytes, *changes: tuple[str, str], key=KEY) -> bytes:
    """The message with its text changed everywhere and signed anew."""
    text = SIGNATURE.sub("", message.decode())
    for old, new in changes:
        text, count = re.subn(old, new, text, flags=re.S)
        assert count, old
    return Signer(key).sign(text.encode())


def with_one(number: int, *changes: tuple[str, str], **more) -> list[bytes]:
    return [edit(m, *changes, **more) if i == number else m for i, m in enumerate(signed())]


def broken_rules(messages: list[bytes], now=LATER) -> set[int]:
    found = check_messages(messages, BBOX, now=now, colours=COLOURS, keys=PINNED)
    return {int(re.search(r"rule (\d+)", line)[1]) for line in found}


def heir(of: int, number: int) -> bytes:
    """Message `number` under another name, made to succeed message `of`."""
    root = parse_xml(signed()[of])
    said = ",".join(root.findtext("{*}" + name) for name in ("sender", "identifier", "sent"))
    change = (r"<references>.*?</references>", f"<references>{said}</references>")
    return edit(signed()[number], change, (r"(<identifier>[^<]*)_0<", r"\g<1>_7<"))


def swapped(ring: re.Match) -> str:
    pairs = " ".join(",".join(reversed(pair.split(","))) for pair in ring[1].split())
    return f"<polygon>{pairs}</polygon>"


RING = r"<polygon>(.*?)</polygon>"
CROSSED = "<polygon>30.66,104.06 30.67,104.07 30.66,104.07 30.67,104.06 30.66,104.06</polygon>"
NOT_CLOSED = r"<polygon>30.66,104.06 30.67,104.07 30.66,104.07 30.67,104.06</polygon>"
SENT = "2026-07-15T21:00:00"

BREACHES: list[tuple[int, Callable[[], list[bytes]]]] = [
    (1, lambda: with_one(BLUE, ("<identifier>RA", "<identifier>RA x"))),
    (1, lambda: with_one(BLUE, ("<identifier>RA", "<identifier>RA&amp;x"))),
    (2, lambda: [*signed(), signed()[BLUE]]),
    (3, lambda: with_one(BLUE, (r"<onset>([^<]*)\+08:00", r"<onset>\1Z"))),
    (3, lambda: with_one(BLUE, (r"<onset>([^<]*)\+08:00", r"<onset>\1.5+08:00"))),
    (3, lambda: with_one(BLUE, (r"<onset>2026-07-15", "<onset>2026-02-30"))),
    (5, lambda: with_one(BLUE, (r"<effective>2026-07-15T", "<effective>2026-07-14T"))),
    (6, lambda: with_one(BLUE, (r"<onset>2026-07-15T", "<onset>2026-07-17T"))),
    (7, lambda: with_one(BLUE, (r"<expires>2026-07-1\dT", "<expires>2026-07-18T"))),
    (7, lambda: with_one(BLUE, (r"<expires>[^<]*", "<expires>2026-07-15T20:59:00+08:00"),
                         (r"<onset>[^<]*", "<onset>2026-07-15T20:58:00+08:00"))),
    (8, lambda: with_one(ORANGE, (r"<references>.*?</references>", ""))),
    (8, lambda: with_one(CANCEL, (r"<references>[^,]*", "<references>somebody@rongan.invalid"))),
    (8, lambda: with_one(BLUE, ("</note>", "</note><references>drill@rongan.invalid,x,y</references>"))),
    (9, lambda: [*signed(), heir(YELLOW, ORANGE)]),
    (10, lambda: [*signed()[:4], signed()[BLUE], edit(
        heir(CANCEL, ORANGE), (SENT, "2026-07-15T23:59:59"), (r"<onset>[^<]*", "<onset>2026-07-15T23:59:59+08:00"))]),
    (11, lambda: with_one(BLUE, (r"<note>.*?</note>", ""))),
    (11, lambda: with_one(BLUE, ("【演练】", ""))),
    (11, lambda: with_one(BLUE, ("Exercise</status>", "Actual</status>"))),
    (12, lambda: with_one(BLUE, (r"<restriction>.*?</restriction>", ""))),
    (12, lambda: with_one(BLUE, ("Restricted</scope>", "Private</scope>"))),
    (13, lambda: with_one(BLUE, (RING, swapped))),
    (13, lambda: with_one(BLUE, (RING, "<polygon>30.66,104.06 30.67,104.07</polygon>"))),
    (13, lambda: with_one(BLUE, (RING, NOT_CLOSED))),
    (13, lambda: with_one(BLUE, (RING, CROSSED))),
    (13, lambda: with_one(BLUE, (RING, "<polygon>30.66,104.06 nan,nan 30.66,104.07 30.66,104.06</polygon>"))),
    (14, lambda: with_one(BLUE, (r"<urgency>Future(?=.*en-US)", "<urgency>Past"))),
    (14, lambda: with_one(BLUE, ("<language>en-US", "<language>fr-FR"))),
    (15, lambda: with_one(BLUE, (r"<geocode>.*?</geocode>", ""))),
    (15, lambda: with_one(BLUE, ("rongan:area", "postcode"))),
    (16, lambda: with_one(BLUE, ("<severity>Minor", "<severity>Severe"))),
    (16, lambda: with_one(BLUE, ("<valueName>severityColor", "<valueName>colour"))),
    (17, lambda: with_one(ORANGE, (r"<instruction>.*?</instruction>", "<instruction> </instruction>"))),
    (17, lambda: with_one(RED, (r"<instruction>.*?</instruction>", ""))),
    (18, lambda: with_one(BLUE, ("<event>暴雨|<event>内涝", "<event>雨"), key=OTHER)),
    (18, lambda: [*signed()[:4], SIGNATURE.sub("", signed()[BLUE].decode()).encode()]),
    (18, lambda: [*signed()[:4], signed()[BLUE].replace(b"Minor", b"minor").replace(b"Monitor", b"Assess")]),
]  # fmt: skip


def test_the_messages_of_a_drill_break_nothing() -> None:
    assert check_messages(signed(), BBOX, now=LATER, colours=COLOURS, keys=PINNED, schema=True) == []


@pytest.mark.parametrize(("rule", "made"), BREACHES[:-1], ids=[f"{r}-{i}" for i, (r, _) in enumerate(BREACHES[:-1])])
def test_each_rule_finds_its_breach_and_is_the_only_one(rule: int, made) -> None:
    assert broken_rules(made()) == {rule}


def test_a_tampered_message_breaks_the_last_rule_whatever_else() -> None:
    assert 18 in broken_rules(BREACHES[-1][1]())


def test_a_message_from_the_future_breaks_rule_4_only() -> None:
    assert broken_rules(list(signed()), now=START) == {4}
    assert {rule for rule, _ in BREACHES} | {4} == set(range(1, 19))


FOUR_BUGS = [
    (7, BLUE, ((r"<expires>[^<]*", "<expires>2026-06-01T20:59:00+08:00"),)),
    (8, ORANGE, ((r"<references>.*?</references>", ""),)),
    (13, BLUE, ((RING, swapped),)),
    (13, BLUE, ((RING, "<polygon>30.66,104.06 30.67,104.07</polygon>"),)),
]


@pytest.mark.parametrize(("rule", "number", "changes"), FOUR_BUGS)
def test_what_the_schema_accepts_is_still_rejected(rule: int, number: int, changes: tuple) -> None:
    bug = edit(signed()[number], *changes)
    assert schema_faults(parse_xml(bug)) == []
    found = check_new(bug, BBOX, now=LATER, keys=PINNED, colours=COLOURS, earlier=signed()[:number])
    assert any(f": rule {rule}: " in line for line in found), found


def test_a_new_message_is_held_against_what_was_sent_before() -> None:
    def check(message: bytes, *earlier: bytes, now=LATER) -> list[str]:
        return check_new(message, BBOX, now=now, keys=PINNED, colours=COLOURS, earlier=earlier)

    yellow, orange, cancel, *_ = signed()
    assert check(yellow) == []
    assert check(orange, yellow) == []
    assert "leads to no message" in check(orange)[0]
    assert "2 messages succeed it" in check(heir(YELLOW, ORANGE), yellow, orange)[0]
    assert check(cancel, orange, yellow) == []
    assert "used by 2 messages" in check(yellow, yellow)[0]
    assert check(orange, edit(yellow, ("【演练】", ""))) == []  # a fault of what was sent is not one of this
    assert "valid" in check(yellow, now=LATER + timedelta(days=500))[0]
    assert "rule 0" in check(edit(yellow, ("<status>Exercise", "<status>Real")))[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<alert",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://rongan.invalid/x.dtd"><a/>',
        b"<a>" + b"x" * 1_000_001 + b"</a>",
        b"<a>" * 500 + b"</a>" * 500,
        "<a/>".encode("utf-16")[:-1],
    ],
)
def test_other_content_is_a_breach_and_never_an_error(content: bytes) -> None:
    found = check_messages([content], BBOX, now=LATER, colours=COLOURS, keys=PINNED, schema=True)
    assert found
    assert check_new(content, BBOX, now=LATER, keys=PINNED)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59+08:00"])
def test_a_time_at_the_ends_of_the_calendar_is_a_breach_and_never_an_error(moment: str) -> None:
    content = re.sub("<(sent|expires)>[^<]*<", rf"<\1>{moment}<", signed()[YELLOW].decode()).encode()
    found = check_messages([content], BBOX, colours=COLOURS, keys=PINNED)
    assert any("rule 18" in line for line in found)
    assert check_new(content, BBOX, now=LATER, keys=PINNED)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_message_however_mangled_stops_the_checker(data) -> None:
    text = signed()[ORANGE].decode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.sampled_from(["", " ", "<a/>", "9", "-", "&#9;", "<!-- -->"])) + text[end:]
    check_new(text.encode(), BBOX, now=LATER, keys=PINNED, colours=COLOURS)
