"""Small Singer programs for tests: they write what they are told to, and end as they are told to."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.singer_tap import connect

COLUMNS: dict[str, Any] = {
    "id": {"type": "integer"},
    "nombre": {"type": ["null", "string"]},
    "saldo": {"type": ["null", "number"]},
    "vence": {"type": ["null", "string"], "format": "date"},
    "visto": {"type": ["null", "string"], "format": "date-time"},
    "activo": {"type": ["null", "boolean"]},
}
SCHEMA: dict[str, Any] = {
    "type": "SCHEMA",
    "stream": "clientes",
    "schema": {"type": "object", "properties": COLUMNS},
    "key_properties": ["id"],
    "bookmark_properties": ["visto"],
}
CATALOG = {
    "streams": [
        {
            "tap_stream_id": "clientes",
            "stream": "clientes",
            "schema": {"type": "object", "properties": COLUMNS},
            "key_properties": ["id"],
            "replication_key": "visto",
            "metadata": [{"breadcrumb": [], "metadata": {"inclusion": "available"}}],
        },
        {
            "tap_stream_id": "otros",
            "stream": "otros",
            "schema": {"properties": {"x": {"type": "string"}}},
            "metadata": [],
        },
    ]
}
Lines = Sequence[dict[str, Any] | bytes | str]


def record(number: int, **given: Any) -> dict[str, Any]:
    fields = {"id": number, "nombre": f"Ñandú {number}", "saldo": 10.10, "vence": "2026-11-22",
              "visto": f"2026-11-22T10:00:{number % 60:02d}Z", "activo": True}  # fmt: skip
    return {"type": "RECORD", "stream": "clientes", "record": {**fields, **given}}


def state(number: int) -> dict[str, Any]:
    """A state that says how many records came before it."""
    return {"type": "STATE", "value": {"bookmarks": {"clientes": {"records": number}}}}


def bytes_of(lines: Lines) -> bytes:
    return b"".join(
        one if isinstance(one, bytes) else (one if isinstance(one, str) else json.dumps(one)).encode() + b"\n"
        for one in lines
    )


def written_by(folder: Path, lines: Lines, *, code: int = 0, catalog: Any = CATALOG, more: str = "") -> Path:
    """A tap that writes these lines. `more` is shell that runs before it ends."""
    out, known = folder / "out", folder / "catalog-told"
    out.write_bytes(bytes_of(lines))
    known.write_text(catalog if isinstance(catalog, str) else json.dumps(catalog), encoding="utf-8")
    return script(
        folder,
        f'case "$*" in *--discover*) cat {shlex.quote(str(known))}; exit 0;; esac\n'
        f"cat {shlex.quote(str(out))}\n{more}\nexit {code}\n",
    )


def script(folder: Path, shell: str, *, name: str = "tap") -> Path:
    return _executable(folder / name, f"#!/bin/sh\n{shell}")


def python(folder: Path, code: str, *, name: str = "tap") -> Path:
    return _executable(folder / name, f"#!{sys.executable} -SE\n{code}")


def _executable(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def tap(folder: Path, *streams: StreamRequest, **settings: Any) -> Connector:
    """A connection to the program called tap."""
    wanted = streams or (StreamRequest("clientes"),)
    return connect(ConnectionSettings("crm", {"executable": "tap", **settings}, str(folder), streams=wanted))
