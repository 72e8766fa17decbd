"""Parsers that die, hang or are killed cost one file, and others take their place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from idiolect.syntax import packed
from idiolect.syntax.parsers import ParserProcess, Question, side_by_side

BUSY = b"/*\n" * 3_000
"""Keeps the error recovery of Python's grammar at work for minutes."""
GOOD: Question = ("python", b"def f(): pass\n", True)


def names(answer: bytes) -> list[str]:
    return [unit.name for unit in packed.units(answer, GOOD[1])]


def processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_file_that_keeps_the_parser_busy_costs_its_time_and_no_more() -> None:
    parser = ParserProcess(seconds=0.5)
    start = time.monotonic()
    answers = parser.ask([GOOD, ("python", BUSY, True), GOOD])
    assert [packed.refused(answer) for answer in answers] == ["", "takes too long to parse", ""]
    assert names(answers[0]) == names(answers[2]) == ["f"]
    assert time.monotonic() - start < 10
    parser.end()


def test_a_parser_that_hangs_is_ended_by_the_clock() -> None:
    parser = ParserProcess(patience=1)
    parser.ask([GOOD])
    assert parser.child
    os.kill(parser.child.pid, signal.SIGSTOP)
    (answer,) = parser.ask([GOOD])
    assert packed.refused(answer) == "takes too long to parse"
    assert names(parser.ask([GOOD])[0]) == ["f"]
    parser.end()


def test_a_parser_that_was_killed_is_replaced_and_its_file_asked_again() -> None:
    parser = ParserProcess()
    parser.ask([GOOD])
    first = parser.child
    assert first
    os.kill(first.pid, signal.SIGKILL)
    assert names(parser.ask([GOOD])[0]) == ["f"]
    assert parser.child is not first
    parser.end()


def test_a_file_whose_parser_is_killed_twice_is_refused() -> None:
    parser = ParserProcess(seconds=60)
    parser.ask([GOOD])
    killed: set[int] = set()

    def kill() -> None:
        while len(killed) < 2:
            time.sleep(0.05)
            if (child := parser.child) and child.pid not in killed and processor_seconds(child.pid) > 0.5:  # starting takes a fifth
                os.kill(child.pid, signal.SIGKILL)
                killed.add(child.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    answers = parser.ask([("python", BUSY, True), GOOD])
    killer.join()
    assert [packed.refused(answer) for answer in answers] == ["the parser died with signal 9", ""]
    parser.end()


def test_a_file_that_kills_each_parser_is_refused_and_those_around_it_are_not() -> None:
    """A grammar that no wheel brings stands for one that crashes: the child ends with an error at that file, every time."""
    parser = ParserProcess()
    answers = parser.ask([GOOD, ("nothing", b"x", True), GOOD, GOOD])
    assert [packed.refused(answer) for answer in answers] == ["", "the parser died with exit code 1", "", ""]
    parser.end()


def test_the_parser_cannot_be_reached_by_an_interrupt_and_ends_with_its_input() -> None:
    parser = ParserProcess()
    parser.ask([GOOD])
    child = parser.child
    assert child
    assert child.stdin
    os.kill(child.pid, signal.SIGINT)
    assert names(parser.ask([GOOD])[0]) == ["f"]
    child.stdin.close()
    assert child.wait(10) == 0
    assert child.stdout
    child.stdout.close()


def test_answers_come_in_the_order_of_the_questions_whoever_answers_first() -> None:
    texts = [b"def f%d(): pass\n%s" % (number, b"x = [1, 2, 3]\n" * (997 * number % 400)) for number in range(60)]
    batches = [[("python", data, True) for data in texts[at : at + 3]] for at in range(0, 60, 3)]
    answers = [answer for batch in side_by_side(batches, 3) for answer in batch]
    assert [packed.units(answer, data)[0].name for answer, data in zip(answers, texts, strict=True)] == [f"f{at}" for at in range(60)]


def test_several_parsers_work_at_once_and_none_is_left() -> None:
    code = (
        "import os, pathlib\n"
        "from idiolect.syntax.parsers import side_by_side\n"
        "seen = 0\n"
        "for _ in side_by_side([[('python', b'x = 1', True)] for _ in range(40)], 3):\n"
        "    seen = max(seen, sum(len(path.read_text().split()) for path in pathlib.Path('/proc/self/task').glob('*/children')))\n"
        "print(seen, sum(len(path.read_text().split()) for path in pathlib.Path('/proc/self/task').glob('*/children')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    most, left = map(int, done.stdout.split())
    assert 1 < most <= 3
    assert left == 0


def test_whoever_stops_listening_leaves_no_parser_behind() -> None:
    def children() -> set[str]:
        return {pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}

    before = children()
    answers = side_by_side([[GOOD] for _ in range(20)], 2)
    next(answers)
    assert children() > before
    answers.close()
    assert children() == before
