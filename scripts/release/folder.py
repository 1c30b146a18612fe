"""Writes the folder of a release: its data, what is judged with it, and a release.ts that says nothing of its own yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from release.environment import Environment
from release.known import RELEASES, ROOT, TRAINER, minor
from release.running import QUIET, FailedError

# Judged by programs that need the tests' small configs: file -> program.
JUDGED = {"documents.json": "judge_packing.ts", "tried.json": "try_configs.ts"}

STUB = """import {{ readPeft }} from "../../adapters/peft.ts";
import {{ {before} }} from "../{before_minor}/release.ts";
import {{ readConfigs }} from "../configs.ts";
import {{ readData }} from "../read-data.ts";
import type {{ TransformersRelease }} from "../release.ts";
import adapters from "./adapters.json" with {{ type: "json" }};
import configs from "./configs.json" with {{ type: "json" }};
import data from "./data.json" with {{ type: "json" }};
import documents from "./documents.json" with {{ type: "json" }};
import tried from "./tried.json" with {{ type: "json" }};

export const {name}: TransformersRelease = {{
  ...{before},
  ...readData(data),
  documents: documents.families,
  peft: readPeft(adapters),
  configs: readConfigs(configs, tried, {before}.configs),
}};
"""


def constant(version: str) -> str:
    return f"release{minor(version).replace('.', '')}"


def stub(version: str, before: str) -> str:
    return STUB.format(name=constant(version), before=constant(before), before_minor=minor(before))


def write(environment: Environment, before: str, extracted: Path, records: Path) -> list[str]:
    """What was written, from the root, and what is left to do by hand."""
    version = environment.transformers
    written = []
    for source, target in ((extracted / "engine", RELEASES), (extracted / "trainer", TRAINER)):
        for path in sorted(source.glob("*/*.json")):
            to = target / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
            written.append(str(to.relative_to(ROOT)))
    for path in sorted(records.glob("*.json")):
        to = ROOT / "src" / "model" / "families" / path.name
        shutil.copyfile(path, to)
        written.append(str(to.relative_to(ROOT)))
    folder = RELEASES / minor(version)
    for file, program in JUDGED.items():
        done = subprocess.run(
            ["npx", "tsx", f"scripts/{program}"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **QUIET, "PYTHON": environment.python},
        )
        if done.returncode != 0:
            raise FailedError(f"scripts/{program}: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}")
        written.append(str((folder / file).relative_to(ROOT)))
    release = folder / "release.ts"
    if not release.exists():
        release.write_text(stub(version, before))
        written.append(str(release.relative_to(ROOT)))
    return written
