"""A harness found in a file or module that its author names. Knows no claim."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

from concilia.errors import ConfigurationInvalid
from connectors.testing.harness import Harness


def harness_in(place: str, *, folder: Path | None = None) -> AbstractContextManager[Harness]:
    """The context manager `harness()` of a file (`harness.py`) or of a module that can be imported (`my.harness`)."""
    module = _module(place, folder=folder or Path.cwd())
    make = getattr(module, "harness", None)
    if make is None:
        raise ConfigurationInvalid(
            f"{place} has no function `harness`.", mend="Define it there: a context manager that yields a Harness."
        )
    made = make()
    if not isinstance(made, AbstractContextManager):
        raise ConfigurationInvalid(
            f"`harness` of {place} is no context manager.", mend="Decorate it with contextlib.contextmanager."
        )
    return made


def _module(place: str, *, folder: Path) -> ModuleType:
    path = folder / place
    if not place.endswith(".py"):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as fault:
            raise ConfigurationInvalid(
                f"There is no module {place}: {fault}.", mend="Name a file or a module."
            ) from fault
    if not path.is_file():
        raise ConfigurationInvalid(f"There is no file {place}.", mend="Name the file your harness is in.")
    name = f"harness_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigurationInvalid(f"{place} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent.resolve()))  # so that it finds the connector beside it
    spec.loader.exec_module(module)
    return module
