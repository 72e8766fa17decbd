"""What this machine carries: cores, memory, disk, an accelerator, and which number format it multiplies fast.

`survey` is cheap and needs no torch. `choose` runs a short matrix product once; what it gives is frozen in the Run and reused
when the run goes on, because results depend on it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from idiolect.errors import ResourceError
from idiolect.files import read_json, write_json

_FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd", "bf16", "sve")
_MEBIBYTE = 1 << 20
_PROBE = (512, 1024, 1024)
"""Rows, inner and columns of the probe's product: a few milliseconds, large enough to be bound by arithmetic."""
_GAIN = 1.2
"""bfloat16 is chosen where it multiplies at least so much faster than float32."""
_HEAP = ((-4, 0, 65_536), (-1, 2**31 - 1, 131_072), (-2, 64 << 20, 131_072))
"""glibc's `M_MMAP_MAX`, `M_TRIM_THRESHOLD` and `M_TOP_PAD`: while memory is kept, and as they usually are."""


@dataclass(frozen=True)
class Machine:
    """What was found; sizes in MiB."""

    cores: int
    """Cores that this process may use: affinity, the control group's quota and OMP_NUM_THREADS count."""
    memory: int
    """Memory that is free for this process."""
    disk: int
    """Free on the disk of the folder asked about."""
    features: tuple[str, ...]
    """Of the CPU, those that matter for matrix products."""


@dataclass(frozen=True)
class Compute:
    """How a run computes: chosen once, frozen in the run."""

    device: str
    """`cpu`, or the accelerator as torch names it."""
    dtype: str
    """`bfloat16` or `float32`."""
    threads: int
    """Threads of one matrix product on the CPU."""
    memory: int
    """Memory of the device when it was chosen, MiB."""
    name: str = ""
    """Of the accelerator."""


def survey(folder: Path) -> Machine:
    """Look at this machine, and at the disk under `folder`, which need not stand yet."""
    standing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return Machine(_cores(), _memory(), shutil.disk_usage(standing).free // _MEBIBYTE, _features())


def choose(found: Machine) -> Compute:
    """An accelerator where torch has one, else the CPU in the number format that a short probe finds faster."""
    import torch  # `survey` is for `idiolect check`, which must work without torch

    if torch.cuda.is_available():
        free = torch.cuda.mem_get_info()[0] // _MEBIBYTE
        dtype = "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
        return Compute("cuda", dtype, found.cores, free, torch.cuda.get_device_name())
    torch.set_num_threads(found.cores)
    faster = _product_seconds("float32") / _product_seconds("bfloat16")
    return Compute("cpu", "bfloat16" if faster >= _GAIN else "float32", found.cores, found.memory)


def speed(compute: Compute) -> float:
    """Arithmetic operations per second of a matrix product as this run would do it, measured now in a few milliseconds."""
    rows, inner, columns = _PROBE
    return 2 * rows * inner * columns / _product_seconds(compute.dtype, compute.device)


def frozen(file: Path, found: Machine) -> Compute:
    """The choice that stands in `file`, else a new one, written there; its threads are set.

    A run that began on an accelerator which is gone is a ResourceError: it would not go on alike.
    """
    import torch  # as above

    if file.is_file():
        values: dict[str, Any] = read_json(file)
        compute = Compute(**values)
    else:
        compute = choose(found)
        write_json(file, asdict(compute))
    if compute.device != "cpu" and not torch.cuda.is_available():
        raise ResourceError(
            f"this run began on {compute.name or compute.device}, which is not there now",
            where=str(file.parent),
            next="start it where that is, or delete the folder to train anew here",
        )
    torch.set_num_threads(compute.threads)
    return compute


@contextmanager
def kept_heap() -> Iterator[None]:
    """Have glibc keep freed memory meanwhile, instead of handing every large block back to the kernel; without glibc, nothing happens.

    A training step frees and allocates the same blocks again and again; without this each of them is paged in anew.
    """
    try:
        library = ctypes.CDLL(None)
        mallopt, trim = library.mallopt, library.malloc_trim
    except (OSError, AttributeError):
        yield
        return
    for option, kept, _ in _HEAP:
        mallopt(option, kept)
    try:
        yield
    finally:
        for option, _, usual in _HEAP:
            mallopt(option, usual)
        trim(0)


def forget_peak() -> None:
    """Have `peak_memory` count from now, where the kernel can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory() -> int:
    """Most memory that this process has held since `forget_peak`, or since it began, MiB."""
    return _kibibytes(Path("/proc/self/status"), "VmHWM") // 1024 or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _product_seconds(dtype: str, device: str = "cpu", repeats: int = 5) -> float:
    """The fastest of a few products in this format."""
    import torch  # as above

    rows, inner, columns = _PROBE
    kind = getattr(torch, dtype)
    left, right = torch.ones(rows, inner, dtype=kind, device=device), torch.ones(inner, columns, dtype=kind, device=device)
    seconds = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        torch.mm(left, right)[0, 0].item()  # an accelerator is done only when a number is here
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])


def _cores() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _first_line(Path("/sys/fs/cgroup/cpu.max")).partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        usable = min(usable, max(1, int(quota) // int(period)))
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(usable, max(1, int(asked))) if asked.isdigit() else usable


def _memory() -> int:
    free = _kibibytes(Path("/proc/meminfo"), "MemAvailable") // 1024
    if not free:
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _MEBIBYTE
    group = Path("/sys/fs/cgroup")
    limit, used = _first_line(group / "memory.max"), _first_line(group / "memory.current")
    if limit.isdigit() and used.isdigit():
        free = min(free, max(0, int(limit) - int(used)) // _MEBIBYTE)
    return free


def _kibibytes(file: Path, key: str) -> int:
    """A value of one of the kernel's tables; 0 where there is none."""
    try:
        rows = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith(f"{key}:")), 0)


def _features() -> tuple[str, ...]:
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    words = next((row.partition(":")[2].split() for row in rows if row.lower().startswith(("flags", "features"))), [])
    return tuple(name for name in _FEATURES if name in words)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return ""
