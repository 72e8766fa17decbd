"""From the engine to the client, piece by piece; when either of them goes, the other is told at once.

The engine is always asked for a stream, even where the client wants one object: closing that stream is what cancels it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import anyio
import httpx
from pydantic_core import from_json
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from idiolect.serve.errors import RequestError, engine_away, engine_broke
from idiolect.serve.shapes import End, Shape, event

TIMEOUT = httpx.Timeout(connect=2, read=600, write=30, pool=2)
"""Seconds. A cold prompt of thousands of tokens takes minutes on a small CPU, and the engine is silent meanwhile."""


class Running(Protocol):
    """What the gateway needs of an engine."""

    @property
    def url(self) -> str:
        """Where it listens."""

    def alive(self) -> bool:
        """Whether its process runs."""


async def generate(
    http: httpx.AsyncClient, engine: Running, question: Mapping[str, Any], stops: Collection[int]
) -> AsyncGenerator[str | End, None]:
    """Texts as the engine makes them, and an End last; a dead engine is a RequestError (503), also in the middle.

    Generation ends at the engine's own end tokens and at the ids in `stops`, whether the engine knows them or not.
    """
    counted, over = 0, False
    mute = question["n_predict"] == 0  # asked for no token, the engine still makes one
    try:
        async with http.stream("POST", f"{engine.url}/completion", json=dict(question)) as response:
            if response.status_code != 200:
                raise _explain(response.status_code, await response.aread())
            async for said in _events(response):
                if over and not said.get("stop"):  # a token that ends an answer for us and not for the engine
                    yield End("stop", len(question["prompt"]), counted)
                    return
                if said.get("content") and not mute:
                    yield said["content"]
                if said.get("stop"):
                    yield _end(question, said, counted, over)
                    return
                counted += max(1, len(said.get("tokens", ())))
                over = any(token in stops for token in said.get("tokens", ()))
    except httpx.TransportError as error:
        raise engine_away(type(error).__name__) from error
    raise engine_away("it stopped in the middle of an answer")


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        name, _, data = line.partition(":")
        if name not in ("data", "error") or data.strip() == "[DONE]":
            continue
        try:
            value = from_json(data.strip())
        except ValueError as error:
            raise engine_broke("its answer is not JSON") from error
        if name == "error" or "error" in value:
            raise engine_broke(str(value.get("error", value))[:300])
        yield value


def _explain(status: int, body: bytes) -> RequestError:
    text = body.decode("utf-8", "replace")[:300]
    return engine_away("it is loading") if status == 503 else engine_broke(f"{status}: {text}")


def _end(question: Mapping[str, Any], said: Mapping[str, Any], counted: int, over: bool) -> End:
    cut = said.get("stop_type") == "limit" and not over
    cached = said.get("timings", {}).get("cache_n", 0)
    made = min(said.get("tokens_predicted", counted), question["n_predict"])
    return End("length" if cut else "stop", len(question["prompt"]), made, cached)


@dataclass
class Answer:
    """A response that ends the engine's work as soon as the client leaves."""

    pieces: AsyncGenerator[str | End, None]
    shape: Shape
    stream: bool
    headers: dict[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the answer while listening for the client's leaving; both are ASGI's."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_when_left, receive, group.cancel_scope)
                await (self._write_pieces if self.stream else self._write_whole)(scope, receive, send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self.pieces.aclose()

    async def _write_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        texts: list[str] = []
        end: End | None = None
        try:
            async for piece in self.pieces:
                if isinstance(piece, End):
                    end = piece
                else:
                    texts.append(piece)
        except RequestError as refusal:
            await refusal.response()(scope, receive, send)
            return
        if end:
            await JSONResponse(self.shape.whole("".join(texts), end), headers=self.headers)(scope, receive, send)

    async def _write_pieces(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Nothing is sent before the first piece is there, so that an engine that is gone is still a 503.
        try:
            piece = await anext(self.pieces)
        except RequestError as refusal:
            await refusal.response()(scope, receive, send)
            return
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", **self.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        for text in self.shape.first():
            await _say(send, text)
        try:
            while not isinstance(piece, End):
                await _say(send, self.shape.piece(piece))
                piece = await anext(self.pieces)
            for text in self.shape.last(piece):
                await _say(send, text)
        except RequestError as refusal:
            await _say(send, event(refusal.body()))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _cancel_when_left(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
