"""
A Python with another release of transformers over the installed stack: a virtual environment with nothing of its own but
that release, which looks into the stack's packages for all the rest. Kept in .cache/releases, so that nothing is downloaded
twice.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from release.known import ROOT
from release.refusal import Refused

CACHE = ROOT / ".cache" / "releases"

# Asked of each Python: nothing of the stack is imported.
FOUND = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in ("transformers", "trl", "torch")}))
"""

# What an installed package asks for, beside its extras, and is not there as it asks.
UNMET = """
import json, sys
from importlib.metadata import PackageNotFoundError, requires, version
from packaging.requirements import Requirement
unmet = []
for text in [text for name in sys.argv[1:] for text in requires(name) or []]:
    wanted = Requirement(text)
    if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
        continue
    try:
        fits = wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        fits = False
    if not fits:
        unmet.append(f"{wanted.name}{wanted.specifier}")
print(json.dumps(unmet))
"""


@dataclass(frozen=True)
class Environment:
    """A Python, and the releases that it has."""

    python: str
    transformers: str
    trl: str
    # Packages that the release wants newer than the stack has them.
    brought: tuple[str, ...] = ()


def ask(python: str | Path, program: str, *arguments: str) -> object:
    try:
        done = subprocess.run([str(python), "-c", program, *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return json.loads(done.stdout) if done.returncode == 0 else None


def installed(python: str | Path) -> dict[str, str | None]:
    return ask(python, FOUND) or {}


def stack_python(given: str | None) -> str:
    """The Python of the present stack."""
    python = given or str(ROOT / ".venv" / "bin" / "python")
    found = installed(python)
    if not found.get("transformers") or not found.get("torch"):
        advice = "run npm test once, which makes .venv, or name one with --over"
        raise Refused(f"{python} has no transformers and torch: {advice}")
    return python


def environment(transformers: str, trl: str | None, over: str, prepared: str | None = None) -> Environment:
    """A Python with that release: the one given, the stack's own where it is that, or one that is made and kept."""
    if prepared is not None:
        found = installed(prepared)
        if found.get("transformers") != transformers or (trl and found.get("trl") != trl):
            has = ", ".join(f"{name} {found.get(name) or 'not at all'}" for name in ("transformers", "trl"))
            raise Refused(f"{prepared} has {has}; wanted is transformers {transformers}{f', trl {trl}' if trl else ''}")
        return Environment(prepared, transformers, found["trl"] or "")
    for python in (over, ROOT / ".venv-older" / "bin" / "python"):
        found = installed(python)
        if found.get("transformers") == transformers and trl in (None, found.get("trl")):
            return Environment(str(python), transformers, found["trl"] or "")
    folder = CACHE / f"transformers-{transformers}{f'-trl-{trl}' if trl else ''}"
    ready = folder / "ready.json"
    if not ready.exists():
        made(folder, over, [f"transformers=={transformers}", *([f"trl=={trl}"] if trl else [])], ready)
    python = str(folder / "bin" / "python")
    found = installed(python)
    return Environment(python, transformers, found["trl"] or "", tuple(json.loads(ready.read_text())))


def made(folder: Path, over: str, packages: list[str], ready: Path) -> None:
    print(f"making {folder.relative_to(ROOT)}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([over, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    where = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
    own, shared = ask(python, where), ask(over, where)
    # A path file of the stack's folder is read too, where that one looks into another.
    Path(str(own), "beside.pth").write_text(f"import site; site.addsitedir({json.dumps(shared)})\n")
    try:
        for package in packages:
            install(python, package)
        unmet = ask(python, UNMET, *(package.partition("==")[0] for package in packages))
        for package in unmet or []:
            install(python, package)
    except Refused:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    ready.write_text(json.dumps(unmet or []))


def install(python: Path, package: str) -> None:
    options = ["--no-deps", "--ignore-installed", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run([str(python), "-m", "pip", "install", *options, package], capture_output=True, text=True)
    if done.returncode == 0:
        return
    name, _, version = package.partition("==")
    versions = re.search(r"from versions: ([^)]*)\)", done.stderr)
    known = [each.strip() for each in versions.group(1).split(",")] if versions else []
    known = [each for each in known if re.fullmatch(r"[\d.]+", each)]
    if known:
        raise Refused(f"there is no {name} {version}: the newest on the registry are {', '.join(known[-4:])}")
    if versions or "connection" in done.stderr.lower() or "resol" in done.stderr.lower():
        raise Refused(f"pip finds no release of {name} at all: is the registry within reach?")
    said = [line for line in done.stderr.splitlines() if line.strip()]
    raise Refused(f"pip could not install {package}: {said[-1] if said else 'it said nothing'}")
