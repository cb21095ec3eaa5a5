"""Tables on the terminal: broken between words, never inside one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_GAP = 2  # spaces between columns


def print_table(
    console: Console, head: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[int] = (0,)
) -> None:
    """Print plain columns; those of `texts` to the left, numbers to the right.

    No column gets narrower than its longest word, so a figure stays whole on a narrow terminal.
    """
    columns = [[row[number] for row in rows] for number in range(len(head))]
    widths = column_widths(head, columns, console.width - _GAP * (len(head) - 1))
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for number, (name, width) in enumerate(zip(head, widths, strict=True)):
        table.add_column(name, justify="left" if number in texts else "right", vertical="bottom", width=width)
    for row in rows:
        table.add_row(*row)
    # A table that cannot get narrow enough runs over the edge, rather than hide figures.
    room = console.width
    console.width = max(room, sum(widths) + _GAP * (len(head) - 1))
    console.print(table)
    console.width = room


def column_widths(head: Sequence[str], columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Cells of width for each column of texts: heads wrap first, then the widest column; no word is broken."""
    least = [
        max((cell_len(word) for text in (name, *column) for word in text.split()), default=0)
        for name, column in zip(head, columns, strict=True)
    ]
    cells = [max([low, *map(cell_len, column)]) for low, column in zip(least, columns, strict=True)]
    widths = [max(cell_len(name), wanted) for name, wanted in zip(head, cells, strict=True)]
    while sum(widths) > room:
        wide = [k for k, width in enumerate(widths) if width > cells[k]]
        wide = wide or [k for k, width in enumerate(widths) if width > least[k]]
        if not wide:
            break
        widths[max(wide, key=lambda k: widths[k])] -= 1
    return widths
