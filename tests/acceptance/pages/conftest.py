"""A steward's world behind a running server, and a real Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import served
from tests.worlds import dotted, rut, workspace, write_cartera, write_contacts

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A test machine has no sandbox to give as root, and no way to the hosts a browser likes to call at its start.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
ANA, JOSE, PEDRO = rut(12531909), rut(9876543), rut(7654321)
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
KEY_NAME = "Marta Steward"


def write_world(folder: Path) -> Path:
    """Ana merged from two systems and met a third time by phone only; homonyms with two ids; a broken row; markup."""
    found = workspace(folder)
    seen = "2026-11-01T10:00:00"
    write_cartera(
        found,
        [
            ("F-1", dotted(ANA), "Ana Muñoz Ñuñez", "961234567", "", "1.250.000", "01-10-2026", seen),
            ("F-2", dotted(ANA), "Ana Muñoz Ñuñez", "961234567", "", "50.000", "15-10-2026", seen),
            ("F-3", dotted(JOSE), "José Luis Hernández", "962223344", "", "99.990", "15-10-2026", seen),
            ("F-4", dotted(PEDRO), "José Luis Hernandez", "962223344", "", "10.000", "15-10-2026", seen),
            ("F-5", "66.666.666-6", SCRIPT, "", "", "7.000", "15-10-2026", seen),
            ("F-6", dotted(JOSE), "José Luis Hernández", "", "", "mil", "15-10-2026", seen),
        ],
    )
    later = "2026-11-10T10:00:00Z"
    write_contacts(
        found,
        [
            ("c1", ANA.replace("-", ""), "MUNOZ NUNEZ ANA", "", "", "ana@clientes.cl", later),
            ("c2", "", "A. Muñoz", "961234567", "", "", later),
            ("c3", "", IMAGE.replace('"', "'"), "963334455", "", "", later),
        ],
    )
    return found


@pytest.fixture(scope="session")
def synchronised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_world(tmp_path_factory.mktemp("stewards"))
    hub = open_hub(Settings(folder, None, {}))
    actions.apply(hub)
    actions.run(hub, [])
    hub.store.close()
    return folder


@pytest.fixture
def hub(synchronised: Path, tmp_path: Path, opened: OpenHub) -> Hub:
    folder = tmp_path / "world"
    shutil.copytree(synchronised, folder)
    return opened(folder)


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    with served(hub) as found:
        yield found


@pytest.fixture
def key(hub: Hub) -> str:
    return actions.create_key(hub, KEY_NAME)[1]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        sentence = "Chromium is not installed: apt-get install chromium, and the pages are tested too."
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, url: str) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=url, locale="es-CL", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def visitor(context: BrowserContext) -> Iterator[Page]:
    """A stranger's tab. Whatever the browser complains of fails the test: scripts, policies, missing files."""
    tab = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A status of 4xx is an answer the tests ask for; the browser tells it as an error.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            complaints.append(message.text)

    tab.on("console", listen)
    tab.on("pageerror", lambda fault: complaints.append(str(fault)))
    tab.on("dialog", lambda dialog: (complaints.append(f"a dialog opened: {dialog.message}"), dialog.dismiss()))
    yield tab
    assert complaints == []


@pytest.fixture
def steward(visitor: Page, key: str) -> Page:
    """A tab of somebody who is logged in."""
    visitor.goto("/entrar")
    visitor.fill("input[name=key]", key)
    visitor.click("main button")
    visitor.wait_for_url("**/")
    return visitor
