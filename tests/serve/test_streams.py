"""When somebody goes: the client, and the engine."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from idiolect.render import Renderer
from idiolect.serve.stub import Script
from tests.serve.conftest import Opened, gateway, just, opened

SLOW = Script(pieces=("word ",) * 400, delay=0.05)
ASK = {"prompt": "x", "max_tokens": 400}


def wait_for(made: Opened, active: int) -> float:
    """Seconds until the engine writes so many answers."""
    start = time.monotonic()
    while made.engine.active != active:
        assert time.monotonic() - start < 5, f"the engine still writes {made.engine.active} answers"
        time.sleep(0.005)
    return time.monotonic() - start


def test_a_client_that_leaves_in_mid_stream_frees_the_engine_and_disturbs_nobody(renderer: Renderer) -> None:
    with opened(renderer, SLOW) as made, made.http.stream("POST", "/v1/completions", json={**ASK, "stream": True}) as other:
        lines = other.iter_lines()
        assert next(lines).startswith("data: ")
        with made.http.stream("POST", "/v1/completions", json={**ASK, "stream": True}) as response:
            held = response.iter_lines()  # which would close the connection if it were let go
            assert next(held).startswith("data: ")
            wait_for(made, 2)
        assert wait_for(made, 1) < 1
        assert any(line.startswith("data: ") for line in lines)
    assert made.engine.active == 0


@pytest.mark.parametrize("ask", [ASK, {**ASK, "stream": True}], ids=["whole", "before the first piece"])
def test_a_client_that_gives_up_waiting_frees_the_engine(renderer: Renderer, ask: dict[str, object]) -> None:
    script = SLOW if "stream" not in ask else Script(pieces=("late",), delay=20)
    with opened(renderer, script) as made:
        with pytest.raises(httpx.ReadTimeout):
            made.http.post("/v1/completions", json=ask, timeout=0.3)
        assert len(made.engine.asked) == 1
        assert wait_for(made, 0) < 1
        assert made.http.get("/health").status_code == 200


class Child:
    """A scripted engine in a process of its own, so that it can be killed."""

    def __init__(self, script: dict[str, object]) -> None:
        arguments = [sys.executable, "-m", "idiolect.serve.stub", json.dumps(script)]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)


@contextmanager
def child(script: dict[str, object]) -> Iterator[Child]:
    made = Child(script)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


SLOW_CHILD = {"pieces": ["word "] * 400, "delay": 0.02}


def test_killing_the_engine_ends_streams_with_an_error_event_and_everything_else_with_503(renderer: Renderer) -> None:
    with child(SLOW_CHILD) as engine, gateway(renderer, lambda: just(engine)) as http:
        assert http.get("/ready").status_code == 200
        with http.stream("POST", "/v1/chat/completions", json={"messages": [{"role": "user", "content": "x"}], "stream": True}) as response:
            lines = response.iter_lines()
            assert '"role"' in next(lines)
            engine.kill()
            start = time.monotonic()
            said = [line for line in lines if line]
            assert time.monotonic() - start < 1
        assert "[DONE]" not in said[-1]
        error = json.loads(said[-1].removeprefix("data: "))["error"]
        assert (error["code"], error["type"]) == ("engine_unavailable", "server_error")
        engine.process.wait()
        for response in (
            http.post("/v1/completions", json=ASK),
            http.post("/infill", json={"stream": True}),
            http.get("/health"),
            http.get("/ready"),
        ):
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) >= 1
            assert response.elapsed.total_seconds() < 1


def test_killing_the_engine_during_a_whole_answer_is_a_503(renderer: Renderer) -> None:
    with child(SLOW_CHILD) as engine, gateway(renderer, lambda: just(engine)) as http:
        death = threading.Timer(0.3, engine.kill)
        death.start()
        response = http.post("/v1/completions", json=ASK)
        death.join()
        assert (response.status_code, response.json()["error"]["code"]) == (503, "engine_unavailable")


def test_an_engine_that_breaks_off_is_an_error_event(renderer: Renderer) -> None:
    with opened(renderer, Script(pieces=("a", "b"), break_after=1)) as made:
        text = made.http.post("/v1/completions", json={**ASK, "stream": True}).text
        assert '"text": "a"' in text
        assert "in the middle of an answer" in text
        assert "[DONE]" not in text
        assert made.http.post("/v1/completions", json=ASK).status_code == 503


def test_an_engine_that_refuses_is_a_502_and_one_that_loads_a_503(renderer: Renderer) -> None:
    for refuse, status, code in ((400, 502, "engine_error"), (503, 503, "engine_unavailable")):
        with opened(renderer, Script(refuse=refuse)) as made:
            for stream in (False, True):
                response = made.http.post("/v1/completions", json={**ASK, "stream": stream})
                assert (response.status_code, response.json()["error"]["code"]) == (status, code)
