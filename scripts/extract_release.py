"""Writes what one installed release of the stack accepts: src/engines/transformers/releases/MINOR/data.json.

Everything in the file is read from the installed packages, except the hand-written table below (which style took
the place of one that an older release had). Nothing is in it that planc does not read. Running it twice writes the same bytes.

    python scripts/extract_release.py            writes the file
    python scripts/extract_release.py --check    exits 3 when the file in git is not what the packages say

With --output FOLDER the file goes there.
"""

import argparse
import ast
import contextlib
import importlib
import inspect
import io
import json
import re
import sys
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import transformers
from transformers import modeling_flash_attention_utils as flash
from transformers.distributed import configuration_utils, expert_parallel, parallel_utils
from transformers.distributed import tensor_parallel as _registers_its_styles  # noqa: F401
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_MAPPING_NAMES

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src" / "engines" / "transformers" / "releases"

# Styles of older releases that this one does not have: since when they were gone, and what is written today.
REMOVED_STYLES = {
    "ep_router": {
        "last_release": "5.22.2",
        "instead": None,
        "advice": "drop the rule: ep_dispatch_experts on the experts module routes the tokens itself",
    },
    "gather": {
        "last_release": "5.3",
        "instead": "ep_dispatch_experts",
        "advice": "write ep_dispatch_experts on the experts module",
    },
    "local": {"last_release": "5.3", "instead": "replicate", "advice": "drop the rule, or write replicate"},
    "local_colwise": {"last_release": "5.3", "instead": "grouped_gemm", "advice": "write grouped_gemm"},
    "local_packed_rowwise": {"last_release": "5.3", "instead": "grouped_gemm", "advice": "write grouped_gemm"},
    "local_rowwise": {"last_release": "5.3", "instead": "grouped_gemm", "advice": "write grouped_gemm"},
    "megamoe_experts": {
        "last_release": "5.22.2",
        "instead": "ep_dispatch_experts",
        "advice": "write ep_dispatch_experts; ep_implementation chooses how tokens reach the experts",
    },
    "megamoe_router": {
        "last_release": "5.22.2",
        "instead": None,
        "advice": "drop the rule: ep_dispatch_experts on the experts module routes the tokens itself",
    },
}

# The plan that nearly every causal language model class has; an entry lists its own only where it differs.
DEFAULT_CLASS_TP_PLAN = {"lm_head": "colwise_gather_output"}

# What nearly every class computes attention with; an entry lists its own only where they differ.
DEFAULT_ATTENTION = ["sdpa", "flash_attention", "flex_attention"]

# Buffers that routers correct their choice with: they are no parameters, and in float32 already.
ROUTER_BIASES = ("e_score_correction_bias", "expert_bias", "moe_statics")

EXPERT_COUNT = re.compile(r"^(moe_)?(n|num)_(local_|routed_|moe_)?experts$")


def config_fields(config_class: type) -> list[str]:
    return [f.name for f in fields(config_class)]


def expert_count_names(config_class: type) -> list[str]:
    """The names under which a config gives its number of experts, the stored name first."""
    names = [n for n in config_fields(config_class) if EXPERT_COUNT.match(n)]
    attribute_map = getattr(config_class, "attribute_map", {})
    aliases = [a for a, b in attribute_map.items() if EXPERT_COUNT.match(a) and a not in names and b in names]
    aliases += [b for a, b in attribute_map.items() if EXPERT_COUNT.match(b) and a in names and b not in names]
    return names + sorted(set(aliases))


def text_model_type(config_class: type) -> str | None:
    text = (getattr(config_class, "sub_configs", None) or {}).get("text_config")
    return getattr(text, "model_type", None) if isinstance(text, type) else None


def modeling_class(model_type: str):
    name = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.get(model_type)
    if name is None:
        return None
    return getattr(transformers, name if isinstance(name, str) else name[0])


def base_class(model_type: str):
    name = MODEL_MAPPING_NAMES.get(model_type)
    return getattr(transformers, name if isinstance(name, str) else name[0], None) if name else None


def kept_in_float32(model_class: type | None) -> list[str]:
    """Patterns of the parameters that stay in float32 whatever format a model is loaded in, without those of buffers."""
    patterns = getattr(model_class, "_keep_in_fp32_modules_strict", None) or []
    return sorted(pattern for pattern in patterns if pattern not in ROUTER_BIASES)


# The model types that give a shared plan its name, before all others in alphabetical order.
NAMED_FIRST = ["qwen3_moe", "qwen2_moe", "mixtral", "olmoe", "deepseek_v2", "deepseek_v3", "glm4_moe", "gpt_oss"]


class PlanTable:
    """Names each distinct plan once, after the first model type that has it."""

    def __init__(self):
        self.plans: dict[str, dict[str, str]] = {}

    def name(self, plan: dict[str, str] | None, model_type: str) -> str | None:
        if not plan:
            return None
        for name, known in self.plans.items():
            if known == plan:
                return name
        self.plans[model_type] = dict(sorted(plan.items()))
        return model_type

    def sorted(self) -> dict[str, dict[str, str]]:
        return dict(sorted(self.plans.items()))


def is_moe(model_type: str, config_class: type) -> bool:
    if config_class.base_model_ep_plan:
        return True
    return bool(expert_count_names(config_class)) and model_type in (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys() | MODEL_MAPPING_NAMES.keys()
    )


def describe_family(model_type: str, tables: dict[str, PlanTable]) -> dict:
    config_class = CONFIG_MAPPING[model_type]
    entry: dict[str, object] = {"num_experts_names": expert_count_names(config_class)}
    if plan := tables["ep"].name(config_class.base_model_ep_plan, model_type):
        entry["ep_plan"] = plan
    if plan := tables["tp"].name(config_class.base_model_tp_plan, model_type):
        entry["tp_plan"] = plan
    model_class = modeling_class(model_type)
    # A language model that is a part of another alone has no class with a head.
    shown = model_class or base_class(model_type)
    if kept := kept_in_float32(shown):
        entry["kept_in_float32"] = kept
    if model_class is None:
        entry["causal_lm"] = False
    else:
        if model_class.base_model_prefix != "model":
            entry["base_model_prefix"] = model_class.base_model_prefix
        if (plan := model_class._tp_plan or {}) != DEFAULT_CLASS_TP_PLAN:
            entry["class_tp_plan"] = plan
    if shown is not None and (kinds := attention_kinds(shown)) != DEFAULT_ATTENTION:
        entry["attention"] = kinds
    if kernels := getattr(model_class, "_compatible_flash_implementations", None):
        entry["flash_implementations"] = kernels
    return entry


def attention_kinds(model_class: type) -> list[str]:
    """What the class lets attention be computed with besides eager, which every class can."""
    flags = ("_supports_sdpa", "_supports_flash_attn", "_supports_flex_attn")
    return [kind for kind, flag in zip(DEFAULT_ATTENTION, flags, strict=True) if getattr(model_class, flag)]


def describe_attention() -> dict:
    """Flash attention's releases and the Hub's kernels for CUDA: what each needs."""
    matrix = flash.FLASH_ATTENTION_COMPATIBILITY_MATRIX
    repositories = [repo for repo, devices in flash.FLASH_ATTN_KERNEL_DEVICES.items() if "cuda" in devices]
    return {
        "kinds": DEFAULT_ATTENTION,
        "flash_attention": {
            f"flash_attention_{number}": {
                "minimum_capability": entry.get("cuda_min_major_version"),
                "kernel": flash.FLASH_ATTN_KERNEL_FALLBACK[f"flash_attention_{number}"],
            }
            for number, entry in sorted(matrix.items())
        },
        "kernels": sorted(repositories),
        "kernels_requirement": importlib.import_module("transformers.dependency_versions_table").deps["kernels"],
    }


def minimum_torch() -> dict:
    """The torch version that sharding asks for, by the package's own check; whatever else it asks for is older."""
    source = inspect.getsource(importlib.import_module("transformers.distributed.mixin"))
    fsdp_version = re.search(r'dp_size > 1 and not is_torch_greater_or_equal\("([\d.]+)"\)', source)
    source = inspect.getsource(configuration_utils)
    dispatch = re.search(r'not is_torch_greater_or_equal\("([\d.]+)"\)', source)
    requires = importlib.import_module("transformers.dependency_versions_table").deps["torch"]
    assert fsdp_version and dispatch
    fsdp, *others = (
        tuple(map(int, each.split(".")))
        for each in (fsdp_version.group(1), dispatch.group(1), requires.removeprefix("torch>="))
    )
    assert fsdp >= max(others)
    return {"fsdp": fsdp_version.group(1)}


def refused_in_ep_plan() -> list[str]:
    """Styles that the release registers but refuses in an ep_plan: the condition before the message that says so."""
    source = inspect.getsource(importlib.import_module("transformers.distributed.mixin"))
    line = next((line for line in source.splitlines() if '"ep_router" in ep_plan.values()' in line), None)
    if line is None:
        return []
    return [node.value for node in ast.walk(ast.parse(line.strip() + " pass")) if isinstance(node, ast.Constant)]


def ep_implementations() -> dict:
    """Name -> whether ranks must see the same batch; nothing on a release that has no choice of them."""
    interface = getattr(expert_parallel, "EPImplementationInterface", None)
    found = interface._global_mapping if interface else {}
    return {name: {"needs_shared_batch": cls.needs_shared_batch} for name, cls in sorted(found.items())}


def extract() -> dict:
    tables = {"ep": PlanTable(), "tp": PlanTable()}
    families, dense, other, nested = {}, [], [], {}
    for model_type in NAMED_FIRST + sorted(set(CONFIG_MAPPING_NAMES) - set(NAMED_FIRST)):
        config_class = CONFIG_MAPPING[model_type]
        if is_moe(model_type, config_class):
            families[model_type] = describe_family(model_type, tables)
        elif model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and text_model_type(config_class) is None:
            dense.append(model_type)
        else:
            other.append(model_type)
        if text := text_model_type(config_class):
            nested[model_type] = text
    moe_nested = {outer: text for outer, text in nested.items() if text in families and outer != text}
    return {
        "transformers": version("transformers"),
        "minimum_torch": minimum_torch(),
        "parallel_styles": sorted(parallel_utils.ALL_PARALLEL_STYLES),
        "removed_styles": REMOVED_STYLES,
        "refused_in_ep_plan": refused_in_ep_plan(),
        "ep_implementations": ep_implementations(),
        "default_class_tp_plan": DEFAULT_CLASS_TP_PLAN,
        "attention": describe_attention(),
        "ep_plans": tables["ep"].sorted(),
        "tp_plans": tables["tp"].sorted(),
        "moe_model_types": dict(sorted(families.items())),
        "moe_text_config_of": dict(sorted(moe_nested.items())),
        "dense_model_types": dense,
        "other_model_types": other,
    }


def compact(value: object, indent: int = 0) -> str:
    """JSON with two-space indentation in which a list or a flat object stays on one line while it fits."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(line) + indent <= 116:
        return line
    pad, end = " " * (indent + 2), " " * indent
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(k)}: {compact(v, indent + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{end}}}"
    if all(isinstance(item, str) for item in value):
        lines, current = [], pad
        for item in map(json.dumps, value):
            if len(current) + len(item) > 114:
                lines.append(current.rstrip())
                current = pad
            current += f"{item}, "
        return "[\n" + "\n".join([*lines, current.rstrip().rstrip(",")]) + f"\n{end}]"
    return "[\n" + ",\n".join(pad + compact(v, indent + 2) for v in value) + f"\n{end}]"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 3 when the file in git is stale")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="in place of the folder of releases")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):
        text = compact(extract()) + "\n"
    path = arguments.output.resolve() / ".".join(version("transformers").split(".")[:2]) / "data.json"
    if arguments.check:
        return 0 if path.exists() and path.read_text() == text else 3
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{path}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
