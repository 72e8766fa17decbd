"""The recipe that trains idiolect's small embedded base model from scratch: `python -m seedling`."""

import os

# Waiting threads that spin starve the others on a shared machine: measured ten times slower. Read by libgomp when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
