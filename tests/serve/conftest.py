"""A gateway on real loopback HTTP, in front of a scripted engine."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from idiolect import fim
from idiolect.render import Renderer
from idiolect.serve.gateway import Served, application
from idiolect.serve.keep import Kept
from idiolect.serve.listen import claim, listening
from idiolect.serve.streams import Running
from idiolect.serve.stub import Script, Stub, stub
from idiolect.types import Model

CONTEXT = 512
"""Of the scripted engine; a token of the synthetic tokenizer is one byte."""
MODEL = Model(name="acme", form="gguf", digest="0123456789abcdef" * 4, file="acme.gguf", base="seedling", type="Q8_0", context=CONTEXT)


def synthetic(family: str) -> Tokenizer:
    """One token a byte, and a family's special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokens = [*fim.FAMILIES[family].stops, "<|im_start|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    return tokenizer


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(synthetic("qwen2.5-coder"))


class Opened:
    """A gateway that runs, the client that asks it, and the engine behind it."""

    def __init__(self, http: httpx.Client, engine: Stub, renderer: Renderer) -> None:
        self.http, self.engine, self.renderer = http, engine, renderer

    def asked(self) -> str:
        """The prompt of the last question, spelled out with its special tokens."""
        return self.renderer.tokenizer.decode(self.engine.asked[-1]["prompt"], skip_special_tokens=False)


@contextmanager
def opened(renderer: Renderer, script: Script | None = None, *, host: str = "127.0.0.1", key: str = "") -> Iterator[Opened]:
    with stub(script) as engine, gateway(renderer, lambda: just(engine), host=host, key=key) as http:
        yield Opened(http, engine, renderer)


@contextmanager
def gateway(renderer: Renderer, start: object, *, host: str = "127.0.0.1", key: str = "", restarts: int = 0) -> Iterator[httpx.Client]:
    kept = Kept(start, restarts=restarts, backoff=0.05)  # type: ignore[arg-type]
    app = application(Served(MODEL, renderer, kept, CONTEXT), host=host, key=key)
    with listening(app, claim("127.0.0.1", 0)) as url, kept, httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
        yield http


@contextmanager
def just(engine: Running) -> Iterator[Running]:
    yield engine


@pytest.fixture(scope="module")
def plain(renderer: Renderer) -> Iterator[Opened]:
    """A gateway whose engine says `hello world`, for tests that need nothing special."""
    with opened(renderer) as made:
        yield made


Start = AbstractContextManager[Running]
