"""Tables on the terminal keep words and figures whole."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from api.cli.tables import column_widths, print_table

HEAD = ["storm", "rain mm", "no place", "risk score"]
ROWS = [["dry weather", "0", "75,014", "0"], ["50-year storm", "101", "203,103 -> 198,048", "17,182"]]


@pytest.mark.parametrize("width", [20, 30, 60, 80, 200])
def test_no_word_is_broken_at_any_width(width):
    out = StringIO()
    print_table(Console(file=out, width=width), HEAD, ROWS)
    shown = out.getvalue().split()
    for text in (*HEAD, *(cell for row in ROWS for cell in row)):
        assert all(word in shown for word in text.split()), text


def test_a_table_fills_no_more_than_the_terminal_where_words_let_it():
    out = StringIO()
    print_table(Console(file=out, width=44), HEAD, ROWS)
    assert max(map(len, out.getvalue().splitlines())) <= 44


def test_heads_wrap_before_cells_and_the_widest_column_gives_way_first():
    columns = [[row[k] for row in ROWS] for k in range(4)]
    assert column_widths(HEAD, columns, 80) == [13, 7, 18, 10]  # everything in one line
    assert column_widths(HEAD, columns, 41) == [13, 4, 18, 6]
    assert column_widths(HEAD, columns, 40) == [13, 4, 17, 6]
    assert column_widths(HEAD, columns, 5) == [7, 4, 7, 6]  # the longest words
