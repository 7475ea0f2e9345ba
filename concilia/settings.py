"""One typed settings object, read once from the environment. Nobody else reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process is told by its environment.

    `CONCILIA_DATABASE_URL` names a PostgreSQL database (default: SQLite inside the workspace);
    `CONCILIA_WORKSPACE` is the workspace folder when no `-w` is given (default: the current folder).
    """

    workspace: Path
    database_url: str | None
    environment: Mapping[str, str]


def read_settings(environment: Mapping[str, str], *, current_folder: Path) -> Settings:
    """The settings in force."""
    named = environment.get("CONCILIA_WORKSPACE", "")
    here = current_folder / "concilia.yaml"
    folder = current_folder if here.is_file() or not named else Path(named).expanduser()
    return Settings(folder, environment.get("CONCILIA_DATABASE_URL") or None, environment)
