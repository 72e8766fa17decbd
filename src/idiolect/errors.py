"""Every error that a user can mend, each with the exit code it ends the program with.

    IdiolectError
    ├── RecipeError      1   the recipe, or nothing in it to learn from
    │   └── SourceError  1   a source that cannot be read
    ├── UsageError       2   a verb asked for what it cannot do
    ├── DataError        3   data refused
    ├── GateError        4   the gate failed
    ├── ResourceError    5   disk, port, memory
    ├── ToolError        6   a tool or engine missing or gone
    └── DigestError      7   a file is not the one its digest names

These are shown as one sentence, without a traceback. Anything else that escapes is our own bug (exit code 70).
"""


class IdiolectError(Exception):
    """A fault outside idiolect: says what is wrong, where, and what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", next: str = "") -> None:
        self.what, self.where, self.next = what, where, next
        message = f"{where}: {what}" if where else what
        super().__init__(f"{message}; {next}" if next else message)


class RecipeError(IdiolectError):
    """The recipe is wrong, or names nothing to learn from."""


class SourceError(RecipeError):
    """A source cannot be read, or holds nothing to learn from."""


class UsageError(IdiolectError):
    """A verb was asked for something it cannot do."""

    exit_code = 2


class DataError(IdiolectError):
    """Data that a stage refuses as a whole."""

    exit_code = 3


class GateError(IdiolectError):
    """The tuned model may not replace the base."""

    exit_code = 4


class ResourceError(IdiolectError):
    """Disk, port or memory ran out."""

    exit_code = 5


class ToolError(IdiolectError):
    """A tool or an engine is missing, or died."""

    exit_code = 6


class DigestError(IdiolectError):
    """A file is not the one that its digest names."""

    exit_code = 7
