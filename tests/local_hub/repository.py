"""A repository as the Hub shows it: files at commits, and what its model page says."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from .stored import Stored, git_oid, is_lfs, pointer_of, sha256_of, size_of, slice_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"  # the commit of a repository that names none

# The relations between a model and its base that the Hub's pages know.
Relation = str  # quantized, finetune, adapter, merge


def fake_commit(text: str) -> str:
    """A commit's hash out of a text."""
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class Repository:
    """Facts of one repository. `shows` turns them into the JSON that the Hub answers with."""

    id: str
    files: dict[str, Stored]
    commit: str = COMMIT
    card: dict[str, Any] = field(default_factory=dict)  # the YAML block of README.md
    base: str = ""  # declared in the card, with the relation that the Hub derives
    relation: Relation = ""
    library: str = "transformers"
    tags: list[str] = field(default_factory=list)  # beside those that follow from the rest
    gated: bool | str = False  # False, "auto" or "manual"
    private: bool = False
    downloads: int = 0
    likes: int = 0
    modified: str = "2025-01-01T00:00:00.000Z"
    shows_safetensors: bool = True  # the Hub has not counted the parameters of every repository
    xet: bool = False
    older: dict[str, dict[str, Stored]] = field(default_factory=dict)  # other commits, by hash
    branches: dict[str, str] = field(default_factory=dict)  # beside main

    def move(self, commit: str, files: dict[str, Stored]) -> None:
        """Pushes a commit to main."""
        self.older[self.commit] = self.files
        self.commit, self.files = commit, files

    def resolved(self, revision: str) -> str | None:
        """The commit of a branch or of an abbreviated or whole hash; None where there is none."""
        if revision == "main":
            return self.commit
        if revision in self.branches:
            return self.branches[revision]
        return revision if revision == self.commit or revision in self.older else None

    def files_at(self, commit: str) -> dict[str, Stored]:
        """What a commit holds."""
        return self.files if commit == self.commit else self.older[commit]

    def config(self) -> dict[str, Any]:
        """config.json; empty where there is none or it is damaged."""
        try:
            stored = self.files.get("config.json", b"{}")
            found = json.loads(slice_of(stored, 0, size_of(stored)))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def all_tags(self) -> list[str]:
        """As the Hub lists them: library, file formats, model type, base models, licence, region."""
        found = [self.library] if self.library else []
        for ending in ("safetensors", "gguf"):
            if any(name.endswith("." + ending) for name in self.files):
                found.append(ending)
        found += [str(self.config()["model_type"])] if "model_type" in self.config() else []
        found += ["text-generation", *self.tags]
        if self.base:
            found += [f"base_model:{self.base}", f"base_model:{self.relation}:{self.base}"]
        if "license" in self.card:
            found.append(f"license:{self.card['license']}")
        return list(dict.fromkeys([*found, "endpoints_compatible", "region:us"]))

    def shows(self, blobs: bool, expand: list[str], commit: str | None = None) -> dict[str, Any]:
        """The answer to a question about the model: all of it, or with `expand` those fields alone."""
        whole = self._whole(blobs, commit or self.commit)
        if not expand:
            return {key: value for key, value in whole.items() if key != "baseModels"}
        return {"_id": whole["_id"], "id": self.id, **{key: whole[key] for key in expand if whole.get(key) is not None}}

    def _whole(self, blobs: bool, commit: str) -> dict[str, Any]:
        files = self.files_at(commit)
        config = {key: self.config()[key] for key in _SHOWN_OF_CONFIG if key in self.config()}
        shown: dict[str, Any] = {
            "_id": fake_commit(self.id)[:24],
            "id": self.id,
            "modelId": self.id,
            "author": self.id.partition("/")[0],
            "sha": commit,
            "lastModified": self.modified,
            "createdAt": "2024-01-01T00:00:00.000Z",
            "private": self.private,
            "gated": self.gated,
            "disabled": False,
            "downloads": self.downloads,
            "likes": self.likes,
            "library_name": self.library,
            "pipeline_tag": "text-generation",
            "tags": self.all_tags(),
            "config": config,
            "cardData": {**self.card, **({"base_model": self.base} if self.base else {})},
            "siblings": [_sibling(name, stored, blobs) for name, stored in files.items()],
            "spaces": [],
            "usedStorage": sum(size_of(stored) for stored in files.values()),
        }
        if self.base:
            model = {"_id": fake_commit(self.base)[:24], "id": self.base}
            shown["baseModels"] = {"relation": self.relation, "models": [model]}
        counted = self._parameters(files)
        if self.shows_safetensors and counted:
            shown["safetensors"] = {"parameters": counted, "total": sum(counted.values())}
        return shown

    def _parameters(self, files: dict[str, Stored]) -> dict[str, int]:
        """Parameters by dtype, from the headers of the weights."""
        counted: dict[str, int] = {}
        for name, stored in files.items():
            if "/" in name or not name.endswith(".safetensors") or name.startswith("adapter"):
                continue
            for entry in _header(stored).values():
                number = 1
                for length in entry["shape"]:
                    number *= length
                counted[entry["dtype"]] = counted.get(entry["dtype"], 0) + number
        return counted

    def tree(self, commit: str, under: str, recursive: bool) -> list[dict[str, Any]]:
        """Files and folders of a commit, below a folder."""
        entries: dict[str, dict[str, Any]] = {}
        for name, stored in self.files_at(commit).items():
            if under and not name.startswith(under + "/"):
                continue
            rest = name[len(under) + 1 :] if under else name
            parts = rest.split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(([under] if under else []) + parts[:depth])
                if recursive or depth == 1:
                    entries.setdefault(
                        folder, {"type": "directory", "oid": fake_commit(folder), "size": 0, "path": folder}
                    )
            if recursive or len(parts) == 1:
                entries[name] = self._entry(name, stored)
        return list(entries.values())

    def _entry(self, name: str, stored: Stored) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "oid": git_oid(name, stored), "size": size_of(stored), "path": name}
        if is_lfs(name, stored):
            entry["lfs"] = {"oid": sha256_of(stored), "size": size_of(stored), "pointerSize": len(pointer_of(stored))}
            if self.xet:
                entry["xetHash"] = sha256_of(stored)[::-1]
        return entry


_SHOWN_OF_CONFIG = ("architectures", "model_type", "quantization_config", "auto_map")


def _sibling(name: str, stored: Stored, blobs: bool) -> dict[str, Any]:
    sibling: dict[str, Any] = {"rfilename": name}
    if blobs:
        sibling |= {"size": size_of(stored), "blobId": git_oid(name, stored)}
        if is_lfs(name, stored):
            pointer = len(pointer_of(stored))
            sibling["lfs"] = {"sha256": sha256_of(stored), "size": size_of(stored), "pointerSize": pointer}
    return sibling


def _header(stored: Stored) -> dict[str, Any]:
    """The tensors of a safetensors file; none where it is damaged."""
    try:
        (length,) = struct.unpack("<Q", slice_of(stored, 0, 8))
        header = json.loads(slice_of(stored, 8, 8 + length)) if length <= size_of(stored) else {}
    except (ValueError, struct.error):
        return {}
    return {name: entry for name, entry in header.items() if name != "__metadata__"}
