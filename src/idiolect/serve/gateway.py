"""The gateway: what editors talk to. It renders every prompt by our contract and asks the engine in token ids only.

OpenAI's `/v1/chat/completions`, `/v1/completions` (with `suffix`: fill-in-the-middle) and `/v1/models`, llama.cpp's `/infill`, and
`/health` and `/ready`. No route of the engine is passed through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from idiolect.render import Renderer
from idiolect.serve import schema
from idiolect.serve.errors import RETRY_SECONDS, RequestError, engine_away
from idiolect.serve.fit import Fitted, fit
from idiolect.serve.guard import Guard
from idiolect.serve.keep import Kept
from idiolect.serve.shapes import ChatShape, CompletionShape, InfillShape, Shape
from idiolect.serve.streams import TIMEOUT, Answer, Running, generate
from idiolect.types import Model

BODY_BYTES = 1 << 20
"""Longer bodies are refused (413)."""
_DRAINED_BYTES = 32 << 20
"""Read and thrown away of a body that is refused, so that its sender hears why."""

A = TypeVar("A", bound=schema.Ask)


@dataclass(frozen=True)
class Served:
    """One model as it is served."""

    model: Model
    renderer: Renderer
    kept: Kept
    context: int
    """Longest prompt plus answer in tokens."""

    @property
    def id(self) -> str:
        """Name, type and the beginning of the digest: another file is another id."""
        return "-".join(part for part in (self.model.name, self.model.type, self.model.digest[:12]) if part)


def application(served: Served, *, host: str = "127.0.0.1", key: str = "") -> Starlette:
    """The gateway as an ASGI application."""
    gateway = Gateway(served)
    routes = [
        Route("/v1/models", gateway.models, methods=["GET"]),
        Route("/v1/chat/completions", gateway.chat, methods=["POST"]),
        Route("/v1/completions", gateway.complete, methods=["POST"]),
        Route("/infill", gateway.infill, methods=["POST"]),
        Route("/health", gateway.health, methods=["GET"]),
        Route("/ready", gateway.ready, methods=["GET"]),
    ]
    handlers = {RequestError: _refuse, HTTPException: _refuse_http, ClientDisconnect: _left, Exception: _our_bug}
    return Starlette(
        routes=routes,
        lifespan=gateway.lifespan,
        middleware=[Middleware(Guard, host=host, key=key)],
        exception_handlers=handlers,  # type: ignore[arg-type]  # each handler takes its own error, Starlette asks for Exception
    )


class Gateway:
    """The routes, and the one connection pool to the engine."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.stops = frozenset(served.renderer.stops())
        file = Path(served.model.folder) / served.model.file
        self.created = int(file.stat().st_mtime) if file.is_file() else 0
        self.http: httpx.AsyncClient

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Hold the connection pool open; never through a proxy."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=16)
        async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False) as self.http:
            yield

    async def models(self, _: Request) -> Response:
        """`GET /v1/models`."""
        model = self.served.model
        about = {"digest": model.digest, "base": model.base, "file": model.file}
        row = {"id": self.served.id, "object": "model", "created": self.created, "owned_by": "idiolect"}
        return JSONResponse({"object": "list", "data": [{**row, "max_model_len": self.served.context, "idiolect": about}]})

    async def chat(self, request: Request) -> Answer:
        """`POST /v1/chat/completions`."""
        ask, headers = await self._read(request, schema.ChatAsk)
        fitted = await anyio.to_thread.run_sync(lambda: fit(self.served.renderer, ask.prompt(), ask, self.served.context))
        return self._answer(ask, fitted, ChatShape(self.served.id, ask.stream_options.include_usage), headers)

    async def complete(self, request: Request) -> Answer:
        """`POST /v1/completions`."""
        ask, headers = await self._read(request, schema.CompletionAsk)
        fitted = await anyio.to_thread.run_sync(lambda: fit(self.served.renderer, ask.prompt(), ask, self.served.context))
        return self._answer(ask, fitted, CompletionShape(self.served.id, ask.stream_options.include_usage), headers)

    async def infill(self, request: Request) -> Answer:
        """`POST /infill`."""
        ask, headers = await self._read(request, schema.InfillAsk)
        fitted = await anyio.to_thread.run_sync(lambda: fit(self.served.renderer, ask.prompt(), ask, self.served.context))
        more = {"t_max_predict_ms": ask.t_max_predict_ms} if ask.t_max_predict_ms else {}
        return self._answer(ask, fitted, InfillShape(self.served.id), headers, **more)

    async def health(self, _: Request) -> Response:
        """`GET /health`: 200 only while the engine's process lives."""
        state = self.served.kept.state
        return JSONResponse({"status": state}, 200) if state == "ok" else _unavailable(state)

    async def ready(self, _: Request) -> Response:
        """`GET /ready`: 200 only while the engine answers."""
        engine = self.served.kept.engine
        if engine is None:
            return _unavailable(self.served.kept.state)
        try:
            found = (await self.http.get(f"{engine.url}/health", timeout=2)).status_code
        except httpx.TransportError:
            return _unavailable("the engine does not answer")
        return JSONResponse({"status": "ready"}) if found == 200 else _unavailable("the engine is loading")

    async def _read(self, request: Request, kind: type[A]) -> tuple[A, dict[str, str]]:
        """The request, and headers that say what was left out of it."""
        body = await _body(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RequestError(415, "send JSON, with `Content-Type: application/json`", code="unsupported_media_type")
        self._engine()  # a dead engine is told before any work
        ask, unknown = schema.parse(kind, body)
        if ask.model not in ("", self.served.id, self.served.model.name):
            raise RequestError(404, f"no model '{ask.model[:80]}' here; this is {self.served.id}", code="model_not_found", param="model")
        names = ", ".join(name if name.isascii() and name.isprintable() else "?" for name in unknown)[:1000]
        return ask, {"x-idiolect-ignored": names} if names else {}

    def _engine(self) -> Running:
        engine = self.served.kept.engine
        if engine is None:
            raise engine_away(self.served.kept.state)
        return engine

    def _answer(self, ask: schema.Ask, fitted: Fitted, shape: Shape, headers: dict[str, str], **more: Any) -> Answer:
        if fitted.cut_from:
            headers = {**headers, "x-idiolect-truncated": f"prompt cut from {fitted.cut_from} to {len(fitted.ids)} tokens"}
        pieces = generate(self.http, self._engine(), {**_question(ask, fitted), **more}, self.stops)
        return Answer(pieces, shape, ask.stream, headers)


def _question(ask: schema.Ask, fitted: Fitted) -> dict[str, Any]:
    """What the engine is asked: every field is ours, none is a client's own."""
    return {
        "prompt": fitted.ids, "n_predict": fitted.max_tokens, "stop": ask.stop, "seed": ask.seed % 2**32,
        "temperature": ask.temperature, "top_p": ask.top_p, "top_k": max(ask.top_k, 0) if ask.temperature else 1, "min_p": ask.min_p,
        "frequency_penalty": ask.frequency_penalty, "presence_penalty": ask.presence_penalty,
        "stream": True, "cache_prompt": True, "return_tokens": True,
    }  # fmt: skip


async def _body(request: Request) -> bytes:
    """The body; a longer one than allowed is a RequestError (413), and never held in memory."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_BYTES:
            chunks.append(chunk)
        elif size > _DRAINED_BYTES:
            break
    if size > BODY_BYTES:
        raise RequestError(413, f"the body is longer than {BODY_BYTES} bytes", code="body_too_large")
    return b"".join(chunks)


def _unavailable(why: str) -> Response:
    return JSONResponse({"status": why}, 503, {"Retry-After": str(RETRY_SECONDS)})


async def _refuse(_: Request, refusal: RequestError) -> Response:
    return refusal.response()


async def _refuse_http(_: Request, error: HTTPException) -> Response:
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    headers = dict(error.headers or {})
    return RequestError(error.status_code, f"{error.detail}; see /v1/models", code=code, headers=headers).response()


async def _our_bug(_: Request, error: Exception) -> Response:
    return RequestError(500, f"a fault in the gateway ({type(error).__name__}); please report it", code="internal_error").response()


class _Nothing(Response):
    """No answer, for nobody is left to hear it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


async def _left(_: Request, __: ClientDisconnect) -> Response:
    return _Nothing()
