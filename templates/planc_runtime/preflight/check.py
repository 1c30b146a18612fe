"""One thing that was looked at, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["ok", "warns", "fails"]

# A machine's units, binary; links are told in GB of 10^9 bytes, as vendors do.
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One thing looked at: `fails` stops the job, `warns` does not; `advice` says what to do about either."""

    name: str
    verdict: Verdict
    message: str
    advice: str = ""

    def line(self) -> str:
        """The check for people, without a line break."""
        advice = f"; {self.advice}" if self.advice else ""
        return f"preflight: {self.verdict:5} {self.name}: {' '.join(self.message.split())}{advice}"


def worst(checks: Sequence[Check]) -> Verdict:
    """The verdict on all of them."""
    found = {check.verdict for check in checks}
    return "fails" if "fails" in found else "warns" if "warns" in found else "ok"


def report(checks: Sequence[Check]) -> str:
    """The checks as one JSON object: `{"version": 1, "verdict": ..., "checks": [...]}`."""
    return json.dumps({"version": 1, "verdict": worst(checks), "checks": [asdict(check) for check in checks]}, indent=2)


def gib(size: float) -> str:
    """Bytes in GiB, with one digit after the point where it matters."""
    return f"{size / GIB:,.0f} GiB" if size >= 100 * GIB else f"{size / GIB:.1f} GiB" if size >= GIB / 10 else mib(size)


def mib(size: float) -> str:
    return f"{size / 2**20:,.0f} MiB" if size >= 10 * 2**20 else f"{size / 2**20:.1f} MiB"
