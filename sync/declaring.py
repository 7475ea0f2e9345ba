"""What was declared over the API beside concilia.yaml: connections, mappings, credentials. Calls no other system.

A process that serves for days sees what another one declared: it asks `current` before each piece of work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from concilia import vault
from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.plain_secrets import is_secret_name
from concilia.store import credentials, declarations
from concilia.store.credentials import CredentialRow
from concilia.store.declarations import CONNECTION, MAPPING, DeclarationRow
from concilia.store.unit_of_work import Tx
from concilia.vault import Secret
from concilia.workspace import Declared, load
from sync.hub import Hub
from sync.streams import open_connector, plans_of


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """That a secret setting of a connection is kept, never what it is."""

    connection: str
    setting: str
    changed_at: str
    changed_by: str


def current(hub: Hub) -> Hub:
    """The hub with everything that is declared now; the same one when nothing changed."""
    with hub.store.read() as tx:
        if declarations.latest_id(tx) == hub.workspace.declared.number:
            return hub
        declared = _declared(hub, tx)
    return _over(hub, declared)


def declare_connection(hub: Hub, name: str, body: Mapping[str, Any], *, by: str, dry_run: bool = False) -> Hub:
    """Declare or change a connection; the hub that has it. Secrets written out in its settings are sealed and kept.

    Raises RequestInvalid when concilia.yaml holds a connection of that name, ConfigurationInvalid when it is wrong.
    """
    hub = current(hub)
    if name in hub.workspace.connections and name not in hub.workspace.declared.connections:
        raise RequestInvalid(
            f"The connection {name} is declared in concilia.yaml.", mend="Change it there, or take another name.",
            field="name", code="connection-in-file",
        )  # fmt: skip
    bare, secrets = _apart(name, body)
    declared = hub.workspace.declared
    tried = _over(
        hub, replace(declared, connections={**declared.connections, name: bare}, kept=_with(hub, name, secrets))
    )
    plans_of(tried.workspace.connections[name])
    open_connector(tried.workspace, name, clock=hub.clock).close()
    if dry_run:
        return tried
    stamp = (to_text(hub.clock()), by)
    with hub.store.begin() as tx:
        for setting, secret in secrets.items():
            _keep(hub, tx, f"{name}/{setting}", secret, stamp=stamp)
        declarations.declare(tx, CONNECTION, name, body=json.dumps(bare, ensure_ascii=False), stamp=stamp)
    return current(hub)


def withdraw_connection(hub: Hub, name: str, *, by: str) -> Hub:
    """Stop using a declared connection and forget its secrets; what was read stays. NotFound if there is none."""
    with hub.store.begin() as tx:
        if name not in declarations.in_force(tx, CONNECTION):
            raise NotFound(
                f"No connection {name} was declared over the API.", mend="Those of concilia.yaml are removed there."
            )
        declarations.declare(tx, CONNECTION, name, body=None, stamp=(to_text(hub.clock()), by))
        credentials.forget(tx, name)
    return current(hub)


def keep_secret(hub: Hub, connection: str, setting: str, secret: Secret, *, by: str) -> KeptSecret:
    """Seal and keep a secret setting of a connection, in place of the one before."""
    if connection not in current(hub).workspace.connections:
        raise NotFound(f"There is no connection {connection}.", mend="Declare it first.")
    if not secret.reveal():
        raise RequestInvalid("The secret is empty.", mend="Give the password or key itself.", field="value")
    stamp = (to_text(hub.clock()), by)
    with hub.store.begin() as tx:
        _keep(hub, tx, f"{connection}/{setting}", secret, stamp=stamp)
    return KeptSecret(connection, setting, *stamp)


def kept_secrets(hub: Hub) -> list[KeptSecret]:
    """Which secrets are kept; nobody can read one back."""
    with hub.store.read() as tx:
        return [KeptSecret(r.connection, r.setting, r.changed_at, r.changed_by) for r in credentials.every(tx)]


def seal_again(hub: Hub, *, by: str) -> int:
    """Seal every kept secret under the current master key; how many. An older key is useless afterwards."""
    keyring = hub.keys()
    with hub.store.begin() as tx:
        rows = credentials.every(tx)
        for row in rows:
            bound = f"{row.connection}/{row.setting}"
            sealed = keyring.seal(keyring.unseal(row.envelope, bound_to=bound), bound_to=bound)
            credentials.keep(tx, replace(row, envelope=sealed, changed_at=to_text(hub.clock()), changed_by=by))
    return len(rows)


def declared_mappings(hub: Hub) -> dict[str, DeclarationRow]:
    """The stored mappings in force, by name."""
    with hub.store.read() as tx:
        return declarations.in_force(tx, MAPPING)


def mapping_versions(hub: Hub, name: str) -> list[DeclarationRow]:
    """All versions of a stored mapping, oldest first; NotFound when there was never one."""
    with hub.store.read() as tx:
        found = declarations.versions(tx, MAPPING, name)
    if not found:
        raise NotFound(f"There is no stored mapping {name}.", mend="Store it first: POST /v1/mappings.")
    return list(found)


def store_mapping(hub: Hub, name: str, text: str, *, by: str) -> tuple[Hub, DeclarationRow]:
    """Store a version of a mapping that was found valid; storing the same text again makes none."""
    with hub.store.begin() as tx:
        before = declarations.in_force(tx, MAPPING).get(name)
        row = before
        if before is None or before.body != text:
            row = declarations.declare(tx, MAPPING, name, body=text, stamp=(to_text(hub.clock()), by))
    assert row is not None  # noqa: S101  either of the two
    return current(hub), row


def _declared(hub: Hub, tx: Tx) -> Declared:
    connections = declarations.in_force(tx, CONNECTION)
    mappings = declarations.in_force(tx, MAPPING)
    return Declared(
        connections={name: json.loads(row.body or "{}") for name, row in connections.items()},
        mappings={name: row.body or "" for name, row in mappings.items()},
        number=declarations.latest_id(tx),
        kept=lambda name: _kept(hub, name),
    )


def _over(hub: Hub, declared: Declared) -> Hub:
    found = hub.workspace
    return replace(hub, workspace=load(found.folder, environment=found.environment, declared=declared))


def _kept(hub: Hub, name: str) -> Secret | None:
    connection, _, setting = name.partition("/")
    with hub.store.read() as tx:
        row = credentials.load(tx, connection, setting)
    return None if row is None else hub.keys().unseal(row.envelope, bound_to=name)


def _with(hub: Hub, name: str, fresh: Mapping[str, Secret]) -> Callable[[str], Secret | None]:
    """What is kept, and the secrets that shall be."""
    named = {f"{name}/{setting}": secret for setting, secret in fresh.items()}
    return lambda wanted: named.get(wanted) or _kept(hub, wanted)


def _keep(hub: Hub, tx: Tx, name: str, secret: Secret, *, stamp: tuple[str, str]) -> None:
    connection, _, setting = name.partition("/")
    credentials.keep(tx, CredentialRow(connection, setting, hub.keys().seal(secret, bound_to=name), *stamp))


def _apart(name: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Secret]]:
    """The body with references in place of the secrets written out in its settings, and those secrets."""
    bare, secrets = dict(body), {}
    settings = bare.get("settings")
    if isinstance(settings, dict):
        bare["settings"] = dict(settings)
        for setting, value in settings.items():
            if isinstance(value, str) and value and is_secret_name(setting) and not vault.is_reference(value):
                secrets[setting] = Secret(value)
                bare["settings"][setting] = vault.reference_to(name, setting)
    return bare, secrets
