"""Fuzz one target by coverage: `python -m tests.fuzz TARGET SECONDS FOLDER`; inputs that reach new code are kept in the folder."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["idiolect", "tests.fuzz"]):
    from tests.fuzz.targets import TARGETS


def main(name: str, seconds: str, folder: str) -> None:
    """Until the time is over, or an input fails: it is shown then, and written to a file beside."""
    options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=2048", "-max_len=20000", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, folder], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
