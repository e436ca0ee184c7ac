"""The folder of a made checkpoint: there completely or not at all, and verified when it is met again."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from portwright_probes.checkpoints.folder import RECORD, provide
from portwright_probes.errors import ProbeError

RECIPE = {"model": "synthetic:none", "seed": 0}


def make(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"a" * 1000)
    (folder / "config.json").write_text("{}")


def must_not_make(folder: Path) -> None:
    raise AssertionError("made although it was there")


def test_made_once_then_found(tmp_path: Path) -> None:
    assert provide(tmp_path / "x", RECIPE, make)["made"]
    again = provide(tmp_path / "x", RECIPE, must_not_make)
    assert not again["made"] and sorted(again["files"]) == ["a.bin", "config.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_a_copy_with_other_times_is_hashed_and_kept(tmp_path: Path) -> None:
    provide(tmp_path / "x", RECIPE, make)
    os.utime(tmp_path / "x" / "a.bin")
    assert not provide(tmp_path / "x", RECIPE, must_not_make)["made"]


@pytest.mark.parametrize("content", [b"a" * 999, b"b" * 1000, None], ids=["shorter", "same size", "missing"])
def test_a_changed_file_is_made_again(tmp_path: Path, content: bytes | None) -> None:
    provide(tmp_path / "x", RECIPE, make)
    if content is None:
        (tmp_path / "x" / "a.bin").unlink()
    else:
        (tmp_path / "x" / "a.bin").write_bytes(content)
    assert provide(tmp_path / "x", RECIPE, make)["made"]
    assert (tmp_path / "x" / "a.bin").read_bytes() == b"a" * 1000


def test_an_older_recipe_is_made_again(tmp_path: Path) -> None:
    provide(tmp_path / "x", RECIPE | {"rules": 1}, make)
    assert provide(tmp_path / "x", RECIPE | {"rules": 2}, make)["made"]


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("years of work")
    with pytest.raises(ProbeError, match="not empty") as refused:
        provide(tmp_path / "x", RECIPE, make)
    assert refused.value.kind == "checkpoint"
    assert (tmp_path / "x" / "thesis.txt").read_text() == "years of work"


def test_another_checkpoint_is_left_alone(tmp_path: Path) -> None:
    provide(tmp_path / "x", RECIPE, make)
    with pytest.raises(ProbeError, match="does not hold synthetic:other"):
        provide(tmp_path / "x", RECIPE | {"model": "synthetic:other"}, make)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert provide(tmp_path / "x", RECIPE, make)["made"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        make(folder)
        raise ProbeError("checkpoint", "no")

    with pytest.raises(ProbeError, match="no"):
        provide(tmp_path / "x", RECIPE, fail)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ProbeError, match="No space left") as full:
        provide(tmp_path / "x", RECIPE, fill)
    assert full.value.kind == "disk"


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file")
    with pytest.raises(ProbeError):
        provide(tmp_path / "x", RECIPE, make)
    assert (tmp_path / "x").read_text() == "a file"


def test_two_at_once_agree(tmp_path: Path) -> None:
    barrier = threading.Barrier(2)
    made: list[bool] = []

    def make_together(folder: Path) -> None:
        barrier.wait(10)
        make(folder)

    def run() -> None:
        made.append(provide(tmp_path / "x", RECIPE, make_together)["made"])

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["a.bin", "config.json", RECORD]
