"""Where the demo plays: its folder, the sandbox behind it, and the files it reads. No step of the story."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin_api.bootstrap import open_hub
from concilia.errors import RequestInvalid
from concilia.settings import Settings
from connectors.sandbox import MAPS, extracts
from connectors.sandbox.server import SandboxServer, Setup

if TYPE_CHECKING:
    from connectors.sandbox.portfolio import Portfolio
    from sync.hub import Hub

MARK = ".concilia-demo"
_DISPUTED = 3  # debts that the legacy file states with another balance than the ERP


@contextmanager
def standing_in(folder: Path) -> Iterator[tuple[Hub, SandboxServer]]:
    """The hub and the sandbox of a demo folder, which is made, or taken up again where the last demo left it."""
    with _held(folder), SandboxServer(Setup(journal=folder / "sandbox.jsonl")) as server:
        _furnish(folder, server)
        # A demo never goes into the database of somebody's real workspace, whatever the environment says.
        hub = open_hub(Settings(folder, None, os.environ))
        try:
            yield hub, server
        finally:
            hub.store.close()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    mark = folder / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestInvalid(
            f"{folder.absolute()} is not a folder of the demo.", mend="Name a new one with --folder.", field="folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise RequestInvalid(
                f"A demo is running in {folder.absolute()} now.",
                mend="Stop it, or name another folder with --folder.",
                field="folder",
            ) from fault
        yield


def _furnish(folder: Path, server: SandboxServer) -> None:
    """Write the workspace: its configuration with the sandbox's address of today, its mappings and its files."""
    text = resources.files("admin_api").joinpath("demo", "concilia.yaml").read_text("utf-8")
    (folder / "concilia.yaml").write_text(text.replace("@SANDBOX@", server.url), "utf-8")
    (folder / ".sandbox-key").write_text(server.world.api_key, "utf-8")
    for name in ("legacy.yaml", "bank.yaml"):
        (folder / name).write_bytes((MAPS / name).read_bytes())
    (folder / "in").mkdir(exist_ok=True)
    portfolio = server.world.portfolio
    portfolio.write_bank_csv(folder / "in" / "bank.csv")
    extracts.write(folder / "in" / "legacy.csv", _with_disputes(portfolio))


def _with_disputes(portfolio: Portfolio) -> Sequence[dict[str, Any]]:
    """The legacy rows, a few of them about an invoice of the ERP and with another balance."""
    invoices: dict[int, dict[str, Any]] = {}
    for invoice in portfolio.invoices:
        if invoice["status"] == "open":
            invoices.setdefault(portfolio.behind[f"customers:{invoice['customer']}"], invoice)
    rows = [dict(row) for row in portfolio.legacy]
    shared = [row for row in rows if portfolio.behind[f"legacy:{row['ID']}"] in invoices]
    for row in shared[:_DISPUTED]:
        invoice = invoices[portfolio.behind[f"legacy:{row['ID']}"]]
        row["FOLIO"], row["MONEDA"] = invoice["document"], invoice["currency"]
        row["SALDO"] = str(Decimal(invoice["balance"]) * 2).replace(".", ",")
    return rows
