"""What is computed: a pure function with its parameters, over units that digests name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from idiolect.errors import ToolError
from idiolect.files import digest_json
from idiolect.sandbox import Work, path_of
from idiolect.sandbox_child import found

_VERSIONS: dict[str, int] = {}


class Unit(NamedTuple):
    """One input."""

    key: str
    """Digest in hex of everything that the result depends on besides the task: for a file its blob id and its path, say."""
    value: Any
    """What the function is given: a plain value, better a reference than the bytes, for it is looked at only where there is no
    result yet."""
    size: int = 1
    """About how many bytes of work this is."""


def pure(version: int) -> Callable[[Work], Work]:
    """Mark a function as one that `task` may name; `version` goes up whenever the same input gives another result."""

    def mark(work: Work) -> Work:
        _VERSIONS[path_of(work)] = version
        return work

    return mark


@dataclass(frozen=True)
class Task:
    """A function, the version of its code, and its parameters."""

    function: str
    version: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """What its results stand under."""
        return digest_json({"function": self.function, "version": self.version, "parameters": dict(self.parameters)})

    @cached_property
    def folder(self) -> str:
        """Name of the folder of its results: the function's name, to be read, and the digest's beginning."""
        return f"{self.function.rpartition(':')[2]}-{self.digest[:16]}"


def task(work: Work, **parameters: Any) -> Task:
    """The task of a function marked `@pure`, with JSON values as parameters: versions of libraries and grammars among them."""
    path = path_of(work)
    if path not in _VERSIONS:
        raise ValueError(f"{path} is not marked @pure")
    return Task(path, _VERSIONS[path], parameters)


def same_code(task: Task) -> None:
    """Raise ToolError where this machine has another version of the task's code than the machine that asks."""
    try:
        found(task.function)
    except (ImportError, AttributeError) as error:
        raise ToolError(f"cannot import it ({error})", where=task.function, next="install the same code on every machine") from error
    if (here := _VERSIONS.get(task.function)) != task.version:
        raise ToolError(
            f"has version {here} here, and version {task.version} where the work comes from",
            where=task.function,
            next="install the same code on every machine",
        )


@dataclass(frozen=True)
class Shard:
    """Some units of a task, to be computed together."""

    task: Task
    units: tuple[Unit, ...]

    @cached_property
    def digest(self) -> str:
        """What its result file is called: the digest of the task and of its inputs."""
        words = "\n".join([self.task.digest, *(unit.key for unit in self.units)])
        return hashlib.sha256(words.encode()).hexdigest()
