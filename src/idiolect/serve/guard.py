"""Who may ask: checked before anything of a request is read.

A page in somebody's browser can reach loopback, and a name can be rebound to it (CVE-2024-28224); so the Host must be one of ours, a
foreign Origin is refused, and there is no CORS. A pure ASGI class: Starlette's own middleware base hides when a client leaves.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idiolect.serve.errors import RequestError

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_OPEN = ("/health", "/ready")
"""Answered without a key, for whoever watches the machine."""


class Guard:
    """Checks Host, Origin and key, and gives every answer the request's id back."""

    def __init__(self, app: ASGIApp, *, host: str, key: str) -> None:
        """Allow loopback names and `host`; on a wildcard address also this machine's name and plain addresses. An empty key: none."""
        self.app = app
        self.names = {"localhost", "127.0.0.1", "[::1]", _bracketed(host)}
        self.any_address = host in ("0.0.0.0", "::")
        if self.any_address:
            self.names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        self.key = hashlib.sha256(key.encode()).digest() if key else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            self._check(headers, scope["path"])
        except RequestError as refusal:
            await refusal.response()(scope, receive, tagged)
            return
        await self.app(scope, receive, tagged)

    def _check(self, headers: Headers, path: str) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._ours(hosts[0]):
            raise RequestError(403, "the Host header names another machine; ask for 127.0.0.1 or `serve.host`", code="host_not_allowed")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}"):
            raise RequestError(403, "pages of another origin may not ask this server", code="origin_not_allowed")
        if self.key and path not in _OPEN and not self._knows_the_key(headers.get("authorization", "")):
            raise RequestError(
                401, "a key is needed: send `Authorization: Bearer KEY`", code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"}
            )

    def _ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].lower().removesuffix(".")
        return name in self.names or (self.any_address and is_address(name))

    def _knows_the_key(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        digest = hashlib.sha256(given.strip().encode()).digest()
        return hmac.compare_digest(digest, self.key) and scheme.lower() == "bearer"


def is_address(name: str) -> bool:
    """Whether a host is written as an IP address; such a name cannot be rebound."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()
