"""--keep-tensors keeps what was captured, and the records name it; without it nothing is kept."""

from __future__ import annotations

from pathlib import Path

from bad_ports import Bench


def test_the_captured_tensors_are_kept_and_named(bench: Bench) -> None:
    finished, checks = bench.test(bench.source, "--checks", "load,parity.logits")
    assert finished.returncode == 4, finished.stderr
    assert checks["parity.logits"]["evidence"] == []
    assert not (bench.folder / "run" / "evidence").exists()

    finished, checks = bench.test(bench.source, "--checks", "load,parity.logits", "--keep-tensors")
    assert finished.returncode == 4, finished.stderr
    named = checks["parity.logits"]["evidence"]
    evidence = bench.folder / "run" / "evidence"
    kept = [str(file.relative_to(bench.folder / "run")) for file in evidence.rglob("*.safetensors")]
    assert sorted(named) == sorted(kept)
    assert any("-port." in name for name in named)
    assert any("-reference." in name for name in named)
    headers = {name: header_of(bench.folder / "run" / name) for name in named}
    for side in ("port", "reference"):
        assert any(b"@attention_weights" in header for name, header in headers.items() if f"-{side}." in name)


def header_of(file: Path) -> bytes:
    """The JSON that tells what a tensor file holds."""
    stored = file.read_bytes()
    header = stored[8 : 8 + int.from_bytes(stored[:8], "little")]
    assert header.startswith(b'{"')
    return header
