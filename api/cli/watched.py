"""What the terminal says of cycles and replays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from api.messages import has, text
from api.warning.notice import BEIJING
from api.wording import EN
from data.schema import LEVELS

if TYPE_CHECKING:
    from api.replay_folder import Pace
    from api.store.records import Message
    from sim.forecast.outlook import Outlook


def tell_cycle(console: Console, outlook: Outlook, sent: list[Message], pace: Pace | None = None) -> None:
    """One line per cycle, one per message that went out; of a replay, how far it is."""
    worst_now = max((area.colour_now for area in outlook.areas), default=0)
    worst = max((area.colour for area in outlook.areas), default=0)
    moment = outlook.time.astimezone(BEIJING)
    known = outlook.gauges
    gauges = f"{known.heard} of {known.all} gauges" if known.all else f"{outlook.sensors_used} gauges"
    console.print(
        f"{moment:%Y-%m-%d %H:%M}  now {LEVELS[worst_now]:<6} ahead {LEVELS[worst]:<6} {outlook.rain}"
        f" x{outlook.members}, {gauges}, {outlook.wall_s:.1f} s{_how_far(pace)}",
        markup=False,
    )
    for message in sent:
        name = message.notice["areaDesc_en"]
        console.print(
            f"    {message.msg_type:<6} {LEVELS[message.level]:<6} {name} ({message.area})  {message.identifier}",
            markup=False,
        )


def _how_far(pace: Pace | None) -> str:
    if pace is None:
        return ""
    left = "done" if pace.cycle == pace.of else f"about {_time(pace.left_s)} left"
    return f"  [{pace.cycle} of {pace.of}, {left}]"


def _time(seconds: float) -> str:
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 6000.0 else f"{seconds / 3600.0:.1f} h"


def notes_of(outlook: Outlook) -> list[str]:
    """What was missing, in words."""
    return [text(note, EN) if has(note) else note for note in outlook.notes]


def tell_replay(console: Console, summary: dict[str, Any], out: Path) -> None:
    """The verification of a replay."""
    console.print(
        f"{summary['cycles']} cycles, {summary['cycles_failed']} failed, {summary['messages']} messages,"
        f" {summary['times_real_time']:g} times real time",
        markup=False,
    )
    table = Table(title="Warned and observed (exercise)")
    names = ("level", "colour", "hits", "late", "misses", "false_alarms", "pod", "far", "lead_median_min")
    for name in names:
        word = name in names[:2]  # never cut short: a level that ends in dots cannot be read
        table.add_column(name.replace("_", " "), justify="left" if word else "right", no_wrap=word, min_width=9 * word)
    for row in summary["verification"]:
        table.add_row(*(_cell(row[name]) for name in names))
    console.print(table)
    if summary["stopped"]:
        after, left = summary["stopped"]["after"], summary["stopped"]["cycles_left"]
        console.print(f"Stopped after the cycle of {after}, {left} cycles before the end: this is of what was done.")
    console.print(f"Written to {out}", markup=False)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
