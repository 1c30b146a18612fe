"""Packs the results of outcomes.py into the fixtures that the rules are tested against.

    python test/python/outcome_fixture.py test/fixtures CASES.json RESULTS.json

outcomes.json: the toy models (their config.json), then one list of cases a group; the style sweeps
as tables, position → style → outcome. placements.json: for some accepted cases, what every parameter became.
"""

import json
import sys
from pathlib import Path

from outcomes import FAMILIES, digest, toy_config
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

SWEEPS = ("style_fsdp", "style_tp", "style_both")
PLACED = {
    "families": tuple(
        f"families/{family}/{mesh}/plain"
        for family in FAMILIES
        for mesh in ("f4e2", "f2t2e4", "r2f2e2")
    ),
    "mesh_other": ("mesh_other/qwen3_moe/f4e2/experts6-per_expert", "mesh_other/qwen3_moe/f8e2/experts10-per_expert"),
    "shapes": (
        "shapes/qwen3_moe/f2t2e4/vocab67",
        "shapes/qwen3_moe/f2t2e4/tied-vocab65",
        "shapes/qwen3_moe/t2/mixed-odd",
        "shapes/qwen3_moe/f4/mixed-odd",
        "shapes/qwen3_moe/f3e3/vocab67",
    ),
}


def one_line(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def written(values: dict) -> str:
    """JSON with one entry of each list and table a line."""
    parts = []
    for key, value in values.items():
        if isinstance(value, list):
            body = "[\n" + ",\n".join(f"    {one_line(item)}" for item in value) + "\n  ]"
        else:
            body = "{\n" + ",\n".join(f"    {json.dumps(k)}: {one_line(v)}" for k, v in value.items()) + "\n  }"
        parts.append(f"  {json.dumps(key)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def config_of(case: dict) -> dict:
    """The toy model's config.json, as save_pretrained writes it."""
    config = toy_config(case)
    config.architectures = [MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[case["family"]]]
    values = json.loads(config.to_json_string(use_diff=True))
    # Values that the toy sets on purpose although they are the class's defaults.
    return values | FAMILIES[case["family"]] | case.get("config", {})


def cells(row: dict) -> list:
    """Shape, local shape on rank 0, and what each mesh axis does."""
    return [row["shape"], row["local_shape"], row["placements"]]


def short(result: dict) -> dict:
    return {k: v for k, v in result.items() if k not in ("parameters", "ranks")} | (
        {"message": result["message"][:160]} if "message" in result else {}
    )


def main() -> None:
    folder, cases_path, results_path = map(Path, sys.argv[1:4])
    cases, results = json.loads(cases_path.read_text()), json.loads(results_path.read_text())
    models: dict[str, dict] = {}
    outcomes: dict = {"models": models}
    placements: list[dict] = []
    for case in cases:
        result = results.get(case["id"])
        if result is None or result["outcome"] == "no_model":
            continue
        key = digest([case["family"], case.get("config", {})])[:8]
        if key not in models:
            models[key] = config_of(case)
        group = case["group"]
        if group in SWEEPS:
            table = outcomes.setdefault(group, {})
            ((position, style),) = case["parallel"]["ep_plan"].items()
            table.setdefault(position, {})[style] = result["outcome"]
            continue
        row = {"id": case["id"], "model": key, "world": case["world"], "parallel": case["parallel"]}
        row |= {k: case[k] for k in ("dtype", "checkpoint", "experts_implementation") if k in case}
        outcomes.setdefault(group, []).append(row | short(result))
        if result["outcome"] == "ok" and case["id"] in PLACED.get(group, ()):
            placements.append(
                {
                    "id": case["id"],
                    "model": key,
                    "parallel": case["parallel"],
                    "parameters": {name: cells(row) for name, row in result["parameters"].items()},
                }
            )
    (folder / "outcomes.json").write_text(written(outcomes))
    used = {p["model"] for p in placements}
    (folder / "placements.json").write_text(
        written({"models": {k: m for k, m in models.items() if k in used}, "cases": placements})
    )
    for name in ("outcomes.json", "placements.json"):
        print(name, (folder / name).stat().st_size)


if __name__ == "__main__":
    main()
