"""The bundle's own files beside the digests in its lock: planc flushes none but the lock, and folders get copied in part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from planc_runtime.paths import BUNDLE
from planc_runtime.preflight.check import Check

COMPILE = "compile the plan again with planc, or copy the whole folder again"


def check_bundle(bundle: Path = BUNDLE) -> Iterator[Check]:
    """Look at the files that the lock of the running programs' own bundle names; nothing where it has none."""
    try:
        digests: Mapping[str, str] = json.loads((bundle / "plan.lock.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return  # whoever reads the lock says what is wrong with it
    unfinished = next(bundle.glob(".planc-*-plan.lock.json"), None)
    if unfinished is not None:
        message = f"{unfinished.name} is there: a compile is at work on this folder, or was killed in the middle"
        yield Check("bundle", "fails", message, "compile the plan again with planc, which finishes the work")
        return
    found = {name: state for name, digest in digests.items() if (state := state_of(bundle / name, digest)) is not None}
    broken = [f"{name} is {state}" for name, state in found.items() if state != "edited"]
    edited = [name for name, state in found.items() if state == "edited"]
    if broken:
        yield Check("bundle", "fails", _some(broken), COMPILE)
    if edited:
        message = f"not as planc wrote it: {_some(edited)}"
        yield Check("bundle", "warns", message, "changes that should last belong into the plan, or into another file")
    if not found:
        yield Check("bundle", "ok", f"{len(digests):,} files as the lock has them")


def state_of(path: Path, digest: str) -> str | None:
    """
    What has become of a file: "missing", "cut off", "edited", or why it cannot be read; None where it is as it was.

    Files of a bundle are whole lines of text. One that is empty, holds zeros or stops within a line was not edited: a
    power cut or a copy has left it so.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"not readable ({error.strerror or error})"
    if hashlib.sha256(content).hexdigest() == digest:
        return None
    return "edited" if content.endswith(b"\n") and b"\0" not in content else "cut off"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
