"""Parsers that die, hang or are killed cost one file, and others take their place."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from idiolect.syntax import packed
from idiolect.syntax.parsers import ParserProcess, Question

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
