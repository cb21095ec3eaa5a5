"""Progress on the terminal: one bar per stage, on stderr so that --json stays clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[str, float], None]  # (stage in words, fraction of it done)


@contextmanager
def progress_bars(quiet: bool = False) -> Iterator[Report]:
    """Yield a function that moves the bar of a stage; a new stage finishes the one before."""
    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description:<34}"), BarColumn(bar_width=28), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        tasks: dict[str, int] = {}

        def report(stage: str, fraction: float) -> None:
            if stage not in tasks:
                for task in tasks.values():
                    bars.update(bars.task_ids[task], completed=1.0)
                    bars.stop_task(bars.task_ids[task])
                tasks[stage] = len(tasks)
                bars.add_task(stage, total=1.0)
            bars.update(bars.task_ids[tasks[stage]], completed=fraction)

        yield report
        for task in tasks.values():
            bars.update(bars.task_ids[task], completed=1.0)
