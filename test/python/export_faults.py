"""
Damage what an export reads, and kill, starve and misplace it while it writes; look at what it says and what it leaves.

    export_faults.py FOLDER

FOLDER holds `model/`, `bundle/` and `run/checkpoint-3`, which is 2 ranks' saving of it. Prints a JSON object: group of cases
to the number that held, and `failures`, a list of sentences.
"""

import contextlib
import io
import json
import os
import pickle
import resource
import runpy
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from torch.distributed.checkpoint import FileSystemReader

folder = Path(sys.argv[1])
run, golden = folder / "run", folder / "golden"
held: Counter[str] = Counter()
failures: list[str] = []

# What changes something on the disk, and before how many of the calls to die, evenly from the first to the last.
STEPS = {"mkdir": 1, "open": 2, "pwrite": 3, "write": 1, "fsync": 2, "replace": 4, "unlink": 1}


def export(
    output: Path,
    place: Path = run,
    *options: str,
    source: Path | None = folder / "model",
    prepare: Callable[[], None] = lambda: None,
) -> tuple[int, str]:
    """Export in a process of its own; its exit status (negative: a signal) and what it said."""
    said = folder / "said"
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
            sys.argv = ["export", str(place), "--output", str(output), "--max-shard-size", "100KB", "--jobs", "1"]
            sys.argv += [*options, *(["--source", str(source)] if source else [])]
            prepare()
            runpy.run_module("planc_runtime.export", run_name="__main__")
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(ended), said.read_text()


def content(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())} if place.is_dir() else {}


def check(group: str, case: str, *problems: object) -> None:
    found = [str(problem) for problem in problems if problem]
    if found:
        failures.append(f"{group}, {case}: {'; '.join(found)}"[:600])
    else:
        held[group] += 1


def is_refused(group: str, case: str, ended: tuple[int, str], *words: str, output: Path = folder / "refused") -> None:
    """Exit status 2, one sentence that has the words, and no output."""
    status, said = ended
    sentence = said.strip().split("\n")[-1]
    check(
        group,
        case,
        status != 2 and f"exit status {status}",
        [word for word in words if word not in sentence] and said,
        (not sentence.startswith("error: ") or "Traceback" in said) and said,
        output.exists() and f"it left {sorted(content(output))}",
    )
    shutil.rmtree(output, ignore_errors=True)


@contextlib.contextmanager
def damaged(name: str = "damaged"):
    """A copy of the run, to be damaged."""
    place = folder / name
    shutil.copytree(run, place)
    yield place / "checkpoint-3"
    shutil.rmtree(place)


def forget_sizes(checkpoint: Path) -> None:
    """Let planc.json promise nothing of its files, so that what .metadata says has to be enough."""
    about = json.loads((checkpoint / "planc.json").read_text())
    (checkpoint / "planc.json").write_text(json.dumps(about | {"files": {}}))


def ranges(kind: str, file: str) -> list[tuple[int, int]]:
    """Where in a file the tensors of the model, or the states of the optimizer, lie."""
    metadata = FileSystemReader(run / "checkpoint-3").read_metadata()
    places = metadata.storage_data.items()
    found = [(p.offset, p.length) for key, p in places if key.fqn.startswith(f"{kind}.") and p.relative_path == file]
    return sorted(found)


def damages() -> None:
    refused = folder / "refused"
    for forget in (False, True):
        with damaged() as checkpoint:
            path = checkpoint / "__1_0.distcp"
            os.truncate(path, sum(ranges("model", path.name)[-1]) - 1)
            if forget:
                forget_sizes(checkpoint)
            is_refused("damages", "cut off", export(refused, checkpoint), "__1_0.distcp is cut off")
        with damaged() as checkpoint:
            (checkpoint / "__0_0.distcp").unlink()
            if forget:
                forget_sizes(checkpoint)
            is_refused("damages", "missing", export(refused, checkpoint), "__0_0.distcp is missing")
    # Of the larger ones, whose middle is a number of theirs.
    for offset, length in [each for each in ranges("model", "__0_0.distcp") if each[1] > 4000][::12]:
        with damaged() as checkpoint:
            with open(checkpoint / "__0_0.distcp", "r+b") as stream:
                stream.seek(offset + length // 2)
                byte = stream.read(1)[0]
                stream.seek(offset + length // 2)
                stream.write(bytes([byte ^ 4]))
            is_refused("damages", "a flipped bit", export(refused, checkpoint), "__0_0.distcp is damaged")
    with damaged() as checkpoint:
        os.truncate(checkpoint / ".metadata", 5000)
        forget_sizes(checkpoint)
        is_refused("damages", "metadata", export(refused, checkpoint), ".metadata")
    with damaged() as checkpoint:
        (checkpoint / ".metadata").unlink()
        forget_sizes(checkpoint)
        is_refused("damages", "no metadata", export(refused, checkpoint), ".metadata")
    with damaged() as checkpoint:
        (checkpoint / "planc.json").write_text("{")
        is_refused("damages", "planc.json", export(refused, checkpoint), "planc.json")
    with damaged() as checkpoint:
        (checkpoint / "planc.json").unlink()
        is_refused("damages", "incomplete", export(refused, checkpoint.parent), "no complete checkpoint")
    is_refused("damages", "Hub format", export(refused, golden), "in Hub format already")
    is_refused("damages", "nothing", export(refused, folder / "nowhere"), "nowhere is no folder")
    with damaged() as checkpoint:  # a hole that another chunk covers, so that the number of elements is right
        metadata = FileSystemReader(checkpoint).read_metadata()
        stored = metadata.state_dict_metadata["model.lm_head.weight"]
        first, second = stored.chunks
        moved = [key for key in metadata.storage_data if key.fqn == "model.lm_head.weight"]
        place = next(metadata.storage_data.pop(key) for key in moved if key.offset == second.offsets)
        second.offsets = torch.Size((first.offsets[0] + 1, 0))
        metadata.storage_data[type(moved[0])("model.lm_head.weight", second.offsets)] = place
        (checkpoint / ".metadata").write_bytes(pickle.dumps(metadata))
        forget_sizes(checkpoint)
        is_refused("damages", "overlap", export(refused, checkpoint), "of lm_head.weight, not each of its 4,656 once")


def unread() -> None:
    """What the optimizer has saved may be anything: nobody reads it."""
    with damaged() as checkpoint:
        for file in ("__0_0.distcp", "__1_0.distcp"):
            with open(checkpoint / file, "r+b") as stream:
                for offset, length in ranges("optimizer", file):
                    stream.seek(offset)
                    stream.write(b"\xff" * length)
        output = folder / "unread"
        status, said = export(output, checkpoint)
        check("unread", "optimizer", status and said, content(output) != content(golden) and "other files")


def choices() -> None:
    """A run's folder stands for its newest complete checkpoint."""
    with damaged() as checkpoint:
        shutil.copytree(checkpoint, checkpoint.parent / "checkpoint-12")
        shutil.copytree(checkpoint, checkpoint.parent / "checkpoint-20")
        (checkpoint.parent / "checkpoint-20/planc.json").unlink()
        status, said = export(folder / "chosen", checkpoint.parent)
        check("choices", "newest", status and said, "checkpoint-12," not in said and said)
    own = folder / "run/tokenizer_config.json"
    own.write_text('{"of": "the run"}')
    export(folder / "tokenizer", run)
    own.unlink()
    names = content(folder / "tokenizer")
    check("choices", "the run's tokenizer", names.get(own.name) != b'{"of": "the run"}' and names.get(own.name))
    status, said = export(folder / "alone", source=None)
    alone = json.loads(content(folder / "alone").get("config.json", b"{}"))
    theirs = json.loads((golden / "config.json").read_text())
    differing = {key for key in theirs if key != "transformers_version" and alone.get(key) != theirs[key]}
    check("choices", "nothing to copy", status and said, differing - {"dtype"}, "without a tokenizer" not in said and said)
    quantized = folder / "quantized"
    quantized.mkdir()
    config = json.loads((folder / "model/config.json").read_text())
    config |= {"quantization_config": {"quant_method": "mxfp4"}, "torch_dtype": config.pop("dtype")}
    (quantized / "config.json").write_text(json.dumps(config))
    export(folder / "plain", source=quantized)
    found = json.loads(content(folder / "plain").get("config.json", b"{}"))
    differing = {key for key in theirs if key != "dtype" and found.get(key) != theirs[key]}
    check("choices", "plain numbers", "quantization_config" in found, differing, found.get("torch_dtype") != "bfloat16")
    check("choices", "no mix of tokenizers", "tokenizer.json" in names and "it mixed two tokenizers")
    lock = json.loads((folder / "bundle/plan.lock.json").read_text())
    named = folder / "named-tokenizer"
    named.mkdir()
    (named / "tokenizer_config.json").write_text('{"of": "the plan"}')
    lock["plan"]["model"]["tokenizer"] = str(named)
    (folder / "named.json").write_text(json.dumps(lock))
    export(folder / "planned", run, "--lock", str(folder / "named.json"))
    names = content(folder / "planned")
    check("choices", "the plan's tokenizer", names.get(own.name) != b'{"of": "the plan"}' and names.get(own.name))
    check("choices", "no mix with the plan's", "tokenizer.json" in names and "it mixed two tokenizers")


def strangers() -> None:
    """Checkpoints of other plans, and what cannot be asked for."""
    refused = folder / "refused"
    lock = json.loads((folder / "bundle/plan.lock.json").read_text())

    def with_lock(change: Callable[[dict], None]) -> tuple[int, str]:
        other = json.loads(json.dumps(lock))
        change(other)
        (folder / "other.json").write_text(json.dumps(other))
        return export(refused, run, "--lock", str(folder / "other.json"))

    def tensor(other: dict, name: str) -> dict:
        return next(each for each in other["model"]["tensors"] if each["name"] == name)

    def wider(other: dict) -> None:
        tensor(other, "lm_head.weight")["shape"][1] = 64

    def deeper(other: dict) -> None:
        tensor(other, "model.layers.{layer}.input_layernorm.weight")["layers"].append(3)

    def shallower(other: dict) -> None:
        tensor(other, "model.layers.{layer}.input_layernorm.weight")["layers"].pop()

    def renamed(other: dict) -> None:
        other["model"]["model_type"] = "mixtral"

    is_refused("strangers", "another width", with_lock(wider), "lm_head.weight as [97, 48]", "[97, 64]")
    is_refused("strangers", "more layers", with_lock(deeper), "lacks model.layers.3.input_layernorm.weight")
    is_refused("strangers", "fewer layers", with_lock(shallower), "holds model.layers.2.input_layernorm.weight")
    is_refused("strangers", "another family", with_lock(renamed), "qwen3_moe model, this plan's is mixtral")
    is_refused("strangers", "no export", with_lock(lambda other: other.pop("export")), "compile the plan again")
    is_refused("strangers", "a layout", export(refused, run, "--layout", "mxfp4"), "per_expert, fused, gate_up")
    config = json.loads((folder / "model/config.json").read_text())
    (folder / "other").mkdir()
    is_refused("strangers", "no config", export(refused, run, source=folder / "other"), "has no config.json")
    theta = {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}
    for key, value in (("hidden_size", 64), ("num_local_experts", 6), ("model_type", "mixtral"), ("rope_theta", theta)):
        (folder / "other/config.json").write_text(json.dumps(config | (value if key == "rope_theta" else {key: value})))
        is_refused("strangers", key, export(refused, run, source=folder / "other"), f"{key} is")


def places() -> None:
    def refused(case: str, place: Path, *words: str, options: tuple[str, ...] = ()) -> None:
        before = content(place)
        status, said = export(place, run, *options)
        left = content(place) != before and "it changed the folder"
        check("places", case, status != 2 and status, [word for word in words if word not in said] and said, left)

    full = folder / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    refused("not empty", full, "is not empty (it holds notes.txt)")
    refused("finished", golden, "holds a finished export")
    refused("the checkpoint", run / "checkpoint-3/hub", "lies in the checkpoint")
    (folder / "link").symlink_to(full)
    refused("a link", folder / "link", "is a symbolic link")
    refused("a file", folder / "said", "is a file")
    # Unfinished: another one is refused, one with a stranger's file too.
    unfinished = folder / "unfinished"
    export(unfinished, prepare=lambda: die_at("replace", 3))
    refused("another format", unfinished, "unfinished export of which dtype", options=("--dtype", "float32"))
    (unfinished / "notes.txt").write_text("mine")
    refused("a stranger's file", unfinished, "holds notes.txt")
    taken = folder / "taken"
    taken.mkdir()
    descriptor = os.open(taken, os.O_RDONLY)
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    refused("two at once", taken, "another export is writing")
    os.close(descriptor)


def die_at(step: str, count: int, number: int = signal.SIGKILL) -> None:
    """End this process before the `count`-th call of a function of os."""
    original = getattr(os, step)
    left = [count]

    def call(*args: object, **named: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), number)
        return original(*args, **named)

    setattr(os, step, call)


def calls_of(step: str) -> int:
    """How often a whole export calls a function of os."""
    counted = folder / "counted"

    def count() -> None:
        original = getattr(os, step)

        def call(*args: object, **named: object) -> object:
            with open(counted, "ab") as stream:
                stream.write(b".")
            return original(*args, **named)

        counted.write_bytes(b"")
        setattr(os, step, call)

    output = folder / "count"
    export(output, prepare=count)
    shutil.rmtree(output)
    return counted.stat().st_size


def kills() -> None:
    whole = content(golden)
    for step, times in STEPS.items():
        calls = calls_of(step)
        for count in sorted({1 + at * (calls - 1) // max(1, times - 1) for at in range(times)}):
            output = folder / "killed"
            status, said = export(output, prepare=lambda step=step, count=count: die_at(step, count))
            left = content(output)
            problems = [status != -signal.SIGKILL and f"exit status {status} {said}"]
            problems.append("config.json" in left and whole.items() - left.items() and "it looks complete")
            named = {name: data for name, data in left.items() if name.endswith(".safetensors") and name[0] != "."}
            problems.append(any(whole[name] != data for name, data in named.items()) and "a file is not whole")
            status, said = export(output)
            # Killed when all was done, it says so.
            is_done = left == whole and "holds a finished export" in said
            problems.append(((status and not is_done) or content(output) != whole) and f"again: {status} {said}")
            check("kills", f"{step} {count} of {calls}", *problems)
            shutil.rmtree(output)
    for number, count in ((signal.SIGTERM, 1), (signal.SIGINT, 120)):
        output = folder / "stopped"
        status, said = export(output, prepare=lambda count=count, number=number: die_at("pwrite", count, number))
        check("signals", f"{number} at {count}", status != 128 + number and status, output.exists(), "Trace" in said)


def disks() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    def small() -> None:
        status = os.statvfs("/")
        values = [*status]
        values[4] = 10
        os.statvfs = lambda _: os.statvfs_result(values)

    output = folder / "refused"
    is_refused("disks", "too little room", export(output, prepare=small), "has room for", "free some")
    status, said = export(output, prepare=limit)
    check("disks", "full", status != 2 and status, "File too large" not in said and said, output.exists())


def lies() -> None:
    """A disk that gives back something else: the file does not get its name."""

    def lie() -> None:
        original = os.preadv

        def call(descriptor: int, buffers: list, offset: int) -> int:
            done = original(descriptor, buffers, offset)
            if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".planc.tmp"):
                buffers[0][0] ^= 1
            return done

        os.preadv = call

    output = folder / "lied"
    status, said = export(output, prepare=lie)
    check("lies", "read back", status != 4 and status, "gave back another" not in said and said, output.exists())


def main() -> None:
    status, said = export(golden)
    if status:
        raise RuntimeError(said)
    for group in (damages, unread, choices, strangers, places, kills, disks, lies):
        group()
    print(json.dumps({**held, "failures": failures}))


if __name__ == "__main__":
    main()
