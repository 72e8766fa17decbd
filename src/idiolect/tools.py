"""Programs of others, for instance a linter that a pack names: under bubblewrap, or not at all.

What such a program sees: a read-only /usr, its files in a fresh /files, an empty /tmp, both in memory and bounded, no network, no
home, no other process, no environment. What it leaves: its output and exit code. All its processes end with it, with its clock,
and with us. Its working memory is limited for each process; the kernel that it shares with us is what is left to attack.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path, PurePosixPath
from typing import IO

from idiolect.errors import DataError, ToolError
from idiolect.sandbox import Limits
from idiolect.types import File

LIMITS = Limits(memory=2 << 30, seconds=20.0, wall=30.0, file_bytes=64 << 20)
PROCESSES = 64
OUTPUT = 10 << 20
"""Bytes of output and of error output that are kept; the rest is read and thrown away, and the answer says so."""
SCRATCH = 64 << 20
"""Bytes that may be written in /files and in /tmp each."""
MOST_FILES = 200
OLDEST = (0, 8)
"""bubblewrap from here on can forbid namespaces within its own (`--disable-userns`)."""
INSTALL = "install it: `apt install bubblewrap`, `dnf install bubblewrap` or `pacman -S bubblewrap`; it is never run without"
_PERMIT = (
    "it needs user namespaces: sysctl kernel.unprivileged_userns_clone=1; on Ubuntu an AppArmor profile for bwrap; "
    "in a container --security-opt seccomp=unconfined"
)
_PATH = "/usr/local/bin:/usr/bin:/bin"
_NOBODY = "65534"


@dataclass(frozen=True)
class Answer:
    """What a tool did."""

    code: int
    """Its exit code; 128 and the signal's number where a signal ended it."""
    output: bytes
    errors: bytes
    truncated: bool = False
    """It said more than OUTPUT bytes."""
    late: bool = False
    """It was ended by the clock; its output is what had come by then."""


def run_tool(
    words: Sequence[str], files: Iterable[File] = (), *, stdin: str = "", folders: Sequence[Path] = (), limits: Limits = LIMITS
) -> Answer:
    """Run a program over files, which stand in its working folder under their paths.

    `folders` are shown to it read-only, at their own paths: where it is installed, if that is not /usr. Raises ToolError where
    bubblewrap or the program is missing; nothing is run then. Raises DataError for a path that leads out of the folder.
    """
    bubblewrap = ready(words[0], folders)
    limiter = ["prlimit", *_limits(limits), "--", *words]
    with ExitStack() as stack:
        inputs = [(_inside(file.path), _held(stack, file.text.encode())) for file in files]
        if len(inputs) > MOST_FILES:
            raise DataError(f"{len(inputs)} files for a tool, {MOST_FILES} are the most", where=words[0], next="give it those it needs")
        status, told = os.pipe()
        stack.callback(os.close, status)
        given = [part for path, handle in inputs for part in ("--file", str(handle), f"/files/{path}")]
        walls = [bubblewrap, *_walls(folders), "--json-status-fd", str(told), *given, "--chdir", "/files", "--remount-ro", "/", "--"]
        with os.fdopen(told, "wb"):
            process = subprocess.Popen(
                [*walls, *limiter], env={}, cwd="/", stdin=_held(stack, stdin.encode()), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                pass_fds=[told, *(handle for _, handle in inputs)], start_new_session=True,
            )  # fmt: skip
        output, errors, late = _heard(process, time.monotonic() + limits.wall)
        code = _code(os.fdopen(os.dup(status), "rb"))
    if code is None and not late:
        raise ToolError(f"bubblewrap ended before the tool did ({_last(errors)})", where=words[0], next=_PERMIT)
    truncated = len(output) > OUTPUT or len(errors) > OUTPUT
    return Answer(-1 if code is None else code, output[:OUTPUT], errors[:OUTPUT], truncated, late)


def ready(name: str, folders: Sequence[Path] = ()) -> str:
    """Where bubblewrap is. Raises ToolError where it or the program is missing."""
    bubblewrap = available()
    program(name, folders)
    return bubblewrap


@cache
def available() -> str:
    """Where bubblewrap is. Raises ToolError where it is missing, too old, or not allowed to do its work."""
    place = shutil.which("bwrap")
    if sys.platform != "linux" or place is None:
        raise ToolError("tools of packs run only under bubblewrap, which is not here", where="bwrap", next=INSTALL)
    said = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < OLDEST:
        raise ToolError(f"is {said.strip()}, and {'.'.join(map(str, OLDEST))} or later is needed", where=place, next=INSTALL)
    tried = subprocess.run([place, *_walls(()), "--", "true"], capture_output=True, env={}, check=False)
    if tried.returncode:
        raise ToolError(f"bubblewrap cannot build its walls here ({_last(tried.stderr)})", where=place, next=_PERMIT)
    if not any(Path(folder, "prlimit").is_file() for folder in _PATH.split(":")):
        raise ToolError(
            "tools of packs run only within limits, which prlimit sets", where="prlimit", next="install it: `apt install util-linux`"
        )
    return place


def _walls(folders: Sequence[Path]) -> list[str]:
    """What stands around a tool, and the little that it sees."""
    words = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--disable-userns", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox", "--die-with-parent", "--new-session"]
    words += ["--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", _PATH, "--setenv", "HOME", "/files", "--setenv", "LANG", "C.UTF-8"]
    words += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        place = Path("/", name)
        words += ["--symlink", f"usr/{name}", str(place)] if place.is_symlink() else ["--ro-bind-try", str(place), str(place)]
    words += ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    # Read-only, or where we are root a tool could write the kernel's settings: bubblewrap itself leaves /proc/sys as it is then.
    words += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    words += ["--size", str(SCRATCH), "--tmpfs", "/tmp", "--size", str(SCRATCH), "--tmpfs", "/files"]
    return [*words, *(part for folder in folders for part in ("--ro-bind", str(folder.resolve()), str(folder)))]


def _limits(limits: Limits) -> list[str]:
    """The limits of each process in the sandbox, as prlimit takes them: it is inside, so that only processes there are counted."""
    return [
        f"--data={limits.memory}", f"--cpu={ceil(limits.seconds)}:{ceil(limits.seconds) + 1}", f"--fsize={limits.file_bytes}",
        f"--nproc={PROCESSES}", "--core=0",
    ]  # fmt: skip


def program(name: str, folders: Sequence[Path]) -> Path:
    """Where a program stands. Raises ToolError where it does not, as far as the sandbox can see."""
    places = [Path(name)] if "/" in name else [Path(folder, name) for folder in _PATH.split(":")]
    seen = [Path("/usr"), Path("/bin"), *folders]
    found = next((place for place in places if os.access(place, os.X_OK) and any(place.is_relative_to(one) for one in seen)), None)
    if found is None:
        raise ToolError(
            "is not installed where the sandbox can see it", where=name, next="install it in /usr, or name its folder in the pack"
        )
    return found


def _inside(path: str) -> str:
    """A file's path, where it stays within its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise DataError("leads out of the folder of a tool's files", where=path, next="give the file another path")
    return "/".join(parts)


def _held(stack: ExitStack, data: bytes) -> int:
    """A handle on bytes in memory, so that nothing is left on disk however we end."""
    handle = os.memfd_create("idiolect")
    stack.callback(os.close, handle)
    with os.fdopen(os.dup(handle), "wb") as stream:
        stream.write(data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _heard(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes, bool]:
    """What a process says on both its streams, a little more than OUTPUT at most, and whether it was ended by the clock."""
    said, late = {process.stdout: bytearray(), process.stderr: bytearray()}, False
    try:
        for stream, data in _pieces(process, until):
            said[stream] += data[: max(0, OUTPUT + 1 - len(said[stream]))]
    except TimeoutError:
        late = True
    finally:
        process.kill()  # with it all in its namespace ends; where it has ended, this does nothing
        process.wait()
        for stream in said:
            stream.close() if stream else None
    return bytes(said[process.stdout]), bytes(said[process.stderr]), late


def _pieces(process: subprocess.Popen[bytes], until: float) -> Iterator[tuple[IO[bytes] | None, bytes]]:
    """Pieces of output until both streams end. Raises TimeoutError."""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            assert stream
            selector.register(stream, selectors.EVENT_READ, stream)
        while selector.get_map():
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError
            for key, _ in selector.select(left):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                yield key.data, data


def _code(status: IO[bytes]) -> int | None:
    """The exit code, as bubblewrap reports it; None where it had none to report."""
    with status:
        found = [json.loads(line).get("exit-code") for line in status.read().splitlines() if line.strip()]
    return next((code for code in found if code is not None), None)


def _last(said: bytes) -> str:
    return said.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"
