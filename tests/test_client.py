"""One client for every OpenAI-compatible runtime, and its scripted counterpart."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from idiolect.client import Client, Reply, Said, Sampling, Scripted, TooLongError
from idiolect.errors import DataError, ToolError, UsageError
from idiolect.types import File, Hole, Message

HOLE = Hole(path="m.py", prefix="a", suffix="c", typed="b", files=(File(path="x.py", text="X"),))


def test_a_chat_asks_for_the_model_that_the_runtime_lists() -> None:
    with Scripted(["hello there"], model="teacher-1") as runtime, Client(runtime.url) as client:
        reply = client.chat([Message(role="user", content="hi")], Sampling(max_tokens=5, stop=("\n",)))
    assert (reply.text, reply.finish, reply.answer_tokens) == ("hello there", "stop", 2)
    assert runtime.asked == [
        {
            "route": "/v1/chat/completions", "messages": [{"role": "user", "content": "hi"}], "model": "teacher-1",
            "max_tokens": 5, "temperature": 0.0, "top_p": 1.0, "seed": 0, "stop": ["\n"],
        }
    ]  # fmt: skip


def test_a_suffix_is_sent_only_where_there_is_one() -> None:
    with Scripted(lambda ask: "filled" if "suffix" in ask else "continued") as runtime, Client(f"{runtime.url}/v1", model="m") as client:
        assert client.complete("a", "").text == "filled"
        assert client.complete("a").text == "continued"


def test_a_hole_is_sent_in_the_shape_of_llama_cpp() -> None:
    with Scripted([Said("x", finish="length")]) as runtime, Client(runtime.url) as client:
        assert client.infill(HOLE, Sampling(max_tokens=9)).finish == "length"
    (asked,) = runtime.asked
    assert (asked["input_prefix"], asked["input_suffix"], asked["prompt"], asked["path"]) == ("a", "c", "b", "m.py")
    assert asked["input_extra"] == [{"filename": "x.py", "text": "X"}]
    assert asked["n_predict"] == 9
    assert "max_tokens" not in asked


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("too long", status=400, code="context_length_exceeded"), TooLongError),
        (Said("bad", status=400), DataError),
        (Said("who", status=401), UsageError),
        (Said("dead", status=503), ToolError),
        (Said("busy", status=429), ToolError),
        (Said(raw=b""), ToolError),
        (Said(raw=b"<html>"), ToolError),
        (Said(raw=b"[]"), ToolError),
        (Said(raw=b'{"choices": []}'), ToolError),
        (Said(status=502, raw=b"bad gateway"), ToolError),
    ],
)
def test_every_refusal_is_the_error_that_fits(said: Said, expected: type[Exception]) -> None:
    with Scripted([said]) as runtime, Client(runtime.url, model="m") as client, pytest.raises(expected, match=runtime.url) as caught:
        client.complete("x")
    assert caught.type is expected
    assert said.text in str(caught.value)


@pytest.mark.parametrize(
    "ask",
    [lambda c: c.complete("x"), lambda c: c.infill(HOLE), lambda c: c.chat([Message(role="user", content="x")]), lambda c: c.model],
)
def test_an_engine_that_is_gone_is_told_at_once(ask: Callable[[Client], object]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        start = time.monotonic()
        with Client(url) as client, pytest.raises(ToolError, match="gone") as caught:
            ask(client)
        assert time.monotonic() - start < 1
    assert caught.value.exit_code == 6
    assert url in str(caught.value)


def test_an_answer_that_does_not_come_is_a_tool_error() -> None:
    with (
        Scripted([Said("late", delay=1)]) as runtime,
        Client(runtime.url, model="m", seconds=0.1) as client,
        pytest.raises(ToolError, match=r"0\.1 s"),
    ):
        client.complete("x")


def test_the_key_is_sent_and_no_proxy_stands_between_loopback_and_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with Scripted(["fine"]) as runtime, Client(runtime.url, key="k", model="m") as client:
        assert client.complete("x").text == "fine"
    assert runtime.headers[0]["Authorization"] == "Bearer k"


def test_a_script_at_its_end_says_so() -> None:
    with Scripted(["one"]) as runtime, Client(runtime.url, model="m") as client:
        client.complete("x")
        with pytest.raises(ToolError, match="script is at its end"):
            client.complete("x")


def test_a_client_is_shared_between_threads() -> None:
    with Scripted(lambda ask: str(ask["prompt"])) as runtime, Client(runtime.url, model="m") as client, ThreadPoolExecutor(4) as pool:
        prompts = [f"prompt {n}" for n in range(20)]
        replies: list[Reply] = list(pool.map(client.complete, prompts))
    assert [reply.text for reply in replies] == prompts
