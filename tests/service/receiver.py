"""A subscriber in a thread: keeps what it is sent, answers as it is told, checks signatures as a stranger would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Got:
    """One call that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answer(call) -> (status, headers, body)`; seconds in place of a status: it sleeps, then says nothing."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], tuple[float, dict[str, str], bytes]] = lambda call: (204, {}, b"")

    def signed_by(self, secret: str) -> bool:
        """Whether every call carries the right signature; written from the standard, not from our code."""
        key = base64.b64decode(secret.split("_", 1)[1])
        for call in self.got:
            text = f"{call.id}.{call.headers['webhook-timestamp']}.".encode() + call.body
            right = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
            if call.headers["webhook-signature"] != f"v1,{right}":
                return False
        return bool(self.got)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Got(self.path, headers, self.rfile.read(size))
            receiver.got.append(call)
            status, told, body = receiver.answer(call)
            if status < 100:
                time.sleep(status)
                return
            self.send_response(int(status))
            for name, value in {"Content-Length": str(len(body)), **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
