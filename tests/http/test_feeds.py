"""The feeds of what is in force: conditional GET, formats, statuses, lapses, staleness."""

from __future__ import annotations

import asyncio
import gzip
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.http.app import create_app
from api.http.board import Board
from api.http.keyring import KeyRing
from api.http.prebuilt import Prebuilt, matches, takes_gzip
from api.service.clock import ServiceClock
from tests.http.service_case import client_of, context_in, message, now, publish, renamed, service_in

ATOM = "{http://www.w3.org/2005/Atom}"


def _run(coroutine: object) -> None:
    asyncio.run(coroutine)  # type: ignore[arg-type]


def test_a_message_goes_in_and_out_of_the_feed(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            assert (await client.get("/v1/warnings")).json()["warnings"] == []
            alert = message()
            publish(context, alert)
            listed = (await client.get("/v1/warnings")).json()
            assert [one["identifier"] for one in listed["warnings"]] == [alert.identifier]
            assert listed["exercise"] is True
            update = message("u1", level=4, before=alert, msg_type="Update")
            publish(context, update)
            assert [w["identifier"] for w in (await client.get("/v1/warnings")).json()["warnings"]] == ["u1"]
            publish(context, message("c1", level=0, before=update, msg_type="Cancel"))
            assert (await client.get("/v1/warnings")).json()["count"] == 0
            for one in (alert.identifier, "u1", "c1"):
                assert (await client.get(f"/v1/warnings/{one}.xml")).status_code == 200

    _run(play())


def test_what_lapses_leaves_in_time_without_any_news(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path, refresh_s=60.0) as (client, context):
            publish(context, message(valid=timedelta(seconds=2)), renamed(message(), "stays", area="510105"))
            first = await client.get("/v1/warnings")
            assert first.json()["count"] == 2
            await asyncio.sleep(2.1)
            later = await client.get("/v1/warnings", headers={"If-None-Match": first.headers["etag"]})
            assert later.status_code == 200
            assert [one["identifier"] for one in later.json()["warnings"]] == ["stays"]

    _run(play())


class Leaping(ServiceClock):
    """The clock of the machine, so much ahead of it as the test says."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + Leaping.ahead


def test_a_clock_that_leaped_and_was_put_right_takes_no_message_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        with context_in(tmp_path, Leaping(), refresh_s=60.0) as context:
            async with client_of(create_app(context)) as client:

                async def told() -> tuple[int, str]:
                    answer = await client.get("/v1/warnings")
                    return answer.json()["count"], answer.headers["etag"]

                publish(context, message())
                before = await told()
                assert before[0] == 1
                monkeypatch.setattr(Leaping, "ahead", timedelta(hours=3))
                context.board.next_lapse_s = 0.0  # the machine's clock leaps with it
                assert (await told())[0] == 0
                monkeypatch.setattr(Leaping, "ahead", timedelta())
                context.board.refresh()
                assert await told() == before

    _run(play())


def test_the_time_of_the_feeds_is_that_of_the_last_change_and_never_goes_back(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path, refresh_s=60.0) as (client, context):

            async def told() -> datetime:
                root = ET.fromstring((await client.get("/v1/feed.atom")).content)
                atom = datetime.fromisoformat(root.findtext(f"{ATOM}updated") or "")
                listed = (await client.get("/v1/warnings")).json()["updated"]
                assert listed is None or datetime.fromisoformat(listed) == atom
                fresh = Board(context.settings, context.store, context.clock, KeyRing())
                fresh.refresh()
                assert {key: one.body for key, one in fresh.feeds.items()} == {
                    key: one.body for key, one in context.board.feeds.items()
                }  # the same from every process
                return atom

            began = now() - timedelta(minutes=30)
            assert (await told()).year == 1970  # nothing ever stood there
            alert = message(sent=began)
            publish(
                context,
                alert,
                message("x", area="510105", sent=began + timedelta(minutes=1), valid=timedelta(minutes=2)),
            )
            assert await told() == began + timedelta(minutes=3)  # the second has run out
            publish(context, message("c", level=0, before=alert, sent=began + timedelta(minutes=9), msg_type="Cancel"))
            assert (await client.get("/v1/warnings")).json()["count"] == 0
            assert await told() == began + timedelta(minutes=9)

    _run(play())


def test_conditional_get_of_every_format(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            alert = message()
            publish(context, alert)
            own = f"/v1/warnings/{alert.identifier}"
            for path in ("/v1/warnings", "/v1/warnings?f=geojson", "/v1/feed.atom", own, own + ".xml"):
                full = await client.get(path)
                tag = full.headers["etag"]
                assert full.status_code == 200
                for asked in (tag, f"W/{tag}", f'"x", {tag}', "*"):
                    again = await client.get(path, headers={"If-None-Match": asked})
                    assert again.status_code == 304, (path, asked)
                    assert again.content == b""
                    assert again.headers["etag"].replace("-gzip", "") == tag.replace("-gzip", "")
                    assert "cache-control" in again.headers
                other = await client.get(path, headers={"If-None-Match": '"x"', "If-Modified-Since": "anything"})
                assert other.status_code == 200
                head = await client.head(path)
                assert head.content == b""
                assert head.headers["content-length"] == full.headers["content-length"]

    _run(play())


def test_formats_by_accept(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            alert = message()
            publish(context, alert)
            for accept, kind in (
                ("*/*", "application/json"),
                ("application/geo+json", "application/geo+json"),
                ("application/json;q=0.1, application/geo+json", "application/geo+json"),
                ("application/atom+xml", "application/atom+xml"),
            ):
                answer = await client.get("/v1/warnings", headers={"Accept": accept})
                assert answer.headers["content-type"].startswith(kind)
                assert "accept" in answer.headers["vary"]
            refused = await client.get("/v1/warnings", headers={"Accept": "image/png"})
            assert refused.status_code == 406
            assert refused.headers["content-type"] == "application/problem+json"
            cap = await client.get(f"/v1/warnings/{alert.identifier}", headers={"Accept": "application/cap+xml"})
            assert cap.content == alert.cap
            assert "immutable" in cap.headers["cache-control"]
            collection = (await client.get("/v1/warnings?f=geojson")).json()
            assert collection["features"][0]["geometry"]["type"] == "Polygon"

    _run(play())


def test_atom_is_well_formed_and_says_what_is_in_force(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            publish(context, message())
            root = ET.fromstring((await client.get("/v1/feed.atom")).content)
            assert [e.findtext(f"{ATOM}title") for e in root.iter(f"{ATOM}entry")] == ["【演练】暴雨橙色预警"]
            assert root.findtext(f"{ATOM}updated")

    _run(play())


def test_a_notice_that_is_not_whole_keeps_no_other_out(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            broken = renamed(message(), "broken", area="510105")
            del broken.notice["senderName"], broken.notice["polygon"]
            publish(context, broken, message("whole"))
            for path in ("/v1/warnings", "/v1/warnings?f=geojson", "/v1/feed.atom"):
                text = (await client.get(path)).text
                assert "broken" in text
                assert "whole" in text

    _run(play())


def test_a_feed_holds_one_status_and_no_canary(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            publish(
                context,
                message("ex"),
                renamed(message(), "ac", status="Actual"),
                renamed(message(), "te", status="Test"),
            )
            for query, expected in (("", ["ex"]), ("?status=Exercise", ["ex"]), ("?status=Actual", ["ac"])):
                listed = (await client.get("/v1/warnings" + query)).json()
                assert [one["identifier"] for one in listed["warnings"]] == expected
            assert (await client.get("/v1/warnings?status=Test")).status_code == 422
            assert (await client.get("/v1/warnings/te.xml")).status_code == 200

    _run(play())


def test_gzip_is_another_representation_of_the_same(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            publish(context, message())
            plain = await client.get("/v1/warnings", headers={"Accept-Encoding": "identity"})
            zipped = await client.get("/v1/warnings", headers={"Accept-Encoding": "gzip"})
            assert zipped.headers["content-encoding"] == "gzip"
            assert "content-encoding" not in plain.headers
            assert plain.headers["etag"] != zipped.headers["etag"]
            assert plain.content == zipped.content

    _run(play())


def test_the_order_is_the_worst_first(tmp_path: Path) -> None:
    async def play() -> None:
        async with service_in(tmp_path) as (client, context):
            for k, level in enumerate((1, 4, 2)):
                publish(context, renamed(message(level=level), f"m{k}", area=f"51010{k}", level=level))
            listed = (await client.get("/v1/warnings")).json()["warnings"]
            assert [one["identifier"] for one in listed] == ["m1", "m2", "m0"]

    _run(play())


def test_two_processes_give_the_same_tag(tmp_path: Path) -> None:
    async def tag() -> httpx.Response:
        async with service_in(tmp_path) as (client, context):
            if not context.board.in_force["Exercise"]:
                publish(context, message(sent=now()))
            return await client.get("/v1/warnings")

    assert asyncio.run(tag()).headers["etag"] == asyncio.run(tag()).headers["etag"]


def test_a_silent_database_makes_the_feed_stale_and_the_process_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with service_in(tmp_path, stale_after_s=0.2) as (client, context):
            assert "rongan-stale" not in (await client.get("/v1/warnings")).headers
            monkeypatch.setattr(context.store, "reading", lambda: (_ for _ in ()).throw(OSError("away")))
            await asyncio.sleep(0.5)
            stale = await client.get("/v1/warnings")
            assert stale.status_code == 200
            assert "rongan-stale" in stale.headers
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200

    _run(play())


def test_last_modified_counts_only_once_it_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two contents of one second must not share a date, or a client would keep the older one."""
    clock = [1000.0]
    monkeypatch.setattr("api.http.prebuilt.time.time", lambda: clock[0])
    one = Prebuilt(b"a", "text/plain", "no-cache")
    asked = {"if-modified-since": one.modified}
    assert one.answer("GET", asked.get, []).status == 200
    clock[0] += 2.5
    assert one.answer("GET", asked.get, []).status == 304
    assert one.answer("GET", {"if-none-match": '"x"', **asked}.get, []).status == 200
    assert one.answer("GET", {"if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT"}.get, []).status == 200


def test_tags_and_encodings_as_the_standard_says() -> None:
    tags = ('"a"', '"a-gzip"')
    assert matches('"b", W/"a"', tags)
    assert matches(" * ", tags)
    assert not matches('"ab"', tags)
    assert not matches("a", tags)
    assert takes_gzip("br;q=1, gzip;q=0.2")
    assert takes_gzip("*")
    assert not takes_gzip("gzip;q=0, *")
    assert not takes_gzip(None)
    one = Prebuilt(b"x" * 1000, "text/plain", "no-cache")
    assert gzip.decompress(one.gzipped) == one.body
