"""A synchronised world whose subscribers may be on this machine, behind its door and with its postman at work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from sync.postman import telling
from tests.acceptance.api.conftest import write_world
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.eventful import HURRY
from tests.receivers import Receiver, receiver


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_world(tmp_path_factory.mktemp("eventful"))
    with (folder / "concilia.yaml").open("a") as file:
        file.write("events: {allow_hosts: [127.0.0.1]}\n")
    hub = open_hub(Settings(folder, None, {}))
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    hub.store.close()
    return folder


@pytest.fixture
def hub(eventful: Path, tmp_path: Path, opened: OpenHub) -> Hub:
    folder = tmp_path / "world"
    shutil.copytree(eventful, folder)
    return opened(folder)


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "receiver") as found:
        yield found


@pytest.fixture
def postman(hub: Hub) -> Iterator[None]:
    with telling(hub, patience=replace(HURRY, attempts=3)):
        yield
