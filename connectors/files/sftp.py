"""Files on an SFTP server, fetched whole into a folder of this machine. Blocking; the only user of asyncssh.

The server has to show the host key that the settings name: without one nobody can tell it from another. Nothing is
written, moved or deleted there. A file is fetched when its size or time differ from what was fetched before; one that
changes while it is fetched, or is younger than `settle_seconds`, is left for the next run.
"""

from __future__ import annotations

import asyncio
import fnmatch
import hashlib
import json
import os
import stat
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RunMustStop,
    SystemUnreachable,
)
from concilia.vault import Secret

LARGEST: Final = 4 * 1024**3  # bytes of one file
MOST_FILES: Final = 50_000
DEEPEST: Final = 8
_SEEN: Final = ".seen.json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SftpAccount:
    """Where the files are and who asks for them. `host_key` is an OpenSSH public key or its SHA256 fingerprint."""

    system: str
    host: str
    port: int
    folder: str
    username: str
    host_key: str
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file there: its name below the folder, its size in bytes, and when it was written (seconds since 1970)."""

    name: str
    size: int
    written: int


def account_of(settings: Mapping[str, Any], *, system: str) -> SftpAccount:
    """The account in the settings; ConfigurationInvalid names what is missing or cannot be."""
    parts = urlsplit(str(settings.get("url") or ""))
    where = f"Connection {system}"
    if parts.scheme != "sftp" or not parts.hostname or parts.password:
        raise ConfigurationInvalid(f"{where}: url is no SFTP address.", mend="Write sftp://host[:port]/folder.")
    username = str(settings.get("username") or unquote(parts.username or ""))
    if not username:
        raise ConfigurationInvalid(f"{where} lacks the setting `username`.", mend="Add username: … to it.")
    secrets = {name: _secret(settings.get(name)) for name in ("password", "private_key", "passphrase")}
    if not secrets["password"] and not secrets["private_key"]:
        raise ConfigurationInvalid(
            f"{where} has neither a password nor a private_key.",
            mend="Add private_key: ${file:id_ed25519}, for example.",
        )
    host_key = str(settings.get("host_key") or "").strip()
    if not host_key.startswith(("SHA256:", "ssh-", "ecdsa-")):
        raise ConfigurationInvalid(
            f"{where} does not name the host key of the server, so nobody can tell it from another.",
            mend="Add host_key: SHA256:… as its operator tells you (`ssh-keyscan HOST | ssh-keygen -lf -` shows it).",
        )
    return SftpAccount(
        system=system,
        host=parts.hostname,
        port=parts.port or 22,
        folder=unquote(parts.path) or ".",
        username=username,
        host_key=host_key,
        password=secrets["password"],
        private_key=secrets["private_key"],
        passphrase=secrets["passphrase"],
    )


def listed(account: SftpAccount, pattern: str = "*") -> list[RemoteFile]:
    """The files there that match, by name; folders below are looked into where the pattern names some."""
    return _run(account, _listed(account, pattern))


def fetched(account: SftpAccount, patterns: frozenset[str], *, into: Path, before: float) -> None:
    """Make a folder here hold the matching files as they are there now, as far as they were written before a moment.

    Files that are gone there are removed here, once the whole list was read. Raises SystemUnreachable,
    CredentialsRefused, PermissionMissing, RunMustStop.
    """
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    _run(account, _mirror(account, patterns, into=into, before=before))


async def _mirror(account: SftpAccount, patterns: frozenset[str], *, into: Path, before: float) -> None:
    seen = _seen(into)
    async with _connected(account) as connection, connection.start_sftp_client() as sftp:
        found = {one.name: one for pattern in sorted(patterns) for one in await _walk(sftp, account, pattern)}
        for name, one in sorted(found.items()):
            if one.written > before or seen.get(name) == [one.size, one.written]:
                continue
            if await _fetch(sftp, account, one, into=into):
                seen[name] = [one.size, one.written]
                _keep_seen(into, seen)
    for name in sorted(set(seen) - set(found)):
        (into / name).unlink(missing_ok=True)
        del seen[name]
    _keep_seen(into, seen)


async def _fetch(sftp: Any, account: SftpAccount, one: RemoteFile, *, into: Path) -> bool:
    """Whether the file came whole and did not change meanwhile; half of one never stands under its name."""
    if one.size > LARGEST:
        raise RunMustStop(f"{one.name} has more than {LARGEST // 1024**3} GiB.", mend="Split it at the source.")
    target = into / one.name
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    remote = _below(account, one.name)
    await sftp.get(remote, str(partial))
    after = await sftp.stat(remote)
    if (after.size, after.mtime) != (one.size, one.written) or partial.stat().st_size != one.size:
        partial.unlink(missing_ok=True)
        return False
    os.utime(partial, (one.written, one.written))
    partial.replace(target)
    return True


async def _listed(account: SftpAccount, pattern: str) -> list[RemoteFile]:
    async with _connected(account) as connection, connection.start_sftp_client() as sftp:
        return await _walk(sftp, account, pattern)


async def _walk(sftp: Any, account: SftpAccount, pattern: str) -> list[RemoteFile]:
    deep = pattern.startswith("**/")
    found: list[RemoteFile] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in await sftp.readdir(_below(account, folder)):
            name = entry.filename if isinstance(entry.filename, str) else entry.filename.decode("utf-8", "replace")
            if name.startswith(".") or "/" in name or "\\" in name:
                continue
            path = f"{folder}{name}"
            if entry.attrs.permissions is not None and stat.S_ISDIR(entry.attrs.permissions):
                if (deep or pattern.count("/") > path.count("/")) and path.count("/") < DEEPEST:
                    waiting.append(f"{path}/")
            elif _matches(path, pattern, deep=deep):
                found.append(RemoteFile(path, entry.attrs.size or 0, entry.attrs.mtime or 0))
        if len(found) > MOST_FILES:
            raise RunMustStop(f"{account.system} holds more than {MOST_FILES} files there.", mend="Narrow `file`.")
    return sorted(found, key=lambda one: one.name)


def _matches(path: str, pattern: str, *, deep: bool) -> bool:
    if deep:
        return fnmatch.fnmatchcase(PurePosixPath(path).name, pattern.removeprefix("**/"))
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


def _below(account: SftpAccount, name: str) -> str:
    return str(PurePosixPath(account.folder) / name) if name else account.folder


def _connected(account: SftpAccount) -> Any:
    keys = []
    if account.private_key:
        phrase = account.passphrase.reveal() if account.passphrase else None
        try:
            keys = [asyncssh.import_private_key(account.private_key.reveal(), phrase)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as fault:
            raise ConfigurationInvalid(
                f"The private key of {account.system} cannot be read.",
                mend="Give it in OpenSSH or PEM format, with its passphrase if it has one.",
            ) from fault
    return asyncssh.connect(
        account.host, account.port, username=account.username, client_keys=keys, agent_path=None,
        password=account.password.reveal() if account.password else None, config=None,
        known_hosts=asyncssh.import_known_hosts(""), client_factory=lambda: _Pinned(account),
        server_host_key_algs=_algorithms(account.host_key),
        connect_timeout=account.timeout, login_timeout=account.timeout,
        preferred_auth="publickey,password,keyboard-interactive",
    )  # fmt: skip


def _algorithms(host_key: str) -> list[str] | str:
    """Which keys the server is asked to show: those of the declared type; for a fingerprint, its first choice."""
    kind = host_key.split(maxsplit=1)[0]
    if kind == "ssh-rsa":
        return ["rsa-sha2-512", "rsa-sha2-256"]
    return "default" if kind.startswith("SHA256:") else [kind]


class _Pinned(asyncssh.SSHClient):
    """Accepts the one key that was declared. Nothing is ever learnt by connecting."""

    def __init__(self, account: SftpAccount) -> None:
        self._account = account

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        """Whether the server shows the declared key."""
        declared = self._account.host_key
        if declared.startswith("SHA256:"):
            return bool(key.get_fingerprint("sha256") == declared)
        try:
            return bool(asyncssh.import_public_key(declared).public_data == key.public_data)
        except (asyncssh.KeyImportError, ValueError):
            return False


def _run(account: SftpAccount, work: Coroutine[Any, Any, T]) -> T:
    """The work done, its faults as ours."""
    try:
        return asyncio.run(work)
    except ConciliaError:
        raise
    except asyncssh.HostKeyNotVerifiable as fault:
        raise SystemUnreachable(
            f"The server of {account.system} shows another host key than the one that is declared.",
            mend="Ask its operator whether the key was changed; correct host_key only then.",
            system=account.system,
        ) from fault
    except asyncssh.PermissionDenied as fault:
        raise CredentialsRefused(
            f"{account.system} refused the user {account.username}.",
            mend="Check username and password or private_key.",
            system=account.system,
        ) from fault
    except asyncssh.SFTPPermissionDenied as fault:
        raise PermissionMissing(
            f"{account.system} does not let {account.username} read {account.folder}.",
            mend="Give the account that permission.",
            system=account.system,
        ) from fault
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as fault:
        raise ConfigurationInvalid(
            f"{account.system} has no folder {account.folder}, or a file went away.", mend="Correct the path in `url`."
        ) from fault
    except (asyncssh.Error, OSError, TimeoutError) as fault:
        raise SystemUnreachable(
            f"{account.system} cannot be reached at {account.host}:{account.port} ({type(fault).__name__}).",
            mend="Check the setting `url`, and that the server is running.",
            system=account.system,
        ) from fault


def mirror_folder(workspace: Path, account: SftpAccount) -> Path:
    """Where the files of this account are kept here."""
    place = f"{account.host}:{account.port}/{account.folder}/{account.username}"
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    return workspace / ".concilia" / "sftp" / f"{account.system}-{digest}"


def _seen(into: Path) -> dict[str, list[int]]:
    try:
        found: dict[str, list[int]] = json.loads((into / _SEEN).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: told for name, told in found.items() if (into / name).is_file()}


def _keep_seen(into: Path, seen: Mapping[str, list[int]]) -> None:
    partial = into / f"{_SEEN}.part"
    partial.write_text(json.dumps(seen), "utf-8")
    partial.replace(into / _SEEN)


def _secret(value: Any) -> Secret | None:
    if isinstance(value, Secret):
        return value if value.reveal() else None
    return Secret(str(value)) if value else None
