"""HTTP to any OpenAI-compatible runtime: our own gateway, Ollama, vLLM, a teacher in the next room.

`Scripted` is the shipped fake of such a runtime: it answers from a script, over real HTTP.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

from idiolect.errors import DataError, ResourceError, ToolError, UsageError
from idiolect.types import Hole, Message

SECONDS = 600.0
"""Longest wait for an answer. A cold prompt of thousands of tokens takes minutes on a small CPU."""
CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Reply:
    """What a model answered."""

    text: str
    finish: str = "stop"
    """`stop`, or `length` where the answer was cut off."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0
    """From the question to the last byte."""


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token."""

    max_tokens: int = 128
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        """As OpenAI names them."""
        chosen = {"max_tokens": self.max_tokens, "temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return {**chosen, "stop": list(self.stop)} if self.stop else chosen


GREEDY = Sampling()


class TooLongError(DataError):
    """The prompt and the longest answer do not fit the model's context."""


class Client:
    """One runtime. Safe to share between threads; close it, or use it in a `with` block."""

    def __init__(self, url: str, *, key: str = "", model: str = "", seconds: float = SECONDS) -> None:
        """`url` is the runtime's root, with or without `/v1`; without `model` the first that it lists is asked."""
        self.url = url.rstrip("/").removesuffix("/v1")
        host = urlsplit(self.url).hostname or ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._model, self._seconds = model, seconds
        # What asks this machine never goes through a proxy.
        local = host in ("localhost", "::1") or host.startswith("127.")
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=not local)

    def __enter__(self) -> Client:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        if not self._model:
            rows = self._send("GET", "/v1/models").get("data") or []
            if not rows:
                raise ToolError("the runtime serves no model", where=self.url, next="load one, or name it")
            self._model = str(rows[0]["id"])
        return self._model

    def chat(self, messages: Sequence[Message], sampling: Sampling = GREEDY) -> Reply:
        """The assistant's next turn."""
        rows = [{"role": message.role, "content": message.content} for message in messages]
        return self._ask("/v1/chat/completions", {"messages": rows, "model": self.model, **sampling.fields()})

    def complete(self, prompt: str, suffix: str | None = None, sampling: Sampling = GREEDY) -> Reply:
        """What follows a text or, with `suffix`, what stands between the two; the runtime builds the FIM prompt."""
        between = {} if suffix is None else {"suffix": suffix}
        return self._ask("/v1/completions", {"prompt": prompt, **between, "model": self.model, **sampling.fields()})

    def infill(self, hole: Hole, sampling: Sampling = GREEDY) -> Reply:
        """What fills a hole, in the shape of llama.cpp's server, with the files around it and what was just typed."""
        fields = {
            "input_prefix": hole.prefix, "input_suffix": hole.suffix, "prompt": hole.typed, "path": hole.path,
            "input_extra": [{"filename": file.path, "text": file.text} for file in hole.files],
            "n_predict": sampling.max_tokens, **sampling.fields(),
        }  # fmt: skip
        del fields["max_tokens"]
        start = time.monotonic()
        found = self._send("POST", "/infill", fields)
        finish = "length" if found.get("stop_type") == "limit" else "stop"
        return Reply(
            str(found["content"]), finish, found.get("tokens_evaluated", 0), found.get("tokens_predicted", 0), time.monotonic() - start
        )

    def _ask(self, route: str, fields: dict[str, Any]) -> Reply:
        start = time.monotonic()
        found = self._send("POST", route, fields)
        try:
            choice = found["choices"][0]
            text = choice["message"]["content"] if "message" in choice else choice["text"]
        except (KeyError, IndexError, TypeError) as error:
            raise ToolError(
                f"the answer has no choices ({error})", where=self.url + route, next="is this an OpenAI-compatible runtime?"
            ) from error
        usage = found.get("usage") or {}
        return Reply(
            text or "", choice.get("finish_reason") or "stop", usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0),
            time.monotonic() - start,
        )  # fmt: skip

    def _send(self, method: str, route: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        where = self.url + route
        try:
            response = self._http.request(method, route, json=fields)
        except httpx.TimeoutException as error:
            raise ToolError(
                f"no answer within {self._seconds:g} s ({type(error).__name__})", where=where, next="is the engine hung?"
            ) from error
        except httpx.TransportError as error:
            raise ToolError(f"the engine is gone ({error or type(error).__name__})", where=where, next="start it again") from error
        if response.status_code != 200:
            raise _fault(response, where)
        try:
            found = response.json()
        except ValueError as error:
            raise ToolError("the answer is not JSON", where=where, next="is this an OpenAI-compatible runtime?") from error
        if not isinstance(found, dict):
            raise ToolError("the answer is not a JSON object", where=where, next="is this an OpenAI-compatible runtime?")
        return found


def _fault(response: httpx.Response, where: str) -> Exception:
    """A refusal as the error that fits: the data's fault, the caller's, or the engine's."""
    try:
        said = response.json()["error"]
        message, code = str(said["message"]), said.get("code")
    except (ValueError, KeyError, TypeError):
        message, code = response.text[:300], None
    status = response.status_code
    if code == "context_length_exceeded":
        return TooLongError(message, where=where, next="send a shorter prompt, or serve with a larger `serve.context`")
    if status in (401, 403):
        return UsageError(f"{message} (HTTP {status})", where=where, next="check the key and the host name")
    if status >= 500 or status == 429:
        return ToolError(f"{message} (HTTP {status})", where=where, next="start the engine again")
    return DataError(f"{message} (HTTP {status})", where=where)


@dataclass(frozen=True)
class Said:
    """One answer of a script."""

    text: str = ""
    status: int = 200
    """Anything else: an error with `text` as its message."""
    delay: float = 0.0
    """Seconds of silence before it."""
    finish: str = "stop"
    code: str | None = None
    """Of an error."""
    raw: bytes | None = None
    """Sent as the body instead of JSON; an empty one closes the connection without any answer."""


Script = Callable[[dict[str, Any]], str | Said]
"""From a request's JSON to what is said."""


@dataclass
class Scripted:
    """A shipped fake of an OpenAI-compatible runtime on a free port of loopback, for use in a `with` block.

    The script is a function of the request, or answers to be given in order; when these run out it answers 500.
    """

    script: Script | Iterable[str | Said]
    model: str = "scripted"
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The JSON of every question so far, and its `route`."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Their headers."""

    def __enter__(self) -> Scripted:
        """Start to listen."""
        self._lock = threading.Lock()
        self._rest = iter(()) if callable(self.script) else iter(self.script)
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": self}))
        except OSError as error:
            raise ResourceError(f"no port to listen on ({error.strerror})", where="127.0.0.1", next="end what holds the ports") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="scripted runtime", daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, question: dict[str, Any]) -> Said:
        """What the script says to a question."""
        with self._lock:
            self.asked.append(question)
            said = self.script(question) if callable(self.script) else next(self._rest, Said("the script is at its end", status=500))
        return Said(said) if isinstance(said, str) else said


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: Scripted

    def do_GET(self) -> None:
        ok = self.path == "/v1/models"
        self._write(200 if ok else 404, {"object": "list", "data": [{"id": self.scripted.model, "object": "model"}]})

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.scripted.headers.append(dict(self.headers))
        said = self.scripted.answer({**question, "route": self.path})
        time.sleep(said.delay)
        if said.raw is not None:
            self._write_raw(said.status, said.raw)
        elif said.status != 200:
            self._write(said.status, {"error": {"message": said.text, "type": "scripted", "param": None, "code": said.code}})
        else:
            self._write(200, _body(self.path, self.scripted.model, said))

    def _write(self, status: int, value: dict[str, Any]) -> None:
        self._write_raw(status, json.dumps(value).encode())

    def _write_raw(self, status: int, body: bytes) -> None:
        if not body:
            self.close_connection = True
            return
        with suppress(ConnectionError):  # a client may have given up waiting
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _body(route: str, model: str, said: Said) -> dict[str, Any]:
    words = len(said.text.split())
    if route == "/infill":
        stop_type = "limit" if said.finish == "length" else "eos"
        return {"content": said.text, "stop": True, "stop_type": stop_type, "tokens_predicted": words, "tokens_evaluated": 0}
    chat = route.endswith("/chat/completions")
    content = {"message": {"role": "assistant", "content": said.text}} if chat else {"text": said.text}
    usage = {"prompt_tokens": 0, "completion_tokens": words, "total_tokens": words}
    return {
        "id": "scripted", "object": "chat.completion" if chat else "text_completion", "model": model,
        "choices": [{"index": 0, **content, "finish_reason": said.finish}], "usage": usage,
    }  # fmt: skip
