"""A release against another: extracts what differs, and says it by meaning."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from release.changed_types import changed_types
from release.config_classes import config_sections
from release.differences import of_tables
from release.engine_data import engine_sections
from release.environment import Environment
from release.family_data import family_sections
from release.known import (
    FAMILIES,
    RELEASES,
    ROOT,
    TRAINER,
    config_data,
    family_records,
    known_releases,
    release_data,
    trainer_data,
)
from release.refusal import Refused
from release.report import Report, Section
from release.running import FailedError, run
from release.sources import source_sections
from release.trainer_options import trainer_sections

SCRIPTS = ROOT / "scripts"
# Script -> the folder, under the one for all, that takes the place of its folder in src.
EXTRACTORS = {
    "extract_release.py": "engine",
    "extract_configs.py": "engine",
    "extract_adapters.py": "engine",
    "extract_trainer.py": "trainer",
}


class Data:
    """What is known of one pair of releases: engine, config classes, trainer; None for what could not be read."""

    def __init__(self, transformers: str, trl: str, engine: Path = RELEASES, trainer: Path = TRAINER) -> None:
        self.engine = release_data(transformers, engine)
        self.configs = config_data(transformers, engine)
        self.trainer = trainer_data(trl, transformers, trainer)


def data_sections(old: Data, new: Data) -> list[Section]:
    found: list[Section] = []
    if old.engine and new.engine:
        found += engine_sections(old.engine, new.engine)
    if old.configs and new.configs:
        found += config_sections(old.configs, new.configs)
    if old.trainer and new.trainer:
        found += trainer_sections(old.trainer, new.trainer)
    return found


def compare_recorded(version: str, against: str, trl: str) -> list[Section]:
    for each in (version, against):
        if each not in known_releases():
            raise Refused(f"transformers {each} is not in git: {', '.join(known_releases())} are")
    return data_sections(Data(against, trl), Data(version, trl))


def compare(old: Environment, new: Environment, folder: Path, report: Report) -> None:
    """Into `folder` go `extracted/` and `families/`, of the new release."""
    before = extracted(old, folder / "before", report) if old.transformers not in known_releases() else None
    extracted_new = extracted(new, folder / "extracted", report)
    # The trainer's options depend on both packages; those of the release before are of the newest known trainer.
    report.add(*data_sections(before or Data(old.transformers, old.trl), extracted_new))

    types = [*family_records(FAMILIES), *new_types(old.transformers, before, extracted_new)]
    surfaces = [surface(each, types) for each in (old, new)]
    report.add(*surface_sections(*surfaces))
    report.add(Section("Packages that the release wants newer", list(new.brought)))

    records = folder / "families"
    records.mkdir()
    types = changed_types(*surfaces)
    print(f"\n{len(types)} families are made otherwise or new, and read again: {', '.join(types) or 'none'}", flush=True)
    printed = ""
    if types:
        try:
            start = time.monotonic()
            printed = run(new, SCRIPTS / "extract_families.py", *types, "--output", str(records))
            print(f"families: {time.monotonic() - start:.0f} s", file=sys.stderr)
        except FailedError as error:
            report.add(Section("Reading families fails", [str(error)]))
    known, found = family_records(FAMILIES), family_records(records)
    report.add(*family_sections(known, found))
    # What is said of a family that is as it was has been looked at before.
    same = {name for name, record in found.items() if known.get(name) == record}
    unread = [line for line in printed.splitlines() if line.partition(":")[0] not in same]
    report.add(Section("What of these families could not be read", unread))


def extracted(environment: Environment, folder: Path, report: Report) -> Data:
    """The data of an installed release. What its extractor does not live with is something to review."""
    broken = []
    for script, part in EXTRACTORS.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        try:
            run(environment, SCRIPTS / script, "--output", str(folder / part))
        except FailedError as error:
            broken.append(str(error))
    report.add(Section(f"Extraction from {environment.transformers} fails", broken))
    return Data(environment.transformers, environment.trl, folder / "engine", folder / "trainer")


def new_types(against: str, before: Data | None, found: Data) -> list[str]:
    """MoE types that the release before has not, and git has no record of either."""
    known = (before.engine if before else release_data(against)) or {}
    there = known.get("moe_model_types", {}).keys() | family_records(FAMILIES).keys()
    return [name for name in (found.engine or {}).get("moe_model_types", {}) if name not in there]


def surface(environment: Environment, types: list[str]) -> dict[str, Any]:
    return json.loads(run(environment, SCRIPTS / "release" / "surface.py", *types).splitlines()[-1])


def surface_sections(old: dict[str, Any], new: dict[str, Any]) -> list[Section]:
    missing = [f"{name}: {use}" for name, use in new["missing"].items()]
    needs = [f"- {each}" for each in old["requires"] if each not in new["requires"]]
    needs += [f"+ {each}" for each in new["requires"] if each not in old["requires"]]
    return [
        Section("Private names that the runtime uses and the release lacks", missing),
        *source_sections(old["packages"], new["packages"], new["names"]),
        Section("DistributedConfig", of_tables(old["distributed_config"], new["distributed_config"])),
        Section("What transformers asks for", needs),
    ]
