"""
Kill, starve and deceive a converter at every step, and look at what it leaves.

    convert_faults.py CONVERTER FOLDER STRIDE

CONVERTER is what `planc convert` wrote for the tiny checkpoint (per_expert to fused), FOLDER an empty one to work in. Of
the steps at which something can happen every STRIDE-th is taken: 1 for all.
Prints a JSON object: group of cases → the number that held, and `failures`, a list of sentences.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import random
import runpy
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import convert_tiny

converter, work = Path(sys.argv[1]), Path(sys.argv[2])
stride = int(sys.argv[3])
sys.path.insert(0, str(converter))
source, golden = work / "source", work / "golden"
held: Counter[str] = Counter()
failures: list[str] = []

# What changes something on the disk, or reads what a proof rests on.
STEPS = ("open", "mkdir", "truncate", "pwrite", "copy_file_range", "fsync", "replace", "unlink")


def content(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def convert(output: Path, *options: str, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Run convert.py in a process of its own; its exit status (negative: a signal) and what it said."""
    said = work / "said"
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
            sys.argv = ["convert.py", "--source", str(source), "--output", str(output), "--quiet", *options]
            if "--alone" in options:
                sys.argv = ["convert.py", "--output", str(output), "--quiet", "--verify"]
            prepare()
            runpy.run_path(str(converter / "convert.py"), run_name="__main__")
        except SystemExit as error:
            status = error.code or 0
        except BaseException as error:
            with contextlib.suppress(OSError):
                print(f"EXCEPTION {error!r}", file=sys.stderr)
        os._exit(status)
    _, ended = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(ended), said.read_text()


SMALL = ("--max-shard-size", "4KB", "--jobs", "1")
reading_writing = ("--engine", "read_write")


def at_step(number: int, act: Callable[[str, tuple], None]) -> Callable[[], None]:
    """Call `act` in place of the `number`-th step (counted from 1)."""

    def prepare() -> None:
        count = 0
        for name in STEPS:
            real = getattr(os, name)

            def step(*arguments, name=name, real=real, **options):
                nonlocal count
                count += 1
                return act(name, arguments, real) if count == number else real(*arguments, **options)

            setattr(os, name, step)

    return prepare


def always(name: str, act: Callable) -> Callable[[], None]:
    def prepare() -> None:
        real = getattr(os, name)
        setattr(os, name, lambda *arguments, **options: act(real, *arguments, **options))

    return prepare


def kill(name: str, arguments: tuple, real: Callable) -> None:
    """Die before the step, or in the middle of a write."""
    if name == "pwrite" and random.random() < 0.7:
        descriptor, view, offset = arguments
        real(descriptor, bytes(view)[: random.randrange(len(view) + 1)], offset)
    os.kill(os.getpid(), signal.SIGKILL)


def check_honest(case: str, output: Path) -> None:
    """Whatever has its name is whole, and what looks complete is."""
    if content(source) != untouched:
        failures.append(f"{case}: the source was touched")
    if not output.exists():
        return
    for name, digest in content(output).items():
        if not name.startswith(".") and name != "planc-conversion.journal" and golden_content.get(name) != digest:
            failures.append(f"{case}: {name} has its name but not its content")
    there = set(os.listdir(output))
    if "model.safetensors.index.json" in there and not set(golden_content) <= there:
        failures.append(f"{case}: the index is there before {set(golden_content) - there}")


def check_resumes(case: str, output: Path, *options: str) -> None:
    status, said = convert(output, *SMALL, *options)
    if status != 0 or content(output) != golden_content:
        failures.append(f"{case}: going on ended with {status}: {said[-300:]}")


def clean(output: Path) -> Path:
    shutil.rmtree(output, ignore_errors=True)
    return output


def holds(group: str, case: str, is_so: bool, said: str = "") -> None:
    held[group] += is_so
    if not is_so:
        failures.append(f"{group}, {case}: {said[-300:]}")


convert_tiny.write(source)
untouched = content(source)
status, said = convert(golden, *SMALL)
assert status == 0, said
golden_content = content(golden)
assert len([name for name in golden_content if name.endswith(".safetensors")]) > 2, golden_content

# Killed before or in every step, and started again.
for engine in ((), reading_writing):
    for number in range(1, 10_000, 2 * stride if engine else stride):
        case = f"killed at step {number} {' '.join(engine)}"
        output = clean(work / "killed")
        status, said = convert(output, *SMALL, *engine, prepare=at_step(number, kill))
        if status == 0:
            break
        before = len(failures)
        if status != -signal.SIGKILL:
            failures.append(f"{case}: ended with {status}: {said[-300:]}")
        check_honest(case, output)
        check_resumes(case, output, *engine)
        held["kills"] += len(failures) == before

# Killed, and killed again while going on, wherever that is.
for number in range(0, 40, stride):
    output = clean(work / "twice")
    for _ in range(4):
        convert(output, *SMALL, *reading_writing, prepare=at_step(random.randrange(1, 90), kill))
        check_honest(f"killed again and again ({number})", output)
    check_resumes(f"killed again and again ({number})", output)
    held["killed again"] += 1

# The disk is full, or fails, at any step: a sentence, nothing half-written, and the next run goes on.
for code in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):

    def fail(name: str, arguments: tuple, real: Callable, code: int = code) -> None:
        raise OSError(code, os.strerror(code))

    for number in range(1, 10_000, 5 * stride):
        case = f"{errno.errorcode[code]} at step {number}"
        output = clean(work / "full")
        status, said = convert(output, *SMALL, prepare=at_step(number, fail))
        if "EXCEPTION" in said or "Traceback" in said or status not in (0, 2):
            failures.append(f"{case}: ended with {status}: {said[-300:]}")
        if status == 0 and content(output) == golden_content and number > 200:
            break
        check_honest(case, output)
        check_resumes(case, output)
        held["failing disks"] += 1

# What the kernel refuses to copy, or copies in part, is copied otherwise.
for code in (
    errno.ENOSYS,
    errno.EXDEV,
    errno.EINVAL,
    errno.EPERM,
    errno.EOPNOTSUPP,
    errno.EIO,
    errno.EBADF,
    errno.ETXTBSY,
    errno.EOVERFLOW,
):

    def refuse(real: Callable, *arguments: int, code: int = code) -> int:
        raise OSError(code, os.strerror(code))

    def refuse_later(real: Callable, *arguments: int, code: int = code, calls: list[int] = [0]) -> int:  # noqa: B006
        calls[0] += 1
        if calls[0] > 3:
            raise OSError(code, os.strerror(code))
        return real(*arguments)

    for act in (refuse, refuse_later):
        output = clean(work / "refused")
        status, said = convert(output, *SMALL, prepare=always("copy_file_range", act))
        is_right = status == 0 and content(output) == golden_content and "read_write" in said
        holds("refused copies", errno.errorcode[code], is_right, said)

for case, act in {
    "half": lambda real, source, target, size, *at: real(source, target, max(1, size // 2), *at),
    "one byte": lambda real, source, target, size, *at: real(source, target, 1, *at),
    "nothing": lambda real, source, target, size, *at: 0,
    "nothing, after it claimed to": lambda real, source, target, size, *at: size if size < 40 else 0,
}.items():
    output = clean(work / "short")
    status, said = convert(output, *SMALL, prepare=always("copy_file_range", act))
    if case == "nothing, after it claimed to":
        # It lied about small ranges: reading back finds out.
        holds("short copies", case, status == 4 and "verification failed" in said, said)
        check_honest(case, output)
    else:
        holds("short copies", case, status == 0 and content(output) == golden_content, said)

output = clean(work / "short")
prepare = always("pwrite", lambda real, target, view, at: real(target, view[: max(1, len(view) // 3)], at))
status, said = convert(output, *SMALL, *reading_writing, prepare=prepare)
holds("short copies", "short writes", status == 0 and content(output) == golden_content, said)


# A bit that flips on its way is found before the file has its name.
def flip(real: Callable, target: int, view: bytes, at: int) -> int:
    data = bytearray(view)
    if len(data) == 70:
        data[13] ^= 4
    return real(target, data, at)


output = clean(work / "flipped")
status, said = convert(output, *SMALL, *reading_writing, prepare=always("pwrite", flip))
holds("flipped bits", "in a weight", status == 4 and "of expert" in said, said)
check_honest("a flipped bit", output)

# Flipped later: --verify finds it, and says where.
for name in sorted(name for name in golden_content if name.endswith(".safetensors")):
    rotten = clean(work / "rotten")
    shutil.copytree(golden, rotten)
    data = bytearray((rotten / name).read_bytes())
    data[-3] ^= 1
    (rotten / name).write_bytes(data)
    for option in ("--verify", "--alone"):
        status, said = convert(rotten, option)
        holds("rot", name, status == 4 and "is not what was converted" in said, said)
status, said = convert(golden, "--verify")
holds("rot", "none", status == 0, said)
status, said = convert(golden, *SMALL)
holds("rot", "converted already", status == 0 and "already" in said and content(golden) == golden_content, said)

# The source changes between runs, or while it is read.
output = clean(work / "changed")
convert(output, *SMALL, prepare=at_step(60, kill))
file = source / "model-00002-of-00003.safetensors"
kept = file.stat()
os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns + 1))
status, said = convert(output, *SMALL)
holds("changed sources", "between runs", status == 2 and "source differs" in said, said)
os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
check_honest("a source that changed", output)


def touch(name: str, arguments: tuple, real: Callable) -> object:
    for path in source.glob("*.safetensors"):
        os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns + 5))
    return real(*arguments)


times = {path: path.stat().st_mtime_ns for path in source.glob("*.safetensors")}
output = clean(work / "changed")
status, said = convert(output, *SMALL, prepare=at_step(30, touch))
holds("changed sources", "while it is read", status == 2 and "has changed" in said, said)
for path, time in times.items():
    os.utime(path, ns=(time, time))
check_honest("a source that changed while it was read", output)

# Two at once.
output = clean(work / "locked")
convert(output, *SMALL, prepare=at_step(60, kill))
import fcntl  # noqa: E402

with open(output / "planc-conversion.journal", "rb") as stream:
    fcntl.flock(stream, fcntl.LOCK_EX)
    status, said = convert(output, *SMALL)
    holds("places", "two at once", status == 2 and "another conversion" in said, said)
check_resumes("after another conversion", output)

# Places that must not be written to.
inside, link = source / "inside", work / "link"
link.symlink_to(source)
other = work / "other"
convert(other, "--max-shard-size", "8KB")
for case, output, expected in (
    ("the source", source, "is the source itself"),
    ("inside of the source", inside, "inside of the source"),
    ("a link to the source", link, "symbolic link"),
    ("above the source", work, "source lies inside"),
    ("a file", source / "config.json", "inside of the source"),
    ("a file elsewhere", work / "said-file", "is a file"),
    ("another conversion", other, "another conversion"),
    ("somebody's folder", converter, "not empty"),
):
    (work / "said-file").write_text("x")
    status, said = convert(output, *SMALL)
    holds("places", case, status == 2 and expected in said and "Traceback" not in said, said)
    if content(source) != untouched:
        failures.append(f"{case}: the source was touched")
link.unlink()
planted = clean(work / "planted")
convert(planted, *SMALL, prepare=at_step(60, kill))
victim = work / "victim"
victim.write_text("mine")
(planted / "config.json").unlink(missing_ok=True)
(planted / "config.json").symlink_to(victim)
status, said = convert(planted, *SMALL)
holds("places", "a planted link", status == 2 and "config.json is a symbolic link" in said, said)
holds("places", "what it leads to", victim.read_text() == "mine")

# A damaged journal is a sentence.
for case, text in (("no JSON", "{\n"), ("a list", "[]\n[]\n"), ("binary", "\x00\x01\n"), ("of another", "{}\n")):
    output = clean(work / "journal")
    output.mkdir()
    (output / "planc-conversion.journal").write_text(text)
    status, said = convert(output, *SMALL)
    holds("journals", case, status == 2 and "Traceback" not in said and "EXCEPTION" not in said, said)

# Signals leave a state to go on from.
for number, jobs in ((signal.SIGTERM, "1"), (signal.SIGINT, "2")):

    def interrupt(name: str, arguments: tuple, real: Callable, number: int = number) -> object:
        os.kill(os.getpid(), number)
        return real(*arguments)

    for step in (40, 60, 90):
        output = clean(work / "signal")
        options = ("--max-shard-size", "4KB", "--jobs", jobs)
        status, said = convert(output, *options, prepare=at_step(step, interrupt))
        holds("signals", f"{number} at {step}", status == 128 + number and "go on" in said, said)
        check_honest(f"signal {number} at {step}", output)
        check_resumes(f"signal {number} at {step}", output)

print(json.dumps({**held, "failures": failures[:20]}))
