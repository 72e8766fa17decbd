"""Where it is safe to listen, and what a taken port says."""

import socket

import pytest

from idiolect.errors import ResourceError, UsageError
from idiolect.serve.listen import claim, refuse_open, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    refuse_open(host, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.4", "gpu.example", ""])
def test_any_other_address_without_a_key_is_refused_with_the_safe_command(host: str) -> None:
    with pytest.raises(UsageError, match=r"idiolect serve --host 127\.0\.0\.1") as caught:
        refuse_open(host, "")
    assert caught.value.exit_code == 2
    refuse_open(host, "long and random")


def test_a_taken_port_says_what_to_do() -> None:
    with claim("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(ResourceError, match=r"taken.*--port") as caught:
            claim("127.0.0.1", port)
        assert caught.value.exit_code == 5
        assert str(port) in str(caught.value)


def test_an_address_that_is_not_ours_says_so() -> None:
    for host in ("203.0.113.7", "no-such-host.invalid"):
        with pytest.raises(UsageError, match=host):
            claim(host, 0)


def test_every_address_is_reached_by_loopback() -> None:
    with claim("0.0.0.0", 0) as held:
        assert url_of(held) == f"http://127.0.0.1:{held.getsockname()[1]}"
        with socket.create_connection(held.getsockname()):
            pass
