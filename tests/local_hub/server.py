"""The server: sockets around `Catalogue`, ranges, faults, and a record of what was asked."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from .answers import Answer, Catalogue, Question, parse_query
from .faults import Fault
from .repository import Repository
from .stored import size_of, slice_of

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Request:
    """One request that came: `what` is "METHOD PATH?QUERY"."""

    what: str
    range: str | None
    token: str | None
    status: int


class LocalHub:
    """Serves repositories. Use it in a `with` statement; `url` is for HF_ENDPOINT."""

    def __init__(self, repositories: Iterable[Repository], page_size: int = 20) -> None:
        self.catalogue = Catalogue({found.id: found for found in repositories}, {}, page_size)
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.body_bytes = 0  # of files, sent so far
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub._serve(self, with_body=True)

            def do_HEAD(self) -> None:
                hub._serve(self, with_body=False)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.catalogue.cdn = f"http://localhost:{self._server.server_port}"  # to the client another host

    def __enter__(self) -> LocalHub:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __getitem__(self, name: str) -> Repository:
        return self.catalogue.repositories[name]

    def opens(self, token: str, *names: str) -> None:
        """Lets a token see these gated and private repositories. A token that was never named here is refused."""
        self.catalogue.tokens[token] = set(names)

    def asked(self, pattern: str) -> list[Request]:
        """The requests so far in whose "METHOD PATH?QUERY" the pattern is found."""
        return [request for request in self.requests if re.search(pattern, request.what)]

    def fetched(self) -> list[str]:
        """Addresses of the file contents that were asked for, in order."""
        return [request.what.partition(" ")[2] for request in self.asked("^GET /(repos|api/resolve-cache)/")]

    def _serve(self, handler: BaseHTTPRequestHandler, with_body: bool) -> None:
        address = urlsplit(handler.path)
        words = (handler.headers.get("Authorization") or "").split(" ", 1)
        token = words[1] if len(words) == 2 and not address.path.startswith("/repos/") else None
        fault = next((found for found in self.faults if found.takes(f"{handler.command} {handler.path}")), Fault(""))
        time.sleep(fault.seconds)
        if fault.does is not None:
            fault.does()
        if fault.status:
            answer = Answer(fault.status, fault.body, headers=fault.headers)
        else:
            answer = self.catalogue.answer(Question(address.path, parse_query(address.query), token, self.url))
        wanted = None if fault.ignores_range else handler.headers.get("Range")
        begin, end = _apply_range(answer, wanted)
        asked = Request(f"{handler.command} {handler.path}", handler.headers.get("Range"), token, answer.status)
        self.requests.append(asked)
        try:
            self._send(handler, answer, begin, end, fault if with_body else None)
        except OSError:
            handler.close_connection = True

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer, begin: int, end: int, fault: Fault | None) -> None:
        """Sends headers, and with `fault` the body as that lets it through."""
        handler.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(end - begin)}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if fault is None:
            return
        if answer.stored is None:
            handler.wfile.write(answer.body)
            return
        stop = end if fault.cut_after is None else min(end, begin + fault.cut_after)
        for place in range(begin, stop, _CHUNK):
            time.sleep(fault.seconds_a_chunk)
            data = bytearray(slice_of(answer.stored, place, min(stop, place + _CHUNK)))
            if fault.flip_byte is not None and place <= fault.flip_byte < place + len(data):
                data[fault.flip_byte - place] ^= 0xFF
            handler.wfile.write(data)
            self.body_bytes += len(data)
        if stop < end:
            handler.close_connection = True


def _apply_range(answer: Answer, wanted: str | None) -> tuple[int, int]:
    """Which bytes of the answer are sent; sets status and headers for a part of a file."""
    size = len(answer.body) if answer.stored is None else size_of(answer.stored)
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if answer.stored is None:
        return 0, size
    answer.headers["Accept-Ranges"] = "bytes"
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= size or end <= begin:
        answer.status, answer.stored, answer.headers["Content-Range"] = 416, None, f"bytes */{size}"
        return 0, 0
    answer.status, answer.headers["Content-Range"] = 206, f"bytes {begin}-{end - 1}/{size}"
    return begin, end
