"""The engine behind the gateway: started, watched, and started again after a death, but not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Literal

from idiolect.errors import IdiolectError
from idiolect.serve.streams import Running

State = Literal["starting", "ok", "restarting", "gone"]

LOOK_SECONDS = 0.2
HEALTHY_SECONDS = 60.0
"""An engine that lived so long has earned all its restarts again."""


class Kept:
    """One engine at a time. Entered, it starts the first one, whose failure is the caller's; later ones start in the background."""

    def __init__(self, start: Callable[[], AbstractContextManager[Running]], *, restarts: int = 0, backoff: float = 1.0) -> None:
        """`start` gives a new engine; `restarts` of them may follow the first, waiting `backoff`, then twice that, ... seconds."""
        self._start, self._restarts, self._backoff = start, restarts, backoff
        self._engine: Running | None = None
        self._open = ExitStack()
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="engine watcher", daemon=True)
        self._state: State = "starting"

    @property
    def engine(self) -> Running | None:
        """The engine, where one is alive."""
        return self._engine if self._engine is not None and self._engine.alive() else None

    @property
    def state(self) -> State:
        """What to tell somebody who asks."""
        if self._state == "ok" and self.engine is None:
            return "restarting" if self._restarts else "gone"
        return self._state

    def __enter__(self) -> Kept:
        """Start the engine, and watch it where it may be restarted."""
        self._begin()
        if self._restarts:
            self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool | None:
        """Stop the engine; an error that its death caused is told as such."""
        self._closing.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._engine = None
        return self._open.__exit__(kind, error, trace)

    def _begin(self) -> None:
        self._engine = self._open.enter_context(self._start())
        self._state = "ok"

    def _watch(self) -> None:
        left, born = self._restarts, time.monotonic()
        while not self._closing.wait(LOOK_SECONDS):
            if self.engine is not None:
                if time.monotonic() - born > HEALTHY_SECONDS:
                    left = self._restarts
                continue
            if not left:
                self._state = "gone"
                return
            self._state = "restarting"
            if self._closing.wait(self._backoff * 2 ** (self._restarts - left)):
                return
            left -= 1
            self._again()
            born = time.monotonic()

    def _again(self) -> None:
        self._engine = None
        try:
            self._open.close()
            self._begin()
        except (IdiolectError, OSError):
            self._state = "restarting"  # the next look counts it as another death
