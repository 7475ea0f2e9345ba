"""The story of the demo: read, wait for approval, write under fire, read back, and count everything. Wires nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from admin_api.cli import reports
from admin_api.cli.progress import watched
from admin_api.cli.screen import Screen, counted
from sync import actions

if TYPE_CHECKING:
    from connectors.sandbox.server import SandboxServer
    from sync.hub import Hub
    from sync.push import Delivery
    from sync.runs import RunReport

_FAULTS = (
    {"kind": "duplicate_page", "method": "GET", "path": "/erp/customers", "every": 3},
    {"kind": "timeout_after_commit", "method": "POST", "path": "/erp/payments", "first": 1, "seconds": 30.0},
    {"kind": "throttle", "method": "POST", "path": "/erp/payments", "every": 4, "retry_after": 1},
)
_ROUNDS = 30  # pushes, a second apart, before the demo gives up on what is still waiting


def tell(hub: Hub, server: SandboxServer, *, screen: Screen) -> dict[str, Any]:
    """Play it through; answers everything that happened, with `problems` empty when all is as promised."""
    _introduce(hub, server, screen=screen)
    server.misbehave(*_FAULTS)
    first = _synced(hub, "concilia sync: read everything", screen=screen)
    before = _conclusions(hub)
    deliveries = _pushed(hub, screen)
    calls, written = server.world.calls["POST /erp/payments"], _in_the_ledger(server)
    screen.say(f"{counted(calls, 'call')} to write in all; {counted(written.total(), 'payment')} in the ERP's ledger.")
    second = _synced(hub, "concilia sync: read it all back", screen=screen)
    problems = [
        *(["Some records of a run have no disposition, or two."] if not _add_up(first, second) else []),
        *(f"{name}: {fault}" for report in (first, second) for name, fault in report.failures.items()),
        *(["A payment of the bank is not in the ERP's ledger exactly once."] if written != _wanted(server) else []),
        *(["Reading back changed a debtor, a debt or a payment."] if before != _conclusions(hub) else []),
    ]
    _conclude(problems, screen)
    return {
        "folder": str(hub.workspace.folder),
        "first": first.as_json(),
        "deliveries": [done.as_json() for done in deliveries],
        "calls_to_write": calls,
        "payments_in_the_ledger": written.total(),
        "second": second.as_json(),
        "totals": actions.totals(hub),
        "problems": problems,
    }


def _introduce(hub: Hub, server: SandboxServer, *, screen: Screen) -> None:
    known = server.world.portfolio
    screen.say("== Four sources about the same debtors")
    screen.say(f"Workspace: {hub.workspace.folder}")
    screen.say(f"An ERP with {len(known.customers)} customers, a CRM with {len(known.contacts)} contacts: {server.url}")
    screen.say(f"Two files: in/legacy.csv with {len(known.legacy)} rows, in/bank.csv with {len(known.bank)} payments.")


def _synced(hub: Hub, heading: str, *, screen: Screen) -> RunReport:
    screen.say(f"\n== {heading}")
    actions.apply(hub)
    with watched() as watch:
        report = actions.run(hub, [], push=False, watch=watch)
    reports.show(report, totals=actions.totals(hub), screen=screen)
    return report


def _pushed(hub: Hub, screen: Screen) -> list[Delivery]:
    """Everything that waits, written; what was postponed is tried again when its time has come."""
    screen.say("\n== concilia approve erp, then concilia push: write to an ERP that misbehaves")
    screen.say("It takes a payment without answering, refuses calls with 429, and gives pages twice.")
    actions.approve(hub, "erp", by="demo")
    done: list[Delivery] = []
    for _ in range(_ROUNDS):
        deliveries = actions.push(hub, ["erp"])
        reports.show_deliveries(deliveries, screen)
        done += deliveries
        if not actions.waiting_intents(hub):
            break
        time.sleep(1)
    return done


def _in_the_ledger(server: SandboxServer) -> Counter[tuple[str, Decimal]]:
    """Invoice and amount of each payment that the ERP took from the hub."""
    taken = server.world.ledger.payments_by_invoice()
    return Counter((invoice, Decimal(payment["amount"])) for invoice, rows in taken.items() for payment in rows)


def _wanted(server: SandboxServer) -> Counter[tuple[str, Decimal]]:
    """What the bank reported for invoices of the ERP, leaving out the rows that no program can use."""
    portfolio = server.world.portfolio
    invoices = {row["document"]: row["id"] for row in portfolio.invoices}
    found: Counter[tuple[str, Decimal]] = Counter()
    for row in portfolio.bank:
        try:
            amount = Decimal(row["MONTO"].replace(",", "."))
        except InvalidOperation:
            continue
        if row["DOCUMENTO"] in invoices:
            found[invoices[row["DOCUMENTO"]], amount] += 1
    return found


def _add_up(*told: RunReport) -> bool:
    return all(reports.adds_up(report.run.streams) for report in told)


def _conclusions(hub: Hub) -> str:
    """A mark that differs when any debtor, any balance or any payment differs."""
    mark = hashlib.sha256()
    for row in actions.export(hub, "golden"):
        mark.update(json.dumps(row, default=str).encode())
    for row in actions.export(hub, "debts"):
        mark.update(f"{row['debt_id']} {row['golden_id']} {row['balance']} {row['unit']}".encode())
    for row in actions.export(hub, "payments"):
        mark.update(f"{row['payment_id']} {row['amount']} {row['status']} {row['applications']}".encode())
    return mark.hexdigest()


def _conclude(problems: list[str], screen: Screen) -> None:
    screen.say("\n== What to take home")
    for problem in problems:
        screen.complain(problem)
    if not problems:
        screen.say("Every record read is accounted for, in both runs.")
        screen.say("Every payment is in the ERP's ledger exactly once, whatever the ERP did.")
        screen.say("Reading our own payments back changed no debtor, no balance and no payment.")
