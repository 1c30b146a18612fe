"""The GPU driver and NCCL against what the installed torch was built for."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from planc_runtime.preflight.check import Check

# The oldest driver for each major release of CUDA. Within a major release an older driver runs newer libraries.
OLDEST_DRIVER = {11: "450", 12: "525", 13: "580"}


@dataclass(frozen=True)
class DriverReading:
    """What the machine says; None where it says nothing."""

    torch: str
    # CUDA that torch was built with, "13.2"; None for a build for the CPU.
    torch_cuda: str | None
    # The driver's release, "580.159.04".
    driver: str | None
    # The newest CUDA that the driver runs, 13000 for 13.0.
    driver_cuda: int | None
    # The NCCL that torch has loaded, (2, 30, 7).
    nccl: tuple[int, ...] | None
    # The NCCL that torch's package asks for, "2.30.7".
    nccl_wanted: str | None


def judge_driver(reading: DriverReading) -> Iterator[Check]:
    """Checks on driver and NCCL from a reading."""
    if reading.torch_cuda is None:
        message = f"torch {reading.torch} is a build without CUDA"
        yield Check("driver", "fails", message, "install torch from an index that has CUDA builds, or try --cpu")
        return
    if reading.driver_cuda is None:
        message = "no NVIDIA driver is loaded: libcuda.so.1 is missing or does not start"
        yield Check("driver", "fails", message, "start the job on a machine with GPUs, in a container with --gpus all")
        return
    found = f"{reading.driver or 'of unknown release'}, for CUDA {dotted(reading.driver_cuda)}"
    major = int(reading.torch_cuda.split(".")[0])
    if reading.driver_cuda // 1000 < major:
        message = f"{found}; torch {reading.torch} is built for CUDA {reading.torch_cuda}"
        oldest = OLDEST_DRIVER.get(major)
        advice = f"install driver {oldest} or newer" if oldest else "install a newer driver"
        yield Check("driver", "fails", message, f"{advice}, or a torch built for CUDA {dotted(reading.driver_cuda)}")
    else:
        yield Check("driver", "ok", f"{found}; torch is built for CUDA {reading.torch_cuda}")
    yield judge_nccl(reading)


def judge_nccl(reading: DriverReading) -> Check:
    """The NCCL that is loaded against the one that torch's package asks for."""
    if reading.nccl is None:
        return Check(
            "nccl", "fails", f"torch {reading.torch} is built without it", "install the official build of torch"
        )
    found = ".".join(map(str, reading.nccl))
    if reading.nccl_wanted is None or found == reading.nccl_wanted:
        return Check("nccl", "ok", found)
    message = f"{found} is loaded; torch {reading.torch} asks for {reading.nccl_wanted}"
    return Check("nccl", "warns", message, "look for another libnccl in LD_LIBRARY_PATH or LD_PRELOAD")


def dotted(cuda: int) -> str:
    """13020 -> "13.2"."""
    return f"{cuda // 1000}.{cuda % 1000 // 10}"


def read_driver() -> DriverReading:
    """Ask torch, libcuda and the kernel's module; starts no GPU."""
    import torch

    is_built = torch.version.cuda is not None
    return DriverReading(
        torch=torch.__version__,
        torch_cuda=torch.version.cuda,
        driver=driver_release(),
        driver_cuda=driver_cuda(),
        nccl=torch.cuda.nccl.version()[:3] if is_built and torch.distributed.is_nccl_available() else None,
        nccl_wanted=wanted_nccl(),
    )


def driver_release() -> str | None:
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"\b\d{3}\.\d+(\.\d+)?\b", text)
    return found[0] if found else None


def driver_cuda() -> int | None:
    """The newest CUDA that libcuda runs: it knows of compatibility packages too, and works where torch cannot start."""
    found = ctypes.c_int(0)
    try:
        status = ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(found))
    except (OSError, AttributeError):
        return None
    return found.value if status == 0 and found.value > 0 else None


def wanted_nccl() -> str | None:
    """ "2.30.7" of torch's requirement nvidia-nccl-cu13==2.30.7."""
    try:
        declared = requires("torch") or []
    except PackageNotFoundError:
        return None
    found = (re.match(r"nvidia-nccl-cu\d+==([\d.]+)", text) for text in declared)
    return next((match[1] for match in found if match), None)
