"""The installed releases against the plan's pins, and against what they require of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from planc_runtime.preflight.check import Check

# What the programs import. Those that the plan does not pin have to suit the others.
PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "safetensors")

# Another minor release of these is another program: their options and the names in their models change.
SAME_MINOR = ("transformers", "trl")


def check_versions(pins: Mapping[str, str]) -> Iterator[Check]:
    """
    One check a package.

    Args:
        pins: package -> the release that the plan was checked against.
    """
    for package in (*pins, *(name for name in PACKAGES if name not in pins)):
        wanted = pins.get(package)
        try:
            found = version(package)
        except PackageNotFoundError:
            yield not_installed(package, wanted)
            continue
        unsuited = next(unsuited_to(package, found), None)
        if unsuited is not None:
            yield Check(package, "fails", f"{found} is installed; {unsuited}", install(package, wanted))
        elif wanted is None:
            yield Check(package, "ok", found)
        else:
            yield judge_release(package, found, wanted)


def judge_release(package: str, found: str, wanted: str) -> Check:
    """An installed release against the pinned one; a local part such as +cu130 counts for nothing."""
    if found.split("+")[0] == wanted.split("+")[0]:
        return Check(package, "ok", found)
    if package in SAME_MINOR and found.split(".")[:2] != wanted.split(".")[:2]:
        message = f"{found} is installed; the plan was checked against {wanted}"
        return Check(package, "fails", message, install(package, wanted))
    return Check(package, "warns", f"{found} is installed; the plan pins {wanted}", install(package, wanted))


def not_installed(package: str, wanted: str | None) -> Check:
    message = "not installed" + (f"; the plan pins {wanted}" if wanted else "; the programs import it")
    return Check(package, "fails", message, install(package, wanted))


def install(package: str, wanted: str | None) -> str:
    return f"pip install {package}=={wanted}" if wanted else f"pip install -U {package}"


def unsuited_to(package: str, found: str, requirements: Callable[[str], list[str] | None] = requires) -> Iterator[str]:
    """
    Why a release does not suit the others that are installed, by what each of them declares.

    Args:
        requirements: name of a package -> its requirements, as its metadata spells them.
    """
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return  # accelerate and transformers need it themselves, and are reported where they are missing
    for other in PACKAGES:
        try:
            declared = requirements(other) or []
        except PackageNotFoundError:
            continue
        for text in declared:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if requirement.name == package and not requirement.specifier.contains(found, prereleases=True):
                yield f"{other} needs {package}{requirement.specifier}"
