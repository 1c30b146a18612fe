"""Runs a program with the Python of a release."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from release.environment import Environment
from release.known import ROOT

# Not a word on standard error that a reader would have to judge.
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class FailedError(Exception):
    """A program of ours that a release broke: its last line."""


def run(environment: Environment, script: Path, *arguments: str, allowed: tuple[int, ...] = (0,), **variables: str) -> str:
    """What the program prints."""
    command = [environment.python, str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **QUIET, **variables})
    if done.returncode not in allowed:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise FailedError(f"{script.relative_to(ROOT)}: {said[-1].strip() if said else 'it said nothing'}")
    return done.stdout
