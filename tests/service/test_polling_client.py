"""A polling client in another process sees every warning exactly once while the service is killed and restarted.

The same script runs for ten minutes by hand: `python -m benchmarks.poll_client --minutes 10`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.poll_client import right, trial


@pytest.mark.slow
def test_every_warning_exactly_once_under_kill_9(tmp_path: Path) -> None:
    told = trial(12.0, tmp_path, restart_s=(2.0, 5.0), restarts_least=2)
    assert right(told), told
    assert told["published"] >= 5
