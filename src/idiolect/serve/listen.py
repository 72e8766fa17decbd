"""An address that is safe to listen on, claimed before anything expensive starts, and a server on it in a thread."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from idiolect.errors import ResourceError, UsageError

_START_SECONDS = 10


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_open(host: str, key: str) -> None:
    """Refuse to answer strangers: an address beyond loopback needs a key."""
    if not is_loopback(host) and not key:
        raise UsageError(
            "anybody who reaches this machine could use the model: no key is set",
            where=f"serve.host = {host}",
            next="set `key` under [serve] to a long random word, or stay on this machine with `idiolect serve --host 127.0.0.1`",
        )


def claim(host: str, port: int) -> socket.socket:
    """A listening socket; a taken port is a ResourceError, an address that is not ours a UsageError."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise UsageError(f"no such host ({error})", where=where, next="name an address of this machine, such as 127.0.0.1") from error
    claimed = socket.socket(family, kind, protocol)
    try:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(address)
        claimed.listen(128)
    except OSError as error:
        claimed.close()
        raise _explain(error, where) from error
    return claimed


def _explain(error: OSError, where: str) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return ResourceError("the port is taken", where=where, next="choose another with `--port`; 0 takes a free one")
    if error.errno == errno.EACCES:
        return ResourceError("this port needs more rights", where=where, next="choose one above 1023 with `--port`")
    return UsageError(f"cannot listen here ({error.strerror})", where=where, next="name an address of this machine, such as 127.0.0.1")


def url_of(claimed: socket.socket) -> str:
    """How this machine itself reaches the socket."""
    host, port = claimed.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def listening(app: ASGIApp, claimed: socket.socket) -> Iterator[str]:
    """Serve `app` on the socket in a thread, and yield its URL; the socket is closed in the end."""
    url = url_of(claimed)
    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, lifespan="on", ws="none", http="h11", loop="asyncio",
        server_header=False, timeout_graceful_shutdown=2, timeout_keep_alive=30,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([claimed],), name=f"listening at {url}", daemon=True)
    thread.start()
    try:
        _wait(server, thread, url)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=_START_SECONDS)
        with contextlib.suppress(OSError):
            claimed.close()


def _wait(server: uvicorn.Server, thread: threading.Thread, url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ResourceError("the server did not start", where=url, next="try another port with `--port`")
        time.sleep(0.005)
