"""What a trainer's options are otherwise with another release."""

from __future__ import annotations

from typing import Any

from release.differences import of_tables
from release.report import Section


def trainer_sections(old: dict[str, Any], new: dict[str, Any]) -> list[Section]:
    return [
        Section("Trainer's options", of_tables(old["options"], new["options"], 110)),
        Section("Trainer's schedulers", of_tables(old["schedulers"], new["schedulers"])),
        Section("Types whose router loss the trainer computes", of_tables(old["router_loss"], new["router_loss"])),
        Section(
            "Types whose router loss stops the trainer", of_tables(old["router_loss_stops"], new["router_loss_stops"])
        ),
    ]
