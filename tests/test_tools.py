"""What a tool cannot do to this machine, and that it is never run without walls. Skips plainly where bubblewrap is missing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from idiolect import tools
from idiolect.errors import DataError, ToolError
from idiolect.sandbox import Limits
from idiolect.tools import Answer, run_tool
from idiolect.types import File

ROOT = Path(__file__).parent.parent
QUICK = Limits(memory=512 << 20, seconds=2, wall=1.0, file_bytes=8 << 20)


def missing() -> str:
    """Why tools cannot run here; empty where they can."""
    try:
        tools.available()
    except ToolError as error:
        return f"skipped: {error}"
    return "" if shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") else "skipped: no python3 below /usr"


walled = pytest.mark.skipif(bool(missing()), reason=missing())


def python(code: str, *words: str, limits: Limits = QUICK) -> Answer:
    return run_tool(["python3", "-c", code, *words], limits=limits)


@walled
def test_a_tool_reads_its_files_and_its_output_and_exit_code_come_back() -> None:
    files = [File(path="app/a.rb", text="puts 'é'\n"), File(path="b.txt", text="")]
    answer = run_tool(["sh", "-c", "cat app/a.rb; cat; wc -c < b.txt >&2; exit 3"], files, stdin="typed\n")
    assert answer == Answer(3, "puts 'é'\ntyped\n".encode(), b"0\n")


ESCAPES = {
    "the environment": "set(os.environ) - {'HOME', 'PATH', 'LANG', 'PWD', 'LC_CTYPE'}",
    "the environment of the first process": "open('/proc/1/environ').read()",
    "the environment of any process": "[file for file in glob.glob('/proc/*/environ') if 'PLANTED' in open(file).read()]",
    "a file of its user": "open(secret).read()",
    "a file through the root of the first process": "open('/proc/1/root' + secret).read()",
    "a folder of its user": "os.listdir(os.path.dirname(secret))",
    "accounts": "open('/etc/passwd').read()",
    "a port of this machine": "socket.create_connection(('127.0.0.1', port), 1)",
    "cloud metadata": "socket.create_connection(('169.254.169.254', 80), 1)",
    "names of the network": "socket.getaddrinfo('example.org', 80)",
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0' + name) or 1",
    "a raw socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "programs, to write": "open('/usr/planted', 'w')",
    "the root, to write": "open('/planted', 'w')",
    "devices, to write": "open('/dev/planted', 'w')",
    "what the kernel starts for a core, to write": "open('/proc/sys/kernel/core_pattern', 'a')",
    "the name of the machine, to write": "open('/proc/sys/kernel/hostname', 'a')",
    "the keys of the kernel, to write": "open('/proc/sysrq-trigger', 'w')",
    "memory of the kernel": "open('/proc/kcore', 'rb').read(1)",
    "a higher limit": "resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)) or 1",
    "a namespace within": "libc.unshare(0x10000000) == 0",
    "a mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "another root": "os.chroot('/tmp') or 1",
    "a process of this machine": "os.kill(pid, 0) or 1",
    "the memory of a process of this machine": "libc.ptrace(16, pid, 0, 0) == 0",
    "the terminal": "fcntl.ioctl(0, 0x5412, b'x')",
    "the terminal by its name": "open('/dev/tty', 'w')",
    "another user": "os.setuid(0) or 1",
    "a disk": "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0)) or 1",
    "memory that this machine shares": "os.path.exists('/dev/shm/' + name)",
    "handles of ours": "[one for one in os.listdir('/proc/self/fd') if int(one) > 2 and os.path.exists('/proc/self/fd/' + one)]",
    "a module of the kernel": "libc.syscall(175, b'', 0, b'') == 0",
    "the clock": "time.clock_settime(time.CLOCK_REALTIME, 1) or 1",
}
TRY = """
import ctypes, fcntl, glob, json, os, resource, socket, sys, time
libc = ctypes.CDLL(None)
given = json.load(sys.stdin)
globals().update(given["values"])
for what, code in given["escapes"].items():
    try:
        found = eval(code)
    except Exception as error:
        found = None
    print(json.dumps([what, str(found or "")]))
"""


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each way out of the sandbox came to, all tried by one tool."""
    secret = tmp_path_factory.mktemp("home") / "secret"
    secret.write_text("hidden")
    name = f"idiolect-{os.getpid()}"
    shared = Path("/dev/shm", name)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0" + name)
        abstract.listen()
        values = {"secret": str(secret), "name": name, "port": server.getsockname()[1], "pid": os.getpid()}
        os.environ["PLANTED"] = "hidden"
        shared.touch()
        try:
            answer = run_tool(["python3", "-c", TRY], stdin=json.dumps({"values": values, "escapes": ESCAPES}))
        finally:
            shared.unlink()
            del os.environ["PLANTED"]
    assert answer.code == 0, answer.errors
    return dict(json.loads(line) for line in answer.output.splitlines())


@walled
@pytest.mark.parametrize("what", ESCAPES)
def test_a_tool_cannot_reach(what: str, reached: dict[str, str]) -> None:
    assert reached[what] == ""


def test_the_ways_out_lead_out_where_there_are_no_walls() -> None:
    words = [sys.executable, "-c", TRY]
    tried = ["accounts", "a process of this machine", "the environment"]
    given = {"values": {"pid": os.getpid()}, "escapes": {what: ESCAPES[what] for what in tried}}
    said = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, check=True).stdout
    assert all(json.loads(line)[1] for line in said.splitlines())


LEFTOVERS = {
    "children in sessions of their own": "setsid sleep MARK & setsid sleep MARK & sleep MARK",
    "children that ignore being told to end": "trap '' TERM HUP INT; sleep MARK & sleep MARK",
    "a child that is left behind": "(sleep MARK &) ; exit 0",
    "a stopped child": "sleep MARK & kill -STOP $!; wait",
    "a fork bomb": "f() { f | f & }; f; sleep MARK",
}


@walled
@pytest.mark.parametrize("code", LEFTOVERS.values(), ids=LEFTOVERS)
def test_nothing_is_left_of(code: str) -> None:
    mark = f"{100_000 + os.getpid()}.5"
    begin = time.monotonic()
    answer = run_tool(["sh", "-c", code.replace("MARK", mark)], limits=QUICK)
    assert answer.late == ("exit 0" not in code)
    assert time.monotonic() - begin < 2.5
    assert gone(mark, 10.0)  # the kernel ends them all at once, but burying the hundreds of a fork bomb takes a busy machine a while


def gone(mark: str, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while processes(mark) and time.monotonic() < until:
        time.sleep(0.02)
    return not processes(mark)


def processes(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():  # a glob looks at each process itself, and fails where one ends meanwhile
        try:
            if folder.name.isdigit() and mark in (folder / "cmdline").read_text():
                found.append(folder.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def sleeping(mark: str) -> list[str]:
    return [number for number in processes(mark) if command(number) == "sleep"]


def command(number: str) -> str:
    try:
        return Path(f"/proc/{number}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@walled
@pytest.mark.long
def test_nothing_is_left_of_two_hundred_tools() -> None:
    mark = f"{300_000 + os.getpid()}.5"
    for _ in range(200):
        assert run_tool(["sh", "-c", f"setsid sleep {mark} & (sleep {mark} &); exit 0"]).code == 0
    assert gone(mark, 1.0)


@walled
def test_a_tool_that_takes_too_much_memory_meets_its_limit() -> None:
    answer = python("bytearray(8 << 30)")
    assert answer.code == 1
    assert b"MemoryError" in answer.errors


@walled
def test_a_tool_that_writes_without_end_fills_no_disk() -> None:
    free = shutil.disk_usage("/").free
    answer = run_tool(["sh", "-c", "for n in $(seq 40); do head -c 4194304 /dev/zero > /files/$n || exit 9; done"], limits=QUICK)
    assert answer.code == 9
    assert b"No space left" in answer.errors
    assert python("open('/tmp/large', 'wb').write(bytes(16 << 20))").code != 0
    assert free - shutil.disk_usage("/").free < 64 << 20


@walled
def test_what_is_said_beyond_ten_megabytes_is_cut_and_that_is_told() -> None:
    answer = run_tool(["head", "-c", "40000000", "/dev/zero"])
    assert (answer.code, len(answer.output), answer.truncated) == (0, tools.OUTPUT, True)


@walled
def test_a_tool_that_spins_ends_by_its_processor_time() -> None:
    answer = python("while True: pass", limits=Limits(memory=512 << 20, seconds=1, wall=20, file_bytes=1))
    assert (answer.code, answer.late) == (128 + signal.SIGXCPU, False)


@walled
def test_a_path_that_leads_out_is_refused_before_anything_runs(tmp_path: Path) -> None:
    for path in ("../x", "/etc/x", "a/../../x", "", "a\0b"):
        with pytest.raises(DataError, match="leads out of the folder"):
            run_tool(["true"], [File(path=path, text="")])


@walled
def test_a_tool_that_is_not_there_is_a_sentence_with_exit_code_6(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\necho mine\n")
    (tmp_path / "mine").chmod(0o755)
    for name in ("no-such-tool", str(tmp_path / "mine")):
        with pytest.raises(ToolError, match="is not installed where the sandbox can see it") as caught:
            run_tool([name])
        assert caught.value.exit_code == 6
    assert run_tool([str(tmp_path / "mine")], folders=[tmp_path]).output == b"mine\n"


@walled
def test_when_we_are_killed_so_are_eight_tools() -> None:
    mark = f"{200_000 + os.getpid()}.5"
    words = ["sh", "-c", f"setsid sleep {mark} & sleep {mark}"]
    code = f"""
from threading import Thread
from idiolect.tools import run_tool
for _ in range(8):
    Thread(target=run_tool, args=({words},)).start()
"""
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    until = time.monotonic() + 20
    while len(sleeping(mark)) < 16 and time.monotonic() < until:
        time.sleep(0.02)
    assert len(sleeping(mark)) == 16
    process.kill()
    process.wait()
    assert gone(mark, 2.0)


@walled
def test_tools_run_side_by_side() -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(run_tool(["echo", "here"]).output)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"here\n"] * 8


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "bwrap: tools of packs run only under bubblewrap, which is not here; install it: `apt install bubblewrap`"),
        ("echo bubblewrap 0.4.1", "is bubblewrap 0.4.1, and 0.8 or later is needed; install it"),
        (
            '[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; echo "bwrap: No permissions" >&2; exit 1',
            "cannot build its walls here (bwrap: No permissions); it needs user namespaces",
        ),
    ],
    ids=["missing", "old", "forbidden"],
)
def test_without_bubblewrap_nothing_runs_and_a_sentence_says_how_to_get_it(tmp_path: Path, words: str, sentence: str) -> None:
    if words:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / "bwrap").chmod(0o755)
    code = (
        "import sys; from idiolect.cli import ended; from idiolect.tools import run_tool; "
        f"sys.exit(ended(lambda: run_tool(['touch', {str(tmp_path / 'made')!r}], folders=[])))"
    )
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert ended.returncode == 6, ended.stderr
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "made").exists()
