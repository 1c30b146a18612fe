"""What a release of transformers does otherwise than another, by what its data.json means and not by how it is written."""

from __future__ import annotations

from typing import Any

from release.differences import grouped, of_tables
from release.report import Section, some

TYPES = ("moe_model_types", "dense_model_types", "other_model_types")
PLANS = ("ep_plan", "tp_plan", "class_tp_plan")
# Compared as model types, plans and formats; of the rest whatever differs is told.
TOLD = ("transformers", "ep_plans", "tp_plans", "default_class_tp_plan", "moe_text_config_of", *TYPES)


def engine_sections(old: dict[str, Any], new: dict[str, Any]) -> list[Section]:
    return [
        Section("Model types", model_types(old, new)),
        Section("Plans", plans(old, new)),
        Section("Kept in float32", kept_in_float32(old, new)),
        Section("Families otherwise", otherwise(old, new)),
        Section("Styles, implementations, attention", rest(old, new)),
    ]


def model_types(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    before, after = old["moe_model_types"], new["moe_model_types"]
    lines = [f"+ {name}, a MoE type: {described(name, new)}" for name in after if name not in before]
    lines += [f"- {name}, a MoE type" for name in before if name not in after]
    lines += of_tables(old["moe_text_config_of"], new["moe_text_config_of"])
    for table in ("dense_model_types", "other_model_types"):
        kind = table.split("_")[0]
        come = [name for name in new[table] if name not in old[table]]
        gone = [name for name in old[table] if name not in new[table]]
        lines += [f"+ {len(come)} {kind}: {some(come)}"] if come else []
        lines += [f"- {len(gone)} {kind}: {some(gone)}"] if gone else []
    return lines


def described(name: str, data: dict[str, Any]) -> str:
    """A new type's plans, by a type that has the same, and its number of experts' names."""
    entry = data["moe_model_types"][name]
    found = [f"experts {' or '.join(entry['num_experts_names']) or 'unnamed'}"]
    for key in ("ep_plan", "tp_plan"):
        plan = plan_of(entry, key, data)
        same = [
            other for other, row in data["moe_model_types"].items() if other != name and plan_of(row, key, data) == plan
        ]
        if not plan:
            found.append(f"no {key}")
        elif entry[key] != name:
            found.append(f"{key} of {entry[key]}")
        else:
            found.append(f"{key} of {same[0]}" if same else f"{key} of its own, {len(plan)} rules")
    return ", ".join(found + ([] if entry.get("causal_lm", True) else ["no causal language model class"]))


def plan_of(entry: dict[str, Any], key: str, data: dict[str, Any]) -> dict[str, str]:
    if key == "class_tp_plan":
        # A type without a class has no plan of one.
        return entry.get(key, data["default_class_tp_plan"] if entry.get("causal_lm", True) else {})
    name = entry.get(key)
    return data[f"{key}s"][name] if name else {}


def both(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    before, after = old["moe_model_types"], new["moe_model_types"]
    return [(name, before[name], after[name]) for name in before if name in after]


def plans(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    rows = [
        (name, f"{key} {line}")
        for name, before, after in both(old, new)
        for key in PLANS
        for line in of_tables(plan_of(before, key, old), plan_of(after, key, new))
    ]
    return grouped(rows)


def kept_in_float32(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    rows = []
    for name, before, after in both(old, new):
        was, now = before.get("kept_in_float32", []), after.get("kept_in_float32", [])
        rows += [(name, f"+ {pattern}") for pattern in now if pattern not in was]
        rows += [(name, f"- {pattern}") for pattern in was if pattern not in now]
    return grouped(rows)


def otherwise(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What else is said of a family: the number of experts' names, attention, whether it has a language model's class."""
    told = {*PLANS, "kept_in_float32"}
    rows = []
    for name, before, after in both(old, new):
        was, now = ({key: value for key, value in row.items() if key not in told} for row in (before, after))
        rows += [(name, line) for line in of_tables(was, now)]
    return grouped(rows)


def rest(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    was, now = ({key: value for key, value in data.items() if key not in TOLD} for data in (old, new))
    lines = of_tables(was, now)
    if old["default_class_tp_plan"] != new["default_class_tp_plan"]:
        lines.append(f"the plan that nearly every class has: {new['default_class_tp_plan']}")
    return lines
