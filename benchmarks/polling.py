"""304 polling: the warnings feed of the whole service beside nginx with a static file, in one run on one machine.

Needs nginx and wrk. Each is asked for what has not changed by `wrk -t1 -c64`, in turns; best and median of the passes,
and CPU of the server per request out of /proc. Goal: at least 35 % of nginx with two web processes.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.service_case import cpu_s, service, warn
from tests.service.serve_case import free_port

GOAL = 0.35
_NGINX = """daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


def run(seconds: float = 5.0, passes: int = 3) -> list[dict[str, object]]:
    """One row per server."""
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        return [{"server": "none", "note": f"not installed: {', '.join(missing)}"}]
    with service(workers=2) as served:
        assert served.process is not None
        name = warn(served)
        feed = f"{served.url}/v1/warnings"
        body = urllib.request.urlopen(feed).read()
        with _nginx(body) as (static, pid):
            cases = {
                "nginx, static file": (static, pid),
                "the service, /v1/warnings": (feed, served.process.pid),
                "the service, one message": (f"{feed}/{name}.xml", served.process.pid),
            }
            found = {case: [_pass(url, pid, seconds) for _ in range(1)] for case, (url, pid) in cases.items()}
            for _ in range(passes - 1):
                for case, (url, pid) in cases.items():
                    found[case].append(_pass(url, pid, seconds))
    base = max(rate for rate, _ in found["nginx, static file"])
    rows = []
    for case, measured in found.items():
        rates = [rate for rate, _ in measured]
        rows.append(
            {
                "server": case,
                "best 304/s": f"{max(rates):,.0f}",
                "median 304/s": f"{statistics.median(rates):,.0f}",
                "of nginx": f"{max(rates) / base:.0%}",
                "CPU µs/request": f"{min(cpu for _, cpu in measured):.1f}",
                "goal": "" if case.startswith("nginx") else f">= {GOAL:.0%}",
            }
        )
    return rows


def _pass(url: str, pid: int, seconds: float) -> tuple[float, float]:
    """Answers a second and CPU microseconds each."""
    etag = urllib.request.urlopen(url).headers["ETag"]
    before = cpu_s(pid)
    told = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{seconds:g}", "-H", f"If-None-Match: {etag}", url],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in told, told
    requests = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec: *([\d.]+)", told)
    assert requests is not None
    assert rate is not None
    return float(rate.group(1)), 1e6 * (cpu_s(pid) - before) / int(requests.group(1))


@contextmanager
def _nginx(body: bytes) -> Iterator[tuple[str, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # workers of nginx run as another user
        (folder / "www").mkdir()
        (folder / "www" / "warnings").write_bytes(body)
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
        process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
        try:
            url = f"http://127.0.0.1:{port}/warnings"
            for _ in range(100):
                try:
                    urllib.request.urlopen(url)
                    break
                except OSError:
                    time.sleep(0.05)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait()
