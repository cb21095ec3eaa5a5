"""Signatures of calls, where subscribers may be, how long one is waited for."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import random
import socket
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.service import webhook_target
from api.service.webhook_call import call, judged
from api.service.webhook_target import Refused, checked_url, judge
from api.service.webhooks import NotOurs, content, headers, new_secret, retry_after_s, signature, verify
from api.store.records import Entry
from data.errors import InputError
from tests.service.receiver import receiving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_example_of_the_standard():
    """The vector that the libraries of Standard Webhooks are tested with."""
    body = b'{"test": 2432232314}'
    assert signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@given(st.binary(max_size=300), st.integers(0, 2**31), st.integers(-300, 300))
def test_what_we_sign_is_taken_inside_the_window(body, stamp, late):
    told = headers(SECRET, "hook.7", stamp, body)
    assert verify(SECRET, told, body, stamp + late) == "hook.7"


@given(st.binary(min_size=1, max_size=50), st.data())
def test_one_changed_bit_is_refused(body, data):
    told = headers(SECRET, "hook.7", 1000, body)
    at = data.draw(st.integers(0, len(body) * 8 - 1))
    bad = bytearray(body)
    bad[at // 8] ^= 1 << (at % 8)
    with pytest.raises(NotOurs, match="no signature"):
        verify(SECRET, told, bytes(bad), 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "hook.8"},
        {"webhook-timestamp": "1001"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1a,é"},
        {"webhook-timestamp": "soon"},
    ],
)
def test_changed_headers_are_refused(change):
    with pytest.raises(NotOurs):
        verify(SECRET, headers(SECRET, "hook.7", 1000, b"x") | change, b"x", 1000)


def test_a_replayed_call_is_refused():
    told = headers(SECRET, "hook.7", 1000, b"x")
    for now in (699.0, 1301.0):
        with pytest.raises(NotOurs, match="long ago"):
            verify(SECRET, told, b"x", now)


def test_another_secret_is_refused_and_one_of_several_signatures_is_enough():
    told = headers(SECRET, "hook.7", 1000, b"x")
    with pytest.raises(NotOurs):
        verify(new_secret(), told, b"x", 1000)
    both = told | {"webhook-signature": f"v1,{'A' * 43}= {told['webhook-signature']}"}
    assert verify(SECRET, both, b"x", 1000) == "hook.7"
    with pytest.raises(InputError, match="secret"):
        verify("whsec_!", told, b"x", 1000)


def test_secrets_are_long_and_never_the_same():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(base64.b64decode(one.removeprefix("whsec_"))) == 32 for one in made)


def test_the_body_is_the_entry_and_the_same_every_time():
    entry = Entry(7, "warning", datetime(2026, 7, 1, tzinfo=UTC), "urn:x", {"b": "暴雨", "a": 1})
    assert content(entry) == content(entry)
    assert content(entry).decode() == (
        '{"data":{"a":1,"b":"暴雨"},"kind":"warning","number":7,"subject":"urn:x","time":"2026-07-01T00:00:00+00:00"}'
    )


@given(st.integers(1, 400))
def test_waits_grow_and_never_pass_the_longest_by_more_than_their_spread(attempt):
    wait = retry_after_s(attempt, 5.0, 3600.0, random.Random(attempt))
    plain = min(3600.0, 5.0 * 3.0 ** min(attempt - 1, 10))
    assert 0.5 * plain <= wait <= 1.5 * plain


FORBIDDEN = [
    "http://127.0.0.1/", "http://10.1.2.3/", "http://192.168.0.1:8080/x", "http://172.16.0.1/", "http://169.254.169.254/",
    "http://[::1]/", "http://[fe80::1]/", "http://[fd00::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://017700000001/",
]  # fmt: skip
NOT_WEB = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "http:///x", "https://user:pw@example.com/",
    "http://example.com/#f", "http://example.com:0/", "http://example.com:99999/", "http://exa mple.com/", "", "x",
    "http://example.com/\r\nX: y", "http://example.com\\@10.0.0.1/", "http://example.com/" + "a" * 2000, "http://[::1",
]  # fmt: skip


@pytest.mark.parametrize("url", FORBIDDEN + NOT_WEB)
def test_urls_that_are_refused(url):
    with pytest.raises(Refused):
        checked_url(url, private=False)


def test_an_address_is_named_once_where_it_is_the_host():
    with pytest.raises(Refused, match=r"\(found '10.1.2.3'\)"):
        checked_url("http://10.1.2.3/", private=False)


@pytest.mark.parametrize("url", ["https://example.com/hook?x=1", "http://8.8.8.8:8080/", "http://[2606:4700::1111]/"])
def test_urls_that_are_taken(url):
    assert checked_url(url, private=False).hostname


def test_the_own_network_only_where_it_is_allowed():
    assert checked_url("http://10.1.2.3/", private=True).hostname == "10.1.2.3"
    with pytest.raises(Refused):
        checked_url("http://224.0.0.1/", private=True)


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_judged_as_what_it_wraps(address):
    wrapped = ipaddress.IPv6Address(f"::ffff:{address}"), ipaddress.IPv6Address((0x64FF9B << 96) | int(address))

    def taken(one):
        try:
            judge([one], "h", private=False)
        except Refused:
            return False
        return True

    assert {taken(one) for one in (address, *wrapped)} == {taken(address)}


def once(url: str, **options) -> tuple:
    outcome = asyncio.run(call(url, headers(SECRET, "h.1", 1000, b"{}"), b"{}", **{"timeout_s": 5.0} | options))
    return outcome.verdict, outcome.error


def test_a_call_arrives_signed():
    with receiving() as subscriber:
        assert once(subscriber.url, private=True) == ("delivered", "")
    assert subscriber.signed_by(SECRET)
    assert subscriber.got[0].headers["host"].startswith("127.0.0.1:")


def test_a_name_that_resolves_to_this_machine_is_not_called(monkeypatch):
    """Also where it did not when the subscription was made (DNS rebinding): the judged address is the one used."""
    with receiving() as subscriber:
        url = subscriber.url.replace("127.0.0.1", "localhost")
        assert checked_url(url, private=False).hostname == "localhost"
        verdict, error = once(url, private=False)
    assert verdict == "later"
    assert "may not have" in error
    assert not subscriber.got


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    async def both(host, port):
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]

    monkeypatch.setattr(webhook_target, "_resolve", both)
    assert once("http://example.com/", private=False)[0] == "later"


def test_redirects_are_not_followed():
    with receiving() as inside, receiving() as subscriber:
        subscriber.answer = lambda call: (302, {"Location": inside.url}, b"")
        verdict, error = once(subscriber.url, private=True)
    assert (verdict, inside.got) == ("later", [])
    assert "redirects" in error


def test_a_subscriber_that_says_nothing_costs_the_time_out_and_no_more():
    with receiving() as subscriber:
        subscriber.answer = lambda call: (0.6, {}, b"")
        began = time.monotonic()
        verdict, error = once(subscriber.url, private=True, timeout_s=0.2)
    assert (verdict, error) == ("trouble", "no answer within 0.2 s")
    assert time.monotonic() - began < 5.0


def test_an_endless_answer_is_not_read():
    with receiving() as subscriber:
        subscriber.answer = lambda call: (200, {"Content-Length": "100000000"}, b"x" * 1_000_000)
        assert once(subscriber.url, private=True)[0] == "delivered"


def test_nobody_there_and_what_is_no_http():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert once(f"http://127.0.0.1:{closed.getsockname()[1]}/", private=True)[0] == "trouble"
    assert once("http://no-such-host.invalid/", private=False)[0] == "trouble"


def test_what_answers_mean():
    said = {status: judged(status).verdict for status in (200, 204, 301, 400, 404, 410, 429, 500, 503)}
    assert said == {
        200: "delivered", 204: "delivered", 301: "later", 400: "later", 404: "later", 410: "never", 429: "trouble",
        500: "trouble", 503: "trouble",
    }  # fmt: skip
    assert judged(410).gone
    assert judged(503, "120").wait_s == 120.0
    assert judged(503, "Wed, 21 Oct 2026 07:28:00 GMT").wait_s == 0.0
