"""idiolect teaches an open code model to write the way a team writes."""

__version__ = "0.1.0"
