"""A hundred broken requests: none is a fault of the gateway, and none reaches the engine outside the allow-list."""

import json
import random
from typing import Any

from tests.serve.conftest import CONTEXT, Opened

ROUTES = ("/v1/chat/completions", "/v1/completions", "/infill")
ALLOWED = {
    "prompt", "n_predict", "stop", "seed", "temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty",
    "stream", "cache_prompt", "return_tokens", "t_max_predict_ms",
}  # fmt: skip
KEYS = (
    "messages", "prompt", "suffix", "input_prefix", "input_suffix", "input_extra", "max_tokens", "n_predict", "temperature",
    "top_p", "top_k", "seed", "stop", "stream", "stream_options", "truncate", "n", "n_discard", "id_slot", "cache_prompt",
    "grammar", "model", "path", "lora",
)  # fmt: skip


def value(rng: random.Random, depth: int = 0) -> Any:
    plain = (None, True, False, -1, 0, 1, 10**9, 2**64, -0.5, 1e308, "", "x", "<|im_start|>", "\x00", "é" * 50, "start")
    kind = rng.random()
    if depth > 3 or kind < 0.7:
        return rng.choice(plain)
    if kind < 0.85:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    names = ("role", "content", "filename", "text", "include_usage", "type")
    return {rng.choice(names): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def body(rng: random.Random) -> bytes:
    fields = {rng.choice(KEYS): value(rng) for _ in range(rng.randrange(6))}
    if rng.random() < 0.5:
        fields |= {"prompt": "x", "messages": [{"role": "user", "content": "x"}]}
    data = json.dumps(fields).encode()
    if rng.random() < 0.3:
        at = rng.randrange(len(data))
        data = data[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(4))) + data[at + rng.randrange(3) :]
    return data


def test_broken_requests_are_refused_politely(plain: Opened) -> None:
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    answered = 0
    for number in range(150):
        data = body(rng)
        response = plain.http.post(rng.choice(ROUTES), content=data, headers={"content-type": "application/json"})
        assert response.status_code in (200, 400, 404), f"seed {seed}, request {number}: {data!r}"
        if response.status_code == 200:
            answered += 1
        else:
            assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert 10 < answered < 140
    for question in plain.engine.asked:
        assert question.keys() <= ALLOWED
        assert len(question["prompt"]) + question["n_predict"] <= CONTEXT
        assert 0 <= question["temperature"] <= 2
    assert plain.http.get("/health").status_code == 200
