"""The releases whose data is in git, each read whole: a file may hold only what differs from the release before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from release.refusal import Refused

ROOT = Path(__file__).resolve().parents[2]
RELEASES = ROOT / "src" / "engines" / "transformers" / "releases"
TRAINER = ROOT / "src" / "trainers" / "trl" / "releases"
FAMILIES = ROOT / "src" / "model" / "families"


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def checked(version: str, package: str) -> str:
    """The version, if it is a whole one."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise Refused(f"{version!r} is no release of {package}: write three numbers, such as 5.24.0")
    return version


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def known_releases() -> list[str]:
    """The releases of transformers in git, oldest first."""
    return sorted((read(path)["transformers"] for path in RELEASES.glob("*/data.json")), key=numbers)


def newest_before(version: str) -> str:
    """The newest known release of another minor version that is older."""
    older = [each for each in known_releases() if numbers(minor(each)) < numbers(minor(version))]
    if not older:
        least = known_releases()[0]
        raise Refused(f"planc knows nothing older than {least}: name a release to compare with, --against {least}")
    return older[-1]


def release_data(version: str, folder: Path = RELEASES) -> dict[str, Any] | None:
    path = folder / minor(version) / "data.json"
    return read(path) if path.exists() else None


def config_data(version: str, folder: Path = RELEASES) -> dict[str, Any] | None:
    """The config classes of a release: those of its own file over those of the releases before it."""
    own = folder / minor(version) / "configs.json"
    if not own.exists():
        return None
    classes: dict[str, Any] = {}
    for each in known_releases():
        path = RELEASES / minor(each) / "configs.json"
        if numbers(minor(each)) < numbers(minor(version)) and path.exists():
            classes |= read(path)["classes"]
    found = read(own)
    return found | {"classes": classes | found["classes"]}


def trainer_data(trl: str, transformers: str, folder: Path = TRAINER) -> dict[str, Any] | None:
    """The trainer's options with a release of transformers: the first pair's, with what is other on this one."""
    # Where only what differs was written elsewhere, the first pair is the one in git.
    first = next((path for at in (folder, TRAINER) if (path := at / minor(trl) / "sft.json").exists()), None)
    if first is None:
        return None
    data = read(first)
    if minor(data["transformers"]) == minor(transformers):
        return data
    other = folder / minor(trl) / f"sft-{minor(transformers)}.json"
    if not other.exists():
        return None
    changes = read(other)
    for table in ("schedulers", "router_loss", "router_loss_stops", "options"):
        entries = data[table] | changes.get(table, {})
        data[table] = {name: entry for name, entry in entries.items() if entry is not None}
    return data | {"transformers": changes["transformers"]}


def newest_trl() -> str:
    return max((read(path)["version"] for path in TRAINER.glob("*/sft.json")), key=numbers)


def family_records(folder: Path = FAMILIES) -> dict[str, Any]:
    return {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
