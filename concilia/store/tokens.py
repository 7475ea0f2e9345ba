"""Tokens in force, one row for each credential. A new one overwrites the one it came from, and no other. No policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text

from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token; `version` grows with each renewal, `asked_at` is set while a renewal is under way."""

    credential: str
    version: int
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: str
    asked_at: str | None
    changed_at: str


_COLUMNS = tuple(TokenRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def load(tx: Tx, credential: str) -> TokenRow | None:
    """The token in force."""
    row = tx.execute(text(f"SELECT {_NAMES} FROM token WHERE credential = :c"), {"c": credential}).first()
    return None if row is None else TokenRow(*row)


def every(tx: Tx) -> list[TokenRow]:
    """All tokens in force."""
    return [TokenRow(*row) for row in tx.execute(text(f"SELECT {_NAMES} FROM token ORDER BY credential"))]


def replace_texts(tx: Tx, row: TokenRow) -> None:
    """Put other texts of the same token in its place."""
    sql = text("UPDATE token SET access = :access, refresh = :refresh WHERE credential = :credential AND version = :v")
    values = {"access": row.access, "refresh": row.refresh, "credential": row.credential, "v": row.version}
    tx.execute(sql, values)


def grant(tx: Tx, row: TokenRow) -> None:
    """Put a token in force that a person brought."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    marks = ", ".join(f":{name}" for name in _COLUMNS)
    changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("credential", "version"))
    sql = text(
        f"INSERT INTO token ({_NAMES}) VALUES ({marks}) "
        f"ON CONFLICT (credential) DO UPDATE SET version = token.version + 1, {changed}"
    )
    tx.execute(sql, values)


def begin(tx: Tx, row: TokenRow) -> None:
    """The first row of a credential; nothing happens when another process has begun it."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    marks = ", ".join(f":{name}" for name in _COLUMNS)
    tx.execute(text(f"INSERT INTO token ({_NAMES}) VALUES ({marks}) ON CONFLICT (credential) DO NOTHING"), values)


def asking(tx: Tx, credential: str, *, version: int, at: str) -> bool:
    """Write down that this version is being renewed, before it is; False when it is not in force any more."""
    sql = text("UPDATE token SET asked_at = :at WHERE credential = :c AND version = :version")
    return bool(tx.execute(sql, {"c": credential, "version": version, "at": at}).rowcount)


def renewed(tx: Tx, row: TokenRow) -> bool:
    """Put a token in force in place of the version before it; False when that is not in force any more."""
    sql = text(
        "UPDATE token SET version = :version, access = :access, refresh = :refresh, expires_at = :expires_at, "
        "asked_at = NULL, changed_at = :changed_at WHERE credential = :credential AND version = :version - 1"
    )
    return bool(tx.execute(sql, {name: getattr(row, name) for name in _COLUMNS if name != "asked_at"}).rowcount)
