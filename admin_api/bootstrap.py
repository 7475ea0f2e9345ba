"""The composition root: settings, workspace, store, hub, by hand. No conditions on business."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from concilia.clock import Clock, system_clock
from concilia.sealing import Keyring, keyring_of, new_key
from concilia.settings import Settings, read_settings
from concilia.store.engine import sqlite_url
from concilia.store.migrate import upgrade
from concilia.store.unit_of_work import Store
from concilia.workspace import load
from sync.declaring import current
from sync.hub import Hub, no_keys


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
    return current(Hub(workspace, store, clock, keys_of(found)))


def keys_of(found: Settings) -> Callable[[], Keyring]:
    """Where the master key comes from: `CONCILIA_MASTER_KEY`, the file that `CONCILIA_MASTER_KEY_FILE` names, or a
    file beside the embedded database, made when it is first needed. A server database has no such file."""
    told, file = found.environment.get("CONCILIA_MASTER_KEY"), found.environment.get("CONCILIA_MASTER_KEY_FILE")
    if told:
        return lambda: keyring_of(told)
    if file:
        return lambda: keyring_of(Path(file).expanduser().read_text("utf-8").strip())
    if found.database_url is not None:
        return no_keys
    return lambda: _own_key(found.workspace.absolute() / ".concilia" / "master.key")


def _own_key(path: Path) -> Keyring:
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(new_key("own"))
    return keyring_of(path.read_text("utf-8").strip())
