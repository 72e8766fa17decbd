"""Refusals in the shape that every OpenAI client understands."""

from __future__ import annotations

from starlette.responses import JSONResponse

RETRY_SECONDS = 2
"""What `Retry-After` says while the engine is away: about as long as a small model takes to load."""


class RequestError(Exception):
    """A request that is not answered: the HTTP status, what is wrong, which field, and a code for programs."""

    def __init__(self, status: int, message: str, *, code: str, param: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.headers = status, message, code, param, headers or {}

    def body(self) -> dict[str, dict[str, str | None]]:
        """The JSON that says so."""
        kind = "server_error" if self.status >= 500 else "authentication_error" if self.status == 401 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        """The HTTP answer that says so."""
        return JSONResponse(self.body(), self.status, self.headers)


def engine_away(why: str) -> RequestError:
    """The engine is dead, or not up yet: said at once, with when to ask again."""
    return RequestError(503, f"the engine is not answering ({why})", code="engine_unavailable", headers={"Retry-After": str(RETRY_SECONDS)})


def engine_broke(why: str) -> RequestError:
    """The engine answered something that the gateway did not ask for."""
    return RequestError(502, f"the engine refused a request of the gateway's ({why})", code="engine_error")
