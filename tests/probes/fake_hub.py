"""A Hub on this machine: as much of its HTTP interface as huggingface_hub asks for to fetch a repository."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Serves one public repository, `org/model`; `org/gated` exists and is closed. Use it in a `with` statement."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.fetched: list[str] = []
        self.status = 200  # another one is the answer to everything
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self, with_body=True)

            def do_HEAD(self) -> None:
                hub.answer(self, with_body=False)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, with_body: bool) -> None:
        """Answers one request."""
        status, body, headers = self._find(urlparse(handler.path).path)
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if with_body:
            handler.wfile.write(body)

    def _find(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        if self.status != 200:
            return self.status, b"", {}
        if "org/gated" in path:
            return 403, b"", {"X-Error-Code": "GatedRepo"}
        if "org/model" not in path:
            return 404, b"", {"X-Error-Code": "RepoNotFound"}
        if path.startswith("/api/models/org/model/revision/"):
            if path.rpartition("/")[2] not in ("main", COMMIT):
                return 404, b"", {"X-Error-Code": "RevisionNotFound"}
            return 200, json.dumps({"id": "org/model", "sha": COMMIT, "siblings": []}).encode(), {}
        if path.startswith("/api/models/org/model/tree/"):
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for name, data in self.files.items()
            ]
            return 200, json.dumps(tree).encode(), {"Content-Type": "application/json"}
        name = path.removeprefix(f"/org/model/resolve/{COMMIT}/")
        if name not in self.files:
            return 404, b"", {"X-Error-Code": "EntryNotFound"}
        self.fetched.append(name)
        data = self.files[name]
        return 200, data, {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
