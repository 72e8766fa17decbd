"""idiolect teaches an open code model to write the way a team writes."""

from idiolect.version import __version__

__all__ = ["__version__"]
