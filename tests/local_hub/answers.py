"""The Hub's addresses and what it answers there, without sockets: a question in, status, headers and body out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from .repository import Repository
from .stored import Stored, git_oid, is_lfs, sha256_of, size_of


@dataclass(frozen=True)
class Question:
    """What was asked: the path without its query, decoded later; the query; who asks."""

    path: str
    query: dict[str, list[str]]
    token: str | None
    base: str  # the server's own address


@dataclass
class Answer:
    """What is answered. `stored` is a file's content, of which ranges may be asked; else `body`."""

    status: int = 200
    body: bytes = b""
    stored: Stored | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Catalogue:
    """The repositories and who may see them."""

    repositories: dict[str, Repository]
    tokens: dict[str, set[str]]  # what each token opens: ids of gated and private repositories
    page_size: int = 20
    cdn: str = ""  # another origin, where large files lie

    def answer(self, question: Question) -> Answer:
        """Looks the address up."""
        if question.token is not None and question.token not in self.tokens:
            message = "Invalid credentials in Authorization header"
            return _json({"error": message}, 401, {"X-Error-Message": message})
        for pattern, function in _ADDRESSES:
            if found := re.fullmatch(pattern, question.path):
                return function(self, question, *(unquote(part or "") for part in found.groups()))
        return Answer(404)

    def models(self, question: Question) -> Answer:
        """A page of the list of models."""
        query = question.query
        chosen = [
            found for found in self.repositories.values() if self._is_seen(found, question) and _fits(found, query)
        ]
        order = query.get("sort", ["downloads"])[0]
        chosen.sort(key=lambda found: found.modified if order == "lastModified" else found.downloads, reverse=True)
        begin, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", [str(self.page_size)])[0])
        end = begin + min(limit, self.page_size)
        headers = {}
        if end < len(chosen):
            following = urlencode({**query, "cursor": [str(end)]}, doseq=True)
            headers["Link"] = f'<{question.base}/api/models?{following}>; rel="next"'
        return _json([found.shows(False, query.get("expand", [])) for found in chosen[begin:end]], headers=headers)

    def model(self, question: Question, name: str, revision: str) -> Answer:
        """One model's page."""
        found = self._find(question, name, revision or "main")
        if isinstance(found, Answer):
            return found
        repository, commit = found
        blobs = question.query.get("blobs", ["false"])[0].lower() == "true"
        return _json(repository.shows(blobs, question.query.get("expand", []), commit))

    def tree(self, question: Question, name: str, revision: str, under: str) -> Answer:
        """A page of the files."""
        found = self._find(question, name, revision)
        if isinstance(found, Answer):
            return found
        repository, commit = found
        recursive = question.query.get("recursive", ["false"])[0].lower() == "true"
        entries = repository.tree(commit, under, recursive)
        begin = int(question.query.get("cursor", ["0"])[0])
        headers = {}
        if begin + self.page_size < len(entries):
            following = urlencode({**question.query, "cursor": [str(begin + self.page_size)]}, doseq=True)
            headers["Link"] = f'<{question.base}{quote(question.path, safe="/%")}?{following}>; rel="next"'
        return _json(entries[begin : begin + self.page_size], headers=headers)

    def resolve(self, question: Question, name: str, revision: str, file: str) -> Answer:
        """Where a file lies: large ones at another origin, the others behind a redirection of the same."""
        found = self._find(question, name, revision)
        if isinstance(found, Answer):
            return found
        repository, commit = found
        if repository.gated and repository.id not in self._opened(question):
            sentence = f"Access to model {repository.id} is restricted."
            code = 403 if question.token else 401
            return _json({"error": sentence}, code, {"X-Error-Code": "GatedRepo", "X-Error-Message": sentence})
        if not file:
            return _json({"ok": True})
        headers = {"X-Repo-Commit": commit}
        stored = repository.files_at(commit).get(file)
        if stored is None:
            return Answer(404, b"Entry not found", headers={"X-Error-Code": "EntryNotFound", **headers})
        if not is_lfs(file, stored):
            place = f"/api/resolve-cache/models/{repository.id}/{commit}/{quote(file, safe='')}"
            return Answer(307, headers={"Location": place, **headers})
        headers |= {"X-Linked-Size": str(size_of(stored)), "X-Linked-ETag": f'"{sha256_of(stored)}"'}
        if repository.xet:
            headers["X-Xet-Hash"] = sha256_of(stored)[::-1]
        place = f"{self.cdn}/repos/{repository.id}/{commit}/{quote(file, safe='')}"
        return Answer(302, headers={"Location": place, **headers})

    def auth_check(self, question: Question, name: str) -> Answer:
        """Whether who asks may read the files."""
        return self.resolve(question, name, "main", "")

    def small_file(self, _question: Question, name: str, commit: str, file: str) -> Answer:
        """A file out of git."""
        stored = self.repositories[name].files_at(commit)[file]
        return Answer(stored=stored, headers={"ETag": f'"{git_oid(file, stored)}"', "X-Repo-Commit": commit})

    def large_file(self, _question: Question, name: str, commit: str, file: str) -> Answer:
        """A file at the other origin."""
        stored = self.repositories[name].files_at(commit)[file]
        return Answer(stored=stored, headers={"ETag": f'"{sha256_of(stored)[:32]}"'})

    def _opened(self, question: Question) -> set[str]:
        return self.tokens.get(question.token or "", set())

    def _is_seen(self, repository: Repository, question: Question) -> bool:
        return not repository.private or repository.id in self._opened(question)

    def _find(self, question: Question, name: str, revision: str) -> tuple[Repository, str] | Answer:
        repository = self.repositories.get(name)
        if repository is None or not self._is_seen(repository, question):
            # Who is not logged in is not told whether there is such a repository.
            code, text = (404, "Repository not found") if question.token else (401, "Invalid username or password.")
            return _json({"error": text}, code, {"X-Error-Code": "RepoNotFound", "X-Error-Message": text})
        commit = repository.resolved(revision)
        if commit is None:
            text = f"Invalid rev id: {revision}"
            return _json({"error": text}, 404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": text})
        return repository, commit


_NAME = "([^/]+/[^/]+)"
_ADDRESSES: list[tuple[str, Callable[..., Answer]]] = [
    ("/api/models", Catalogue.models),
    (f"/api/models/{_NAME}/revision/([^/]+)", Catalogue.model),
    (f"/api/models/{_NAME}/tree/([^/]+)(?:/(.+))?", Catalogue.tree),
    (f"/api/models/{_NAME}/auth-check", Catalogue.auth_check),
    (f"/api/models/{_NAME}()", Catalogue.model),
    (f"/api/resolve-cache/models/{_NAME}/([^/]+)/(.+)", Catalogue.small_file),
    (f"/repos/{_NAME}/([^/]+)/(.+)", Catalogue.large_file),
    (f"/{_NAME}/resolve/([^/]+)/(.+)", Catalogue.resolve),
]


def parse_query(text: str) -> dict[str, list[str]]:
    """The query of an address; the Hub's own pages write lists as `expand[]=`, its library as `expand=`."""
    return {key.removesuffix("[]"): values for key, values in parse_qs(text).items()}


def _fits(repository: Repository, query: dict[str, list[str]]) -> bool:
    tags = set(repository.all_tags())
    wanted = [tag for value in query.get("filter", []) for tag in value.split(",")]
    author = query.get("author", [""])[0]
    search = query.get("search", [""])[0].lower()
    owner = repository.id.partition("/")[0]
    return all(tag in tags for tag in wanted) and author in ("", owner) and search in repository.id.lower()


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value).encode(), headers={"Content-Type": "application/json", **(headers or {})})
