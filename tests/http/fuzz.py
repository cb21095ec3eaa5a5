"""All phases of schemathesis against a live service, by hand: `python -m tests.http.fuzz [examples] [option ...]`.

Some minutes with 8 examples on two cores. What CI runs of it is test_schemathesis.py. Left out are the stream, which
never ends, and the revoking of keys, by which the run would end its own.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from data.city_writer import write_city
from tests.http.service_case import sensed_city
from tests.service.serve_case import Served

LEFT_OUT = ("/v1/events", "/v1/keys/{identifier}/revoke")
# What cannot be held of generated input: ids that exist, texts that only our own checks refuse.
NOT_HELD = "positive_data_acceptance,negative_data_rejection,ignored_auth,missing_required_header"
OFTEN = {"RONGAN_WRITES_PER_MINUTE": "10000000", "RONGAN_READS_PER_MINUTE": "10000000"}


def main(examples: str = "8", *options: str) -> int:
    """The exit status of schemathesis: 0 where nothing was found."""
    with tempfile.TemporaryDirectory() as folder:
        city = write_city(sensed_city(), Path(folder) / "city")
        one = Served(Path(folder) / "service", city, workers=2, jobs=1, environment=OFTEN)
        try:
            one.start()
            command = [str(Path(sysconfig.get_path("scripts")) / "schemathesis"), "run", f"{one.url}/openapi.json"]
            command += ["-H", f"X-API-Key: {one.admin}", "--exclude-checks", NOT_HELD, "--continue-on-failure"]
            command += ["--phases", "examples,coverage,fuzzing,stateful", "-n", examples, "--no-color"]
            command += [part for path in LEFT_OUT for part in ("--exclude-path", path)]
            return subprocess.run([*command, *options], cwd=folder, check=False).returncode
        finally:
            if one.process is not None and one.process.poll() is None:
                one.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
