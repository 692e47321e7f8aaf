"""HTTP and nothing more: requests in, answers out, and connections that are cut when told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Host = Literal["api", "storage"]


@dataclass(frozen=True, kw_only=True)
class Request:
    host: Host
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.host} {self.method} {self.path}{'?' if query else ''}{query}"


@dataclass(kw_only=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: Literal["", "before", "middle"] = ""


class Server:
    """One address; ``answer`` is called in a thread of each connection."""

    def __init__(self, host: Host, name: str, answer: Callable[[Request], Answer]) -> None:
        handler = type("Handler", (_Handler,), {"host": host, "answer": staticmethod(answer)})
        self._server = _Quiet(("127.0.0.1", 0), handler)
        self.url = f"http://{name}:{self._server.server_address[1]}"
        serve = {"poll_interval": 0.02}
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs=serve, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    host: Host
    answer: Callable[[Request], Answer]

    def do(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            host=self.host,
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        self._send(self.answer(request))

    do_GET = do_POST = do_PATCH = do_DELETE = do  # noqa: N815  # the names are http.server's

    def _send(self, answer: Answer) -> None:
        time.sleep(answer.delay)
        if answer.cut == "before":
            self._hang_up()
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.cut == "middle":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self._hang_up()
            return
        self.wfile.write(answer.body)

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """The fake keeps its own list."""
