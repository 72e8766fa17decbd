"""The gateway in front of the real engine, with a random model in a real GGUF file."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from idiolect.client import Client, Sampling, TooLongError
from idiolect.errors import ResourceError, ToolError, UsageError
from idiolect.export import gguf_file
from idiolect.recipe import Recipe, parse
from idiolect.render import Renderer
from idiolect.serve import serve
from idiolect.serve.listen import claim
from idiolect.types import File, Hole, Message, Model
from tests.tiny_model import write_model

HOLE = Hole(
    path="m.py",
    prefix="def add(a, b):\n    return ",
    suffix="\n\nprint(add(1, 2))\n",
    typed="a",
    files=(File(path="x.py", text="X = 1\n"),),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, num_hidden_layers=2)
    report = gguf_file.write(folder, None, "F16", folder / "tiny.gguf")
    return Model(name="tiny", form="gguf", digest=report.digest, file="tiny.gguf", type="F16", context=report.context, folder=str(folder))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return parse({"name": "tiny", "serve": {"context": 512}}, folder=tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def client(recipe: Recipe, model: Model) -> Iterator[Client]:
    with serve(recipe, model, port=0) as url, Client(url) as made:
        yield made


def engines() -> list[int]:
    """Process ids of the engines that this process started."""
    return [pid for pid, parent, command in _processes() if parent == os.getpid() and b"engine_child" in command]


def _processes() -> Iterator[tuple[int, int, bytes]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
            except OSError:
                continue
            yield int(folder.name), int(stat.rpartition(")")[2].split()[1]), command


def test_every_route_answers_and_counts_its_tokens_as_we_do(client: Client, model: Model) -> None:
    renderer = Renderer.load(Path(model.folder))
    short = Sampling(max_tokens=5)
    turn = Message(role="user", content="hi <|im_end|>")
    assert client.model.startswith("tiny-F16-")
    replies = [
        client.infill(HOLE, short),
        client.complete("x = ", "\ny", short),
        client.complete("x = ", None, short),
        client.chat([turn], short),
    ]
    prompts = [renderer.hole(HOLE), renderer.hole(Hole(path="", prefix="x = ", suffix="\ny")), renderer.text("x = "), renderer.chat([turn])]
    for reply, prompt in zip(replies, prompts, strict=True):
        assert reply.prompt_tokens == len(prompt)
        assert 1 <= reply.answer_tokens <= 5
        assert reply.finish == ("length" if reply.answer_tokens == 5 else "stop")


def test_greedy_is_the_same_twice_and_streamed_as_whole(client: Client) -> None:
    ask = {"prompt": "import os\n", "suffix": "\nos.getcwd()", "max_tokens": 20, "temperature": 0}
    whole = client.complete("import os\n", "\nos.getcwd()", Sampling(max_tokens=20)).text
    assert whole == client.complete("import os\n", "\nos.getcwd()", Sampling(max_tokens=20)).text
    streamed = httpx.post(f"{client.url}/v1/completions", json={**ask, "stream": True}, timeout=30).text
    pieces = [line.removeprefix("data: ") for line in streamed.split("\n\n") if line and "[DONE]" not in line]
    assert "".join(httpx.Response(200, text=piece).json()["choices"][0]["text"] for piece in pieces) == whole


def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(client: Client) -> None:
    whole = client.complete("import os\n", None, Sampling(max_tokens=40)).text
    stop = whole[len(whole) // 2 :][:3]
    reply = client.complete("import os\n", None, Sampling(max_tokens=40, stop=(stop,)))
    assert (reply.text, reply.finish) == (whole[: whole.index(stop)], "stop")


def test_a_prompt_may_only_be_read_into_the_cache(client: Client) -> None:
    ask = {"input_prefix": "import os\n" * 9, "n_predict": 0}
    first = httpx.post(f"{client.url}/infill", json=ask, timeout=30).json()
    assert (first["content"], first["tokens_predicted"]) == ("", 0)
    later = httpx.post(f"{client.url}/infill", json={**ask, "n_predict": 3, "temperature": 0}, timeout=30).json()
    assert later["tokens_cached"] >= first["tokens_evaluated"] - 1


def test_an_answer_may_fill_the_context_and_not_a_token_more(client: Client, model: Model) -> None:
    renderer = Renderer.load(Path(model.folder))
    text = "x" * 400
    room = 512 - len(renderer.text(text))
    full = client.complete(text, None, Sampling(max_tokens=room))
    assert full.prompt_tokens + full.answer_tokens <= 512
    assert full.finish == "stop" or full.answer_tokens == room
    with pytest.raises(TooLongError, match="512"):
        client.complete(text, None, Sampling(max_tokens=room + 1))


def seconds_of(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_engine_stops_working_for_clients_that_left(recipe: Recipe, model: Model, stream: bool) -> None:
    before = set(engines())
    long = recipe.model_copy(update={"serve": recipe.serve.model_copy(update={"context": 1024})})
    with serve(long, model, port=0) as url:
        (pid,) = set(engines()) - before
        ask = {"prompt": "x", "max_tokens": 700, "temperature": 0, "stream": stream}
        start, began = seconds_of(pid), time.monotonic()
        assert "length" in httpx.post(f"{url}/v1/completions", json=ask, timeout=60).text
        work, lasted = seconds_of(pid) - start, time.monotonic() - began
        start = seconds_of(pid)
        for _ in range(4):
            leave(f"{url}/v1/completions", ask, after=lasted / 20)
        time.sleep(lasted)
        assert seconds_of(pid) - start < 1.5 * work, "four answers that nobody reads would have cost four times the work"


def leave(url: str, ask: dict[str, object], after: float) -> None:
    """Ask, and hang up after some seconds."""
    deadline = time.monotonic() + after
    try:
        with httpx.stream("POST", url, json=ask, timeout=httpx.Timeout(10, read=after)) as response:
            for _ in response.iter_bytes():
                if time.monotonic() > deadline:
                    return
    except httpx.ReadTimeout:
        return
    raise AssertionError("the answer was there before we could leave")


def test_the_death_of_the_engine_is_told_and_the_next_one_answers(recipe: Recipe, model: Model) -> None:
    before = set(engines())
    with serve(recipe, model, port=0, restarts=3) as url, Client(url) as client:
        (pid,) = set(engines()) - before
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ToolError, match="503"):
            while True:
                client.complete("x", None, Sampling(max_tokens=1))
        deadline = time.monotonic() + 20
        while httpx.get(f"{url}/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.complete("x", None, Sampling(max_tokens=1)).answer_tokens == 1
    assert set(engines()) == before


def test_a_port_that_is_taken_or_an_open_address_stops_before_the_engine_starts(recipe: Recipe, model: Model) -> None:
    before = set(engines())
    with claim("127.0.0.1", 0) as held, pytest.raises(ResourceError, match="taken"), serve(recipe, model, port=held.getsockname()[1]):
        pass
    with pytest.raises(UsageError, match="no key"), serve(recipe, model, host="0.0.0.0", port=0):
        pass
    with pytest.raises(UsageError, match="only a gguf"), serve(recipe, model.model_copy(update={"form": "adapter"}), port=0):
        pass
    assert set(engines()) == before


def test_a_damaged_file_is_a_tool_error_and_the_port_is_free_again(recipe: Recipe, model: Model, tmp_path: Path) -> None:
    folder = Path(model.folder)
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    (tmp_path / "tiny.gguf").write_bytes((folder / "tiny.gguf").read_bytes()[:100_000])
    with claim("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
    with pytest.raises(ToolError, match="could not load"), serve(recipe, model.model_copy(update={"folder": str(tmp_path)}), port=port):
        pass
    claim("127.0.0.1", port).close()
