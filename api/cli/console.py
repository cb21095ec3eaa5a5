"""A drill on the terminal: step on, look, give orders, let things go wrong."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from data.errors import InputError
from data.strict_toml import Section
from data.suggest import closest

if TYPE_CHECKING:
    from sim.command.live import LiveDrill
    from sim.command.record import DrillRecord

HELP = """\
help                                  this text  帮助
step [MINUTES]                        run on, 10 minutes if not said  推进若干分钟
run                                   run to the end  运行到结束
status                                how things stand  当前情况
order KIND TARGET ... [key=value]     give an order  下达命令   keys: at=MINUTE to=SHELTER count=BUSES
inject KIND TARGET ... [key=value]    something goes wrong  注入事件
                                      keys: at=MINUTE until=MINUTE share=0.1 channel=app to=SHELTER
quit                                  give up, nothing is written  退出，不保存

order kinds 命令:   {orders}
inject kinds 事件:  {injects}
"""
COMMANDS = ("help", "step", "run", "status", "order", "inject", "quit")
_STEP_MIN = 10.0
_STATES = {
    "home": "在家", "moving": "在途", "waiting": "等车", "riding": "乘车", "at_door": "在门口", "sheltered": "已进场所",
    "stranded": "被困", "refused": "不愿离开", "turned_away": "无处可去",
}  # fmt: skip
_NUMBERS = ("at", "until", "share", "count")


def run_console(drill: LiveDrill, stdin: TextIO, stdout: TextIO) -> DrillRecord | None:
    """Read commands line by line until `run` or the end of the input, which run to the end; None after `quit`.

    Bad commands are answered with what was expected; nothing else comes of them.
    """
    _say(stdout, f"Minute 0. help: commands  帮助: help\n{_line(drill.status())}")
    for line in stdin:
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            _say(stdout, f"! {error}")
            continue
        if not words:
            continue
        if words[0] == "quit":
            return None
        if words[0] == "run":
            break
        try:
            _say(stdout, _do(drill, words))
        except InputError as error:
            _say(stdout, f"! {error}")
    record = drill.run()
    _say(stdout, _line(drill.status()))
    return record


def _do(drill: LiveDrill, words: list[str]) -> str:
    """Carry out one command; returns what to say."""
    from sim.command.script import INJECT_KINDS, ORDER_KINDS

    command, rest = words[0], words[1:]
    if command == "help":
        return HELP.format(orders=", ".join(ORDER_KINDS), injects=", ".join(INJECT_KINDS))
    if command == "step":
        drill.step(_number("step", rest[0]) if rest else _STEP_MIN)
        return _line(drill.status())
    if command == "status":
        return _full(drill.status())
    if command == "order":
        order = drill.give(_read("order", rest, drill.now_min))
        return f"{order.id}: {order.kind} at minute {order.at_min:g}  已下达"
    if command == "inject":
        inject = drill.strike(_read("inject", rest, drill.now_min))
        return f"{inject.id}: {inject.kind} at minute {inject.at_min:g}  已注入"
    raise InputError("unknown command", place="console", value=command, expected=closest(command, COMMANDS))


def _read(table: str, words: list[str], now_min: float) -> Any:
    """An order or inject from its words, by the rules of the [[order]] and [[inject]] tables."""
    from sim.command.script import INJECT_TARGETS, ORDER_TARGETS, read_injects, read_orders

    kinds = ORDER_TARGETS if table == "order" else INJECT_TARGETS
    if not words:
        raise InputError("no kind", place=table, expected=", ".join(kinds))
    kind, targets = words[0], [word for word in words[1:] if "=" not in word]
    values: dict[str, Any] = {"kind": kind, "at_min": now_min}
    for word in words[1:]:
        key, sign, value = word.partition("=")
        if sign:
            name = {"at": "at_min", "until": "until_min"}.get(key, key)
            values[name] = _number(key, value) if key in _NUMBERS else value
    if isinstance(values.get("count"), float) and values["count"].is_integer():
        values["count"] = int(values["count"])
    if targets and kinds.get(kind):
        values[kinds[kind]] = targets
    elif targets and kind in kinds:
        raise InputError("a target of nothing", place=f"{table} {kind}", value=targets[0], expected="no target")
    top = Section({table: [values]}, Path("console"))
    found = read_orders(top) if table == "order" else read_injects(top)
    top.finish()
    return found[0]


def _number(place: str, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InputError("not a number", place=place, value=word, expected="a number") from None


def _line(status: dict[str, Any]) -> str:
    people = status["people"]
    there = ", ".join(
        f"{state.replace('_', ' ')} {_STATES[state]} {count:,}" for state, count in people.items() if count
    )
    return f"minute 分钟 {status['minute']:g} of {status['until_minute']:g}: {there or 'nobody 无人'}"


def _full(status: dict[str, Any]) -> str:
    lines = [_line(status)]
    names = {
        "shelters_open": "shelters open 开放避难点",
        "shelters_full": "of them full 其中已满",
        "queueing": "people queueing 排队人数",
        "roads_closed_to_walkers": "road edges closed to walkers 行人不通路段",
        "roads_closed_to_cars": "road edges closed to cars 车辆不通路段",
        "to_come": "orders to come 待下达命令",
    }
    lines += [f"  {words}: {status[key]}" for key, words in names.items()]
    if status["orders_open"]:
        lines.append(f"  not carried out yet 尚未完成: {', '.join(status['orders_open'])}")
    return "\n".join(lines)


def _say(stdout: TextIO, text: str) -> None:
    stdout.write(f"{text}\n")
    stdout.flush()
