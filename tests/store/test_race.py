"""Many processes at once: numbers without gaps, in the order in which they can be seen; one winner."""

from __future__ import annotations

import threading

import pytest

from api.store import Store
from tests.store import killed
from tests.store.processes import start
from tests.store_case import HandClock, make_message


def test_four_processes_publish_at_once(database_url: str) -> None:
    racers, count = 4, 12
    with Store.open(database_url, now=HandClock()) as store:
        with store.writing("officer") as tx:
            tx.publish(make_message("m0"))
        started = [start(killed.race, database_url, racer, count) for racer in range(racers)]
        for _, pipe in started:
            pipe.send("go")
        seen = [1]
        expected = 1 + racers * count + count
        while len(seen) < expected and any(process.is_alive() for process, _ in started):
            with store.reading() as rx:
                new = [entry.number for entry in rx.entries(after=seen[-1], limit=1000)]
                last = rx.last_entry()
            assert new == list(range(seen[-1] + 1, last + 1))  # whoever saw n has seen all below n
            seen += new
        won = [name for _, pipe in started for name in pipe.recv()]
        for process, _ in started:
            process.join(30)
            assert process.exitcode == 0
        with store.reading() as rx:
            assert rx.last_entry() == expected
            chain = rx.chain("m0")
            assert sorted(one.identifier for one in chain[1:]) == sorted(won)
            assert [one.predecessor for one in chain[1:]] == [one.identifier for one in chain[:-1]]
            assert rx.check_audit() is None


def test_threads_of_one_process_take_turns(store: Store) -> None:
    wrong: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(5):
                with store.writing(f"thread {thread}") as tx:
                    tx.entry("plan", f"{thread}-{number}", {})
                with store.reading() as rx:
                    assert rx.last_entry() == len(rx.entries(limit=1000))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.news().entry == 40


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.reading() as rx:
        assert rx.last_entry() == 0
        with store.writing("officer") as tx:
            tx.publish(make_message("m1"))
        assert rx.last_entry() == 0
        assert rx.messages() == []
        assert rx.audit_rows() == []
    with store.reading() as rx:
        assert rx.last_entry() == 1


def test_writing_inside_of_writing_is_a_fault_of_the_program(store: Store) -> None:
    with store.writing("officer"), pytest.raises(RuntimeError, match="inside of"), store.writing("officer"):
        pass
    with store.writing("officer") as tx:
        tx.put("a", 1)
