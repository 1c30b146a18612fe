"""Rehearses the reference plan with a release: gradients on the folded mesh against one process."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from release.environment import Environment
from release.known import ROOT, known_releases
from release.report import Section
from release.running import QUIET

PLAN = ROOT / "plans" / "qwen3-ep8.yaml"
PLANC = ROOT / "bin" / "planc.js"


def rehearsal_sections(environment: Environment, folder: Path) -> list[Section]:
    """The plan with the release's version in it. One that planc does not know yet is rehearsed as an untested one."""
    is_known = environment.transformers in known_releases()
    pins = f"transformers: {environment.transformers}, trl: {environment.trl}"
    text = re.sub(r"transformers: [\d.]+, trl: [\d.]+", pins, PLAN.read_text())
    if not is_known:
        text = text.replace("  versions: {", "  untested: true\n  versions: {")
    text = text.replace("config: models/", f"config: {PLAN.parent / 'models'}/")
    plan = folder / "plan.yaml"
    plan.write_text(text)
    # The program that is rehearsed is the one that the sources say.
    built = subprocess.run(["npm", "run", "--silent", "build"], capture_output=True, text=True, cwd=ROOT)
    if built.returncode != 0:
        return [Section("Rehearsal", ["planc does not build", *built.stderr.splitlines()[-4:]])]
    command = ["node", str(PLANC), "rehearse", str(plan), "--python", environment.python, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **QUIET})
    if done.returncode == 0:
        return []
    try:
        found = json.loads(done.stdout)
    except ValueError:
        said = [line.strip() for line in [*done.stdout.splitlines(), *done.stderr.splitlines()] if line.strip()]
        return [Section("Rehearsal", said[-6:] or [f"planc rehearse ended with {done.returncode}"])]
    failure = found.get("failure")
    return [Section("Rehearsal", [str(failure)] if failure else [str(each) for each in found["disagreements"]])]
