"""Ten thousand random steps over a real database: no illegal chain, no lost end, no late upgrade, nobody warned alone.

Forecasts, officers, second persons, restarts, crashes, faults and clocks that jump act in any order. What the store
then holds is compared with a small model that knows nothing of how it came about.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.service.press import Fault, Press
from api.service.principal import SYSTEM, Principal
from api.service.refused import Refused
from api.store.errors import Conflict, Missing
from api.store.records import Message
from tests.outlook_case import AREAS, BEGIN, area_outlook, outlook
from tests.publish_case import TurnedClock, publisher

STEPS = int(os.environ.get("RONGAN_RANDOM_STEPS", "1000"))  # of each of the two machines; 5000 by hand: minutes
PER_RUN = 100
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a disk that syncs makes it minutes
AREA = st.sampled_from(sorted(AREAS))
PEOPLE = (
    Principal("o1", "officer", actual=True),
    Principal("a1", "approver", actual=True),
    Principal("a2", "approver", actual=True, area="510105"),
    Principal("o2", "officer", area="510105001"),
    Principal("v1", "viewer"),
)
WHO = st.sampled_from(PEOPLE)
ANY = st.integers(0, 10_000)


class Crash(BaseException):
    """The process is gone."""


class Life(RuleBasedStateMachine):
    """An exercise service."""

    given: ClassVar[dict[str, Any]] = {}
    cycles_by: ClassVar[Principal] = SYSTEM
    status: ClassVar[str] = "Exercise"
    ceiling: ClassVar[int] = 4
    template: ClassVar[Path]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="rongan-life-", dir=MEMORY))
        shutil.copy(self.template, self.folder / "rongan.db")
        self.clock = TurnedClock(shown=[BEGIN])
        self.publisher = publisher(self.folder, self.clock, **self.given)
        self.latest = BEGIN  # the furthest that the clock has shown
        self.cycled: set[float] = set()  # minutes of the cycles so far
        self.entry = 0
        self.last: dict[tuple[str, str], Message] = {}  # (status, area) -> last message of its newest chain
        self.tails: dict[str, Message] = {}  # chain -> its last message
        self.ids: list[str] = []
        self.lapsed: set[str] = set()
        self.by_hand: dict[str, datetime] = {}  # area -> until when a level by hand may hold it down
        self.agreeing = False

    # what may happen

    @initialize(minute=st.integers(0, 5))
    def begin(self, minute: int) -> None:
        self.turn(minute)

    @rule(minutes=st.sampled_from((1, 5, 10, 10, 10, 20, 31, 61, 200, 345, 400)))
    def time_passes(self, minutes: int) -> None:
        self.turn(minutes)

    @rule(minutes=st.sampled_from((1, 3, 7, 12, 20, 90, 400)))
    def clock_set_back(self, minutes: int) -> None:
        self.turn(-minutes)

    @rule(colours=st.dictionaries(AREA, st.integers(0, 4), max_size=4), order=st.booleans(), wet=st.booleans())
    def cycle(self, colours: dict[str, int], order: bool, wet: bool) -> None:
        self.take(colours, order, wet)
        self.look_for_late_upgrades(colours)

    @rule(colours=st.dictionaries(AREA, st.integers(1, 4), min_size=1, max_size=4), area=AREA)
    def cycle_with_a_message_that_breaks_a_rule(self, colours: dict[str, int], area: str) -> None:
        made = Press.message

        def broken(press: Press, rx: Any, notice: Any, *rest: Any) -> Message:
            if notice.area == area:
                raise Fault(area, notice.msg_type, notice.level, ["made up"])
            return made(press, rx, notice, *rest)

        self.patched(broken, lambda: self.take(colours, False, False))
        if area not in colours:
            self.look_for_late_upgrades(colours)

    @rule(colours=st.dictionaries(AREA, st.integers(1, 4), min_size=1, max_size=4), after=st.integers(0, 2))
    def cycle_in_which_the_process_dies(self, colours: dict[str, int], after: int) -> None:
        made, left = Press.message, [after]

        def dying(press: Press, *rest: Any) -> Message:
            if left[0] == 0:
                raise Crash
            left[0] -= 1
            return made(press, *rest)

        said = self.outlook(colours, False, False)
        try:
            self.patched(dying, lambda: self.publisher.take_outlook(said, self.cycles_by))
        except Crash:
            self.restart()
            self.publisher.take_outlook(said, self.cycles_by)
        assert self.publisher.take_outlook(said, self.cycles_by) == []
        self.look_for_late_upgrades(colours)

    @rule(really=st.sampled_from((True, False, False, False)))
    def started_again(self, really: bool) -> None:
        if really:
            self.restart()

    def restart(self) -> None:
        self.publisher.store.close()
        self.publisher = publisher(self.folder, self.clock, **self.given)

    @rule(area=AREA, level=st.integers(1, 4), hours=st.sampled_from((None, 0.5, 3.0, 24.0)), who=WHO)
    def issue(self, area: str, level: int, hours: float | None, who: Principal) -> None:
        self.by_person(lambda: self.publisher.issue(area, level, who, hours=hours), area)

    @precondition(lambda self: self.ids)
    @rule(pick=ANY, level=st.integers(1, 4), who=WHO)
    def update(self, pick: int, level: int, who: Principal) -> None:
        name = self.pick(pick)
        self.by_person(lambda: self.publisher.update(name, who, level=level), self.area_of(name))

    @precondition(lambda self: self.ids)
    @rule(pick=ANY, who=WHO)
    def cancel(self, pick: int, who: Principal) -> None:
        name = self.pick(pick)
        self.by_person(lambda: self.publisher.cancel(name, who), self.area_of(name))

    @precondition(lambda self: self.ids)
    @rule(pick=ANY, who=WHO, what=st.sampled_from(("acknowledge", "act", "close")))
    def answer(self, pick: int, who: Principal, what: str) -> None:
        name = self.pick(pick)
        do: Callable[..., Any] = getattr(self.publisher, what)
        self.by_person(lambda: do(name, who), self.area_of(name) if what == "close" else "")

    @precondition(lambda self: self.status == "Actual")
    @rule(pick=ANY, who=WHO, yes=st.booleans())
    def second_person(self, pick: int, who: Principal, yes: bool) -> None:
        with self.publisher.store.reading() as rx:
            asked = rx.approvals()
        if not asked:
            return
        one = asked[min(pick % 4, len(asked) - 1)]
        self.agreeing = yes and one.state == "waiting" and one.asked_by != who.actor
        self.by_person(lambda: (self.publisher.approve if yes else self.publisher.reject)(one.id, who), one.area)

    @rule()
    def upkeep(self) -> None:
        self.publisher.expire()
        self.publisher.escalate()
        self.read()
        now = self.clock.now()
        for message in self.last.values():  # no end is lost: lifted, renewed, or told
            over = message.msg_type == "Cancel" or message.expires > now or message.identifier in self.lapsed
            assert over, message

    # what must always hold

    @invariant()
    def chains_are_legal(self) -> None:
        type(self).steps += 1
        self.read()
        self.agreeing = False
        with self.publisher.store.reading() as rx:
            records = rx.open_episodes()
            waiting = {one.body["episode"]: one for one in rx.approvals("waiting", limit=1000)}
            assert len(waiting) == len(rx.approvals("waiting", limit=1000))  # one question of an episode at most
        levels = {record.id: record.level for record in records}
        for episode, one in waiting.items():  # and none that the chain has overtaken
            assert one.level > levels[episode], one
        for record in records:  # nothing is agreed to in advance
            assert record.memory["granted"] <= record.level
        warned = [record for record in records if record.level]
        assert len({(record.status, record.area) for record in records}) == len(records)
        for record in warned:
            last = self.last[record.status, record.area]
            if record.chain != last.chain:  # the newest is over, and a clock set back brought an older one into force
                assert last.msg_type == "Cancel" or last.identifier in self.lapsed
                last = self.tails[record.chain]
            assert (record.last, record.level) == (last.identifier, last.level)
            assert record.state in ("issued", "acknowledged", "acted")
        held = {(record.status, record.area) for record in warned}
        for key, message in self.last.items():
            if message.msg_type != "Cancel" and message.identifier not in self.lapsed:
                assert key in held, message
        for record in records:
            if not record.level:
                assert record.state in ("detected", "assessed")

    def teardown(self) -> None:
        with self.publisher.store.reading() as rx:
            assert rx.check_audit() is None
            numbers = [entry.number for entry in rx.entries(0, 100_000)]
        assert numbers == list(range(1, len(numbers) + 1))
        self.publisher.store.close()
        shutil.rmtree(self.folder)

    # how

    def turn(self, minutes: float) -> None:
        self.clock.shown[0] = max(BEGIN, self.clock.shown[0] + timedelta(minutes=minutes))
        self.latest = max(self.latest, self.clock.now())

    def outlook(self, colours: dict[str, int], order: bool, wet: bool) -> Any:
        minute = (self.clock.now() - BEGIN).total_seconds() / 60.0
        while minute in self.cycled:
            minute += 0.5
        self.cycled.add(minute)
        leave_by = self.clock.now() + timedelta(minutes=40) if order else None
        event = "waterlogging" if wet else "rainstorm"
        areas = {
            code: area_outlook(code, colour, event=event, leave_by=leave_by)
            for code, colour in colours.items()
            if colour
        }
        return outlook(minute, {}, areas)

    def take(self, colours: dict[str, int], order: bool, wet: bool) -> None:
        said = self.outlook(colours, order, wet)
        self.publisher.take_outlook(said, self.cycles_by)
        assert self.publisher.take_outlook(said, self.cycles_by) == []

    def look_for_late_upgrades(self, colours: dict[str, int]) -> None:
        """Everybody in danger is warned as high as the rules say, at once, unless a person set the level."""
        self.read()
        now = self.clock.now()
        with self.publisher.store.reading() as rx:
            held = {record.last for record in rx.open_episodes(self.status)}
            # As everybody reads it; a clock set back may bring a message into force again that had lapsed.
            in_force = [(m.area, m.level) for m in rx.active(now, self.status) if m.identifier in held]
        for code, colour in colours.items():
            lineage = [code, *self.publisher.places.above(code)]
            if any(now < self.by_hand.get(area, BEGIN) for area in lineage):
                continue
            levels = [level for area, level in in_force if area in lineage]
            assert max(levels, default=0) >= min(colour, self.ceiling), (code, colour)

    def by_person(self, do: Callable[[], Any], area: str) -> None:
        try:
            do()
        except (Refused, Missing):
            return
        except Conflict as clash:
            if clash.reason not in ("not_waiting", "same_person"):
                raise
            return
        if area:
            self.by_hand[area] = self.latest + timedelta(hours=25)

    def patched(self, message: Any, do: Callable[[], Any]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Press, "message", message)
            do()

    def pick(self, number: int) -> str:
        """A message, mostly one of the newest."""
        return self.ids[-1 - number % min(len(self.ids), 1 + number % 7)]

    def area_of(self, identifier: str) -> str:
        with self.publisher.store.reading() as rx:
            message = rx.message(identifier)
        assert message is not None
        return message.area

    def read(self) -> None:
        """Take in what is new in the stream, message by message."""
        with self.publisher.store.reading() as rx:
            for entry in rx.entries(self.entry, 10_000):
                assert entry.number == self.entry + 1
                self.entry = entry.number
                if entry.kind == "lapsed":
                    self.lapsed.add(entry.subject)
                if entry.kind == "warning":
                    message = rx.message(entry.subject)
                    assert message is not None
                    self.follow(message)

    def follow(self, message: Message) -> None:
        key = (message.status, message.area)
        assert message.status in ("Exercise", self.status)
        assert message.identifier not in self.ids
        before = self.tails.get(message.chain)  # a clock set back may bring an older chain into force again
        if message.msg_type == "Alert":
            assert before is None
            assert message.chain == message.identifier
        else:
            assert before is not None
            assert before.msg_type != "Cancel"
            assert message.predecessor == before.identifier
            assert (before.status, before.area) == key
            assert message.sent >= before.sent
        for other in self.tails.values():
            if (other.status, other.area) == key and other.chain != message.chain:
                assert other.msg_type == "Cancel" or other.expires <= message.sent, (other, message)
        assert (message.level == 0) == (message.msg_type == "Cancel")
        assert message.expires > message.sent
        raised = message.level > (before.level if before is not None and message.msg_type == "Update" else 0)
        if message.status == "Actual" and message.level > self.ceiling and raised:
            assert self.agreeing, message
        if self.agreeing and before is not None:  # nothing is lowered by agreeing to it
            assert message.level >= before.level, message
        self.last[key] = self.tails[message.chain] = message
        self.ids.append(message.identifier)


class ActualLife(Life):
    """A service outside of exercises; its forecast runs with a key of its own."""

    given: ClassVar[dict[str, Any]] = {"mode": "actual", "allow_actual": True}
    cycles_by: ClassVar[Principal] = Principal("watch", "officer", actual=True)
    status: ClassVar[str] = "Actual"
    ceiling: ClassVar[int] = 2


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Life, ActualLife])
def test_ten_thousand_steps(machine: type[Life], tmp_path: Path) -> None:
    publisher(tmp_path).store.close()
    machine.template = tmp_path / "rongan.db"
    machine.steps = 0
    wanted = settings(
        max_examples=2 * STEPS // PER_RUN,  # some runs are short
        stateful_step_count=PER_RUN,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),  # shrinking a run over a database takes minutes; the steps are printed anyway
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=wanted)
    assert machine.steps >= STEPS
