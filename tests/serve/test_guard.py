"""Who may ask."""

import pytest

from idiolect.render import Renderer
from tests.serve.conftest import Opened, opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8080", "localhost.", "[::1]:99", "127.0.0.1:1"])
def test_our_own_names_are_let_in(plain: Opened, host: str) -> None:
    assert plain.http.get("/v1/models", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1", "", "localhost:x", "a@localhost", "[::2]"]
)
def test_a_rebound_name_is_refused(plain: Opened, host: str) -> None:
    for path in ("/v1/models", "/health"):
        response = plain.http.get(path, headers={"host": host})
        assert (response.status_code, response.json()["error"]["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://localhost:3000", "file://", ""])
def test_pages_of_another_origin_are_refused_and_nothing_is_generated(plain: Opened, origin: str) -> None:
    before = len(plain.engine.asked)
    response = plain.http.post("/v1/completions", json={"prompt": "x"}, headers={"origin": origin})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers
    assert plain.http.options("/v1/completions", headers={"origin": origin}).status_code == 403
    assert len(plain.engine.asked) == before


def test_our_own_origin_is_let_in(plain: Opened) -> None:
    own = str(plain.http.base_url).rstrip("/")
    assert plain.http.get("/v1/models", headers={"origin": own}).status_code == 200


def test_without_the_key_nobody_asks(renderer: Renderer) -> None:
    with opened(renderer, key="s3cret") as made:
        for authorization in ("", "Bearer", "Bearer wrong", "s3cret", "Basic s3cret", "Bearer s3cre", "Bearer s3crets"):
            response = made.http.post("/v1/completions", json={"prompt": "x"}, headers={"authorization": authorization})
            assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")
            assert response.headers["www-authenticate"] == "Bearer"
        assert made.engine.asked == []
        assert made.http.get("/v1/models", headers={"authorization": "Bearer s3cret"}).status_code == 200
        assert made.http.get("/nothing").status_code == 401
        assert made.http.get("/health").status_code == 200


def test_on_every_address_plain_addresses_are_let_in_and_foreign_names_are_not(renderer: Renderer) -> None:
    with opened(renderer, host="0.0.0.0", key="k") as made:  # the guard's idea of the address; the test listens on loopback
        key = {"authorization": "Bearer k"}
        assert made.http.get("/v1/models", headers={"host": "10.1.2.3:8080", **key}).status_code == 200
        assert made.http.get("/v1/models", headers={"host": "evil.test", **key}).status_code == 403
