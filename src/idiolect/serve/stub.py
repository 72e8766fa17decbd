"""An engine without a model: it speaks the engine's `/completion` and `/health`, and says what a script says.

A shipped fake, for tests of the gateway and of whatever stands in front of it. `stub(script)` runs in a thread; `python -m
idiolect.serve.stub` runs it in a process of its own that can be killed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from idiolect.serve.listen import claim, listening


@dataclass(frozen=True)
class Script:
    """What the stub says."""

    pieces: tuple[str, ...] = ("hello", " world")
    """One token each, as long as `n_predict` allows; then it stops by itself."""
    ids: tuple[int, ...] = ()
    """Their token ids; default: 0 for each."""
    tail: str = ""
    """Text of the last event, which the engine held back because it could have become a stop text."""
    delay: float = 0.0
    """Seconds before each piece."""
    refuse: int = 0
    """An HTTP status to refuse every question with."""
    break_after: int = -1
    """Close the connection after so many pieces, without an end; -1: never."""


@dataclass
class Stub:
    """A running stub: what it was asked, and how many answers it is writing."""

    script: Script
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    active: int = 0
    living: bool = True
    pid: int = 0

    def alive(self) -> bool:
        """Whether it claims to live."""
        return self.living

    def application(self) -> Starlette:
        """The stub as an ASGI application."""
        return Starlette(routes=[Route("/completion", self._completion, methods=["POST"]), Route("/health", self._health)])

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _completion(self, request: Request) -> Response:
        question = await request.json()
        self.asked.append(question)
        if self.script.refuse:
            return JSONResponse({"error": {"message": "refused by the script"}}, self.script.refuse)
        return StreamingResponse(self._events(question), media_type="text/event-stream")

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1

    async def _events(self, question: dict[str, Any]) -> AsyncIterator[str]:
        script = self.script
        async with self._slot():
            said = script.pieces[: question["n_predict"]]
            for index, piece in enumerate(said):
                await anyio.sleep(script.delay)
                if index == script.break_after:
                    return
                yield _event({"content": piece, "tokens": [script.ids[index] if script.ids else 0], "stop": False})
            stop = "eos" if len(said) == len(script.pieces) else "limit"
            yield _event(
                {"content": script.tail, "stop": True, "stop_type": stop, "tokens_predicted": len(said), "timings": {"cache_n": 0}}
            )


def _event(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


@contextmanager
def stub(script: Script | None = None) -> Iterator[Stub]:
    """A stub on a free port of loopback, in a thread."""
    made = Stub(script or Script())
    with listening(made.application(), claim("127.0.0.1", 0)) as made.url:
        yield made


def main() -> None:
    """Run the stub until it is killed: the script as JSON in the first argument; prints the URL as its first line."""
    with stub(Script(**json.loads(sys.argv[1]))) as made:
        sys.stdout.write(made.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
