"""Faults of the file system as our errors. No reading, no parsing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from concilia.errors import PermissionMissing, RunMustStop


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise RunMustStop or PermissionMissing, with the file's name, for whatever the system says about it."""
    try:
        yield
    except FileNotFoundError as fault:
        raise RunMustStop(f"{name} disappeared while it was being read.", mend="Start the run again.") from fault
    except PermissionError as fault:
        raise PermissionMissing(
            f"{name} may not be read.", mend="Give the account that runs Concilia read permission on it."
        ) from fault
    except OSError as fault:
        raise RunMustStop(
            f"{name} cannot be read: {fault.strerror or fault}.", mend="Check the disk or the network share."
        ) from fault
