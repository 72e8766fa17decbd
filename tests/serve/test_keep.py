"""An engine that dies is started again, but not for ever."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from idiolect.errors import ToolError
from idiolect.render import Renderer
from idiolect.serve import wait
from idiolect.serve.keep import Kept
from idiolect.serve.stub import Stub, stub
from tests.serve.conftest import gateway

ASK = {"prompt": "x"}


class Start:
    """Starts stubs, and remembers them; after `most` of them it fails."""

    def __init__(self, most: int = 99) -> None:
        self.made: list[Stub] = []
        self.most = most

    @contextmanager
    def __call__(self) -> Iterator[Stub]:
        if len(self.made) == self.most:
            raise ToolError("no more engines")
        with stub() as engine:
            self.made.append(engine)
            yield engine


def until(condition: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_dead_engine_is_replaced_and_answers_again(renderer: Renderer) -> None:
    start = Start()
    with gateway(renderer, start, restarts=3) as http:
        start.made[0].living = False
        response = http.post("/v1/completions", json=ASK)
        assert (response.status_code, "restarting" in response.text) == (503, True)
        until(lambda: http.get("/health").status_code == 200)
        assert http.post("/v1/completions", json=ASK).status_code == 200
        assert (len(start.made[0].asked), len(start.made[1].asked)) == (0, 1)


def test_after_three_tries_it_is_given_up_and_said(renderer: Renderer) -> None:
    start = Start(most=1)
    with gateway(renderer, start, restarts=3) as http:
        start.made[0].living = False
        until(lambda: http.get("/health").json()["status"] == "gone")
        assert http.post("/v1/completions", json=ASK).status_code == 503
        with pytest.raises(ToolError, match="did not come up again"):
            wait(str(http.base_url).rstrip("/"))


def test_waiting_for_a_gateway_that_is_gone_ends(renderer: Renderer) -> None:
    with gateway(renderer, Start()) as http:
        url = str(http.base_url).rstrip("/")
    with pytest.raises(ToolError, match="the gateway stopped"):
        wait(url)


def test_tries_are_counted_and_wait_longer_each_time() -> None:
    start = Start()
    with Kept(start, restarts=2, backoff=0.1) as kept:
        for number in (1, 2):
            began = time.monotonic()
            start.made[-1].living = False
            until(lambda number=number: len(start.made) == number + 1)
            assert time.monotonic() - began > 0.1 * 2 ** (number - 1)
        start.made[-1].living = False
        until(lambda: kept.state == "gone")
        assert len(start.made) == 3
        assert kept.engine is None


def test_without_restarts_a_death_is_final(renderer: Renderer) -> None:
    start = Start()
    with gateway(renderer, start) as http:
        assert http.get("/health").json() == {"status": "ok"}
        start.made[0].living = False
        assert http.get("/health").json() == {"status": "gone"}
        time.sleep(0.3)
        assert len(start.made) == 1


def test_a_first_engine_that_does_not_start_is_the_callers_error() -> None:
    with pytest.raises(ToolError, match="no more engines"), Kept(Start(most=0), restarts=3):
        pass
