"""Tokens stand in the database sealed, and a process with the key goes on with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from concilia.clock import fixed_clock
from concilia.errors import ConfigurationInvalid, RequestInvalid
from concilia.sealing import keyring_of, new_key
from concilia.vault import Secret
from connectors.tokens import Token
from sync.tokens import StoredTokens, seal_again
from tests.conftest import OpenHub
from tests.worlds import workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = "canario-del-token-314"


def renewal(refresh: Secret) -> Token:
    return Token(Secret(CANARY + "-access"), Secret(CANARY + "-refresh"), NOW + timedelta(hours=1))


def test_a_dump_of_the_database_shows_no_token(tmp_path: Path, database_url: str | None, opened: OpenHub) -> None:
    key = new_key("k1")
    hub = opened(workspace(tmp_path), database_url=database_url, environment={"CONCILIA_MASTER_KEY": key})
    first = StoredTokens(hub.store, "crm", renewal, fixed_clock(NOW), seed=Secret(CANARY), keys=hub.keys)
    assert first.token().access.reveal() == CANARY + "-access"
    with hub.store.read() as tx:
        rows = [tuple(row) for row in tx.execute(text("SELECT * FROM token"))]
    assert len(rows) == 1
    assert "canario" not in str(rows)
    again = StoredTokens(hub.store, "crm", renewal, fixed_clock(NOW), keys=hub.keys)
    assert again.token().refresh.reveal() == CANARY + "-refresh"
    new = keyring_of(f"{new_key('k9')},{key}")
    assert seal_again(replace(hub, keys=lambda: new)) == 1
    rotated = StoredTokens(hub.store, "crm", renewal, fixed_clock(NOW), keys=lambda: new)
    assert rotated.token().access.reveal() == CANARY + "-access"
    stranger = StoredTokens(hub.store, "crm", renewal, fixed_clock(NOW), keys=lambda: keyring_of(new_key("k2")))
    with pytest.raises(ConfigurationInvalid, match="sealed under the key 'k9'"):
        stranger.token()


def test_a_server_database_without_a_master_key_keeps_no_token(
    tmp_path: Path, postgres_url: str, opened: OpenHub
) -> None:
    hub = opened(workspace(tmp_path), database_url=postgres_url, environment={})
    source = StoredTokens(hub.store, "crm", renewal, fixed_clock(NOW), seed=Secret(CANARY), keys=hub.keys)
    with pytest.raises(RequestInvalid, match="no master key") as told:
        source.token()
    assert "CONCILIA_MASTER_KEY" in told.value.mend
