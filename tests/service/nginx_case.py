"""The installed nginx with docs/examples/nginx.conf as it is, but for ports and folders."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.service.serve_case import free_port
from tests.shared_data import ROOT

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def nginx(folder: Path, upstreams: tuple[int, int]) -> Iterator[str]:
    """Where it answers, before services on two ports of this machine."""
    port = free_port()
    text = (ROOT / "docs/examples/nginx.conf").read_text(encoding="utf-8")
    for pattern, place in (
        (r"/run/nginx\.pid", f"{folder}/pid"),
        (r"/var/cache/nginx/rongan", f"{folder}/cache"),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"127\.0\.0\.1:8001 ", f"127.0.0.1:{upstreams[0]} "),
        (r"127\.0\.0\.1:8002 ", f"127.0.0.1:{upstreams[1]} "),
        (r"include /etc/nginx/mime\.types;", "".join(f"{n}_temp_path {folder}/{n};" for n in _TEMPORARY)),
    ):
        text, found = re.subn(pattern, place, text)
        assert found, pattern
    (folder / "nginx.conf").write_text("daemon off; error_log stderr crit;\n" + _user() + text)
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/healthz", timeout=5.0)
                break
            except httpx.ConnectError:
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()


def _user() -> str:
    """Workers that root starts stay root: their folder lies where others may not look."""
    return "user root; " if os.geteuid() == 0 else ""
