"""Runs recorded plans again with another release: what comes to something else, and what is placed otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from release.environment import Environment
from release.known import ROOT, known_releases, minor, numbers, read
from release.report import Section
from release.running import run

TESTS = ROOT / "test" / "python"
FIXTURES = ROOT / "test" / "fixtures"


def recorded_outcomes() -> dict[str, str]:
    """Id of a case, or its group, pattern and style -> what came of it."""
    found = {}
    for group, rows in read(FIXTURES / "outcomes.json").items():
        if isinstance(rows, list):
            found |= {row["id"]: row["outcome"] for row in rows}
        elif group != "models":
            for pattern, styles in rows.items():
                found |= {f"{group}/{pattern}={style}": outcome for style, outcome in styles.items()}
    return found


def recorded_placements(version: str) -> dict[str, dict[str, Any]]:
    """Id of a case -> parameter -> shape, local shape and placement, as they were up to a release."""
    found = {case["id"]: dict(case["parameters"]) for case in read(FIXTURES / "placements.json")["cases"]}
    for each in known_releases():
        path = FIXTURES / f"placements-{minor(each)}.json"
        if numbers(each) <= numbers(version) and path.exists():
            for case in read(path)["cases"]:
                found[case["id"]] |= case["parameters"]
    return found


def key_of(case: dict[str, Any]) -> str:
    if not case["group"].startswith("style_"):
        return case["id"]
    ((pattern, style),) = case["parallel"]["ep_plan"].items()
    return f"{case['group']}/{pattern}={style}"


def sampled(cases: list[dict[str, Any]], outcomes: dict[str, str], placed: set[str], how: str) -> list[dict[str, Any]]:
    """
    "whole": all. "sample": of each group, family, number of ranks and outcome the first, and all whose placements are known.
    "quick": of each group and outcome the first.
    """
    if how == "whole":
        return cases
    seen, kept = set(), []
    for case in cases:
        sort = (case["group"], outcomes[key_of(case)]) + (() if how == "quick" else (case["family"], case["world"]))
        if sort not in seen or (how != "quick" and case["id"] in placed):
            kept.append(case)
        seen.add(sort)
    return kept


def outcome_sections(environment: Environment, against: str, folder: Path, how: str) -> tuple[list[Section], str]:
    """What differs, and how much was run."""
    outcomes, placements = recorded_outcomes(), recorded_placements(against)
    cases_path, results_path = folder / "cases.json", folder / "results.json"
    run(environment, TESTS / "outcome_cases.py", str(cases_path))
    known = [case for case in read(cases_path) if key_of(case) in outcomes]
    cases = sampled(known, outcomes, set(placements), how)
    cases_path.write_text(json.dumps(cases))
    run(environment, TESTS / "outcomes.py", str(cases_path), str(results_path), OUTCOMES_FOLDER=str(folder))
    results = read(results_path)
    lines = []
    for case in cases:
        was, now = outcomes[key_of(case)], results[case["id"]]
        if now["outcome"] != was:
            lines.append(f"{case['id']}: {was} -> {now['outcome']}{': ' + now['message'] if 'message' in now else ''}")
    moved = []
    for case in cases:
        was, now = placements.get(case["id"]), results[case["id"]].get("parameters")
        if was is not None and now is not None:
            cells = {name: [row["shape"], row["local_shape"], row["placements"]] for name, row in now.items()}
            moved += [
                f"{case['id']}: {name} {was.get(name)} -> {cells.get(name)}"
                for name in sorted({*was, *cells})
                if was.get(name) != cells.get(name)
            ]
    counted = f"{len(cases)} of {len(known)} recorded plans run again"
    return [Section("Outcomes", lines), Section("Placements", moved)], counted
