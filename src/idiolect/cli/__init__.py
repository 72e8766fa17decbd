"""The command line: the only room that prints, asks and exits.

Data goes to stdout, everything else to stderr. Each verb imports its stage when it runs, so that `--help` stays quick.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

import click

from idiolect.cli.nouns import models, packs, runs, samples
from idiolect.cli.rows import samples_check, samples_export
from idiolect.cli.verbs import VERBS, say
from idiolect.errors import IdiolectError, ResourceError
from idiolect.version import __version__

BUG = 70
"""Exit code of our own faults (EX_SOFTWARE)."""
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="idiolect")
def cli() -> None:
    """Teach an open code model to write the way your team writes.

    Begin with `idiolect init PATH_OF_A_REPOSITORY`, then `idiolect run`.
    """


for _row_command in (samples_check, samples_export):
    samples.add_command(_row_command)
for _command in (*VERBS, runs, models, samples, packs):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with these arguments, by default the program's own; return the exit code."""
    given = None if arguments is None else list(arguments)
    return ended(lambda: cli.main(args=given, prog_name="idiolect", standalone_mode=False))


def ended(work: Callable[[], object]) -> int:
    """Do the work and return the exit code: what the user can mend is one sentence, all else is our bug and shows where it happened."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        work()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except IdiolectError as error:
        say(f"error: {error}")
        return error.exit_code
    except MemoryError:
        say("error: out of memory; lower train.length, leave out large sources, or use a machine with more")
        return ResourceError.exit_code
    except Exception:  # the one place that must catch all: a bug of ours ends with its traceback and exit code 70
        say(traceback.format_exc())
        say("This is a bug in idiolect. Please report it with the lines above and the newest folder in .idiolect/runs.")
        return BUG
    return 0


def _terminated(signum: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that children are stopped and temporary folders removed."""
    sys.exit(128 + signum)
