"""Files on a real SFTP server: pinned host key, whole files only, nothing left out, nothing changed there."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from concilia.errors import ConfigurationInvalid, CredentialsRefused, SystemUnreachable
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect

CARTERA = StreamRequest("cartera", key=("DOC",), options={"file": "*.csv"})
PASSWORD = "clave-de-prueba"


class Account(asyncssh.SSHServer):
    """One user with a password and a key."""

    def __init__(self, keys: set[str]) -> None:
        self._keys = keys

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("erp", PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        return key.get_fingerprint() in self._keys


class Server:
    """An SFTP server of its own thread, over a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self.port = self._listener.get_port()

    async def _listen(self) -> Any:
        known = {self.user_key.get_fingerprint()}
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[self.host_key], server_factory=lambda: Account(known),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self.root).encode()),
        )  # fmt: skip

    def stop(self) -> None:
        async def close() -> None:
            self._listener.close()
            await self._listener.wait_closed()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "remoto"
    (root / "salida").mkdir(parents=True)
    running = Server(root)
    yield running
    running.stop()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "ws"
    folder.mkdir()
    return folder


def drop(server: Server, name: str, *rows: str, age: float = 100.0) -> Path:
    path = server.root / "salida" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("DOC;NOMBRE", *rows)) + "\n", "utf-8")
    written = path.stat().st_mtime - age
    os.utime(path, (written, written))
    return path


def connected(server: Server, workspace: Path, **changes: Any) -> Any:
    settings = {
        "url": f"sftp://127.0.0.1:{server.port}/salida", "username": "erp", "password": Secret(PASSWORD), "delimiter": ";",
        "host_key": server.host_key.get_fingerprint("sha256"), **changes,
    }  # fmt: skip
    settings = {name: value for name, value in settings.items() if value is not None}
    return connect(ConnectionSettings("drop", settings, folder=str(workspace), streams=(CARTERA,)))


def keys(connector: Any, bookmarks: dict[str, Any] | None = None) -> list[str]:
    pages = list(connector.read(CARTERA, bookmarks=bookmarks or {}))
    if bookmarks is not None:
        bookmarks.update({page.bookmark.partition: page.bookmark for page in pages if page.bookmark})
    return [record.key[0] for page in pages for record in page.records]


def test_files_are_read_once_and_new_and_changed_ones_again(server: Server, workspace: Path) -> None:
    drop(server, "enero.csv", "F-1;Íñigo Ñúñez", "F-2;Ana")
    marks: dict[str, Any] = {}
    assert keys(connected(server, workspace), marks) == ["F-1", "F-2"]
    assert keys(connected(server, workspace), marks) == []
    drop(server, "febrero.csv", "F-3;Bea")
    drop(server, "enero.csv", "F-1;Íñigo Ñúñez", "F-9;Cai", age=50)
    assert keys(connected(server, workspace), marks) == ["F-1", "F-9", "F-3"]
    assert sorted(path.name for path in (server.root / "salida").iterdir()) == ["enero.csv", "febrero.csv"]


@pytest.mark.parametrize("by", ["password", "key", "whole public key"])
def test_the_host_key_and_the_user_may_be_told_in_several_ways(server: Server, workspace: Path, by: str) -> None:
    drop(server, "a.csv", "F-1;Ana")
    changes: dict[str, Any] = {}
    if by != "password":
        changes |= {"password": None, "private_key": Secret(server.user_key.export_private_key().decode())}
    if by == "whole public key":
        changes["host_key"] = server.host_key.export_public_key().decode().strip()
    assert keys(connected(server, workspace, **changes)) == ["F-1"]


def test_another_host_key_is_refused_and_nothing_is_sent(server: Server, workspace: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    for key in (other.get_fingerprint("sha256"), other.export_public_key().decode().strip()):
        with pytest.raises(SystemUnreachable, match="another host key"):
            keys(connected(server, workspace, host_key=key))


def test_without_a_host_key_nothing_is_called(server: Server, workspace: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="does not name the host key") as told:
        connected(server, workspace, host_key=None)
    assert "ssh-keyscan" in told.value.mend


def test_a_wrong_password_is_named_and_not_shown(
    server: Server, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with pytest.raises(CredentialsRefused) as told:
        keys(connected(server, workspace, password=Secret("canario-77")))
    assert "canario-77" not in str(told.value) + caplog.text


def test_a_folder_that_is_not_there_is_named(server: Server, workspace: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="has no folder"):
        keys(connected(server, workspace, url=f"sftp://127.0.0.1:{server.port}/nada"))


def test_a_server_that_is_away_is_named(server: Server, workspace: Path) -> None:
    gone = connected(server, workspace, url="sftp://127.0.0.1:9/salida")
    with pytest.raises(SystemUnreachable):
        keys(gone)


def test_a_file_that_may_still_grow_waits(server: Server, workspace: Path) -> None:
    drop(server, "vieja.csv", "F-1;Ana", age=600)
    drop(server, "joven.csv", "F-2;Bea", age=0)
    assert keys(connected(server, workspace, settle_seconds=300)) == ["F-1"]
    assert keys(connected(server, workspace)) == ["F-2", "F-1"]


def test_what_is_gone_there_is_gone_here_and_half_files_never_stand(server: Server, workspace: Path) -> None:
    path = drop(server, "a.csv", "F-1;Ana")
    drop(server, "b.csv", "F-2;Bea")
    keys(connected(server, workspace))
    path.unlink()
    assert keys(connected(server, workspace)) == ["F-2"]
    kept = [one.name for one in (workspace / ".concilia" / "sftp").rglob("*") if one.is_file()]
    assert sorted(kept) == [".seen.json", "b.csv"]


def test_check_and_discover_look_at_the_server(server: Server, workspace: Path) -> None:
    drop(server, "a.csv", "F-1;Ana")
    made = connected(server, workspace)
    assert all(one.ok for one in made.check())
    assert [(one.name, list(one.columns)) for one in made.discover()] == [("cartera", ["DOC", "NOMBRE"])]


def test_a_thousand_files_come_whole(server: Server, workspace: Path) -> None:
    for number in range(300):
        drop(server, f"f{number:04}.csv", f"F-{number};Ana")
    assert len(keys(connected(server, workspace))) == 300
