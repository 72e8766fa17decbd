"""Serve a model: llama.cpp's server on loopback, and idiolect's gateway in front of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idiolect.errors import ToolError, UsageError
from idiolect.recipe import Recipe
from idiolect.types import Model

MOST_SLOTS = 4
"""How many answers the engine writes at a time; more wait their turn."""
SLOT_TOKENS = 32_768
"""Tokens that all slots together hold in memory, unless one alone needs more: a 7B model takes about 57 KB for each."""
LOOK_SECONDS = 0.5
"""How often `wait` looks after the engine."""
DEFAULT_CONTEXT = 2048
"""Tokens, for a model that does not say what it was made for."""


@contextmanager
def serve(recipe: Recipe, model: Model, *, host: str | None = None, port: int | None = None, restarts: int = 0) -> Iterator[str]:
    """Start the engine and the gateway, and yield the gateway's URL; both are gone in the end.

    `host` and `port` replace the recipe's; port 0 takes a free one. An engine that dies is started again up to `restarts` times in a row;
    meanwhile every request is answered 503 at once. A taken port is a ResourceError, an open address without a key a UsageError.
    """
    from idiolect import engine
    from idiolect.render import Renderer
    from idiolect.serve import gateway, keep, listen

    if model.form != "gguf":
        raise UsageError(f"only a gguf can be served, not a model of the form '{model.form}'", where=model.name, next="export it")
    address = host if host is not None else recipe.serve.host
    listen.refuse_open(address, recipe.serve.key)
    folder = Path(model.folder)
    context = recipe.serve.context or model.context or DEFAULT_CONTEXT
    slots = max(1, min(MOST_SLOTS, SLOT_TOKENS // context))
    renderer = Renderer.load(folder)
    kept = keep.Kept(lambda: engine.start(folder / model.file, context=context, slots=slots), restarts=restarts)
    app = gateway.application(gateway.Served(model, renderer, kept, context), host=address, key=recipe.serve.key)
    claimed = listen.claim(address, recipe.serve.port if port is None else port)
    # The gateway first: whoever asks while the model loads hears 503, and the port is ours before anything heavy starts.
    with listen.listening(app, claimed) as url, kept:
        yield url


def wait(url: str) -> None:
    """Return never; an engine that was given up is a ToolError. For the foreground of `idiolect serve`."""
    import httpx

    state = "ok"
    with httpx.Client(base_url=url, trust_env=False) as http:
        while state != "gone":
            time.sleep(LOOK_SECONDS)
            try:
                state = http.get("/health").json()["status"]
            except httpx.TimeoutException:
                continue  # busy, not gone
            except httpx.TransportError as error:
                raise ToolError(f"the gateway stopped ({error})", where=url, next="serve again") from error
    raise ToolError("the engine died and did not come up again", where=url, next="check the model with `idiolect models verify`")
