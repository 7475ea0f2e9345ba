"""The composition root: settings, workspace, store, hub, by hand. No conditions on business."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from concilia.clock import Clock, system_clock
from concilia.settings import Settings, read_settings
from concilia.store.engine import sqlite_url
from concilia.store.migrate import upgrade
from concilia.store.unit_of_work import Store
from concilia.workspace import load
from sync.hub import Hub


def settings(folder: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; `folder` is the workspace named by `-w`."""
    found = read_settings(os.environ if environment is None else environment, current_folder=Path.cwd())
    return found if folder is None else Settings(folder, found.database_url, found.environment)


def open_hub(found: Settings, *, clock: Clock = system_clock) -> Hub:
    """The workspace's hub with its database at the schema of this version."""
    folder = found.workspace.absolute()
    workspace = load(folder, environment=found.environment)
    if found.database_url is None:
        (folder / ".concilia").mkdir(exist_ok=True)
    store = Store(found.database_url or sqlite_url(folder))
    upgrade(store)
    return Hub(workspace, store, clock)
