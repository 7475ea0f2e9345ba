"""Start and stop a real Tryton ERP for tests: a copy of the seeded database, served on a free loopback port.

Standard library only, and independent of the connector: `TrytonPeer.rpc` is a client of its own, for edits and
for reading the ledger back. From a terminal: `python tests/peers/tryton_peer.py --folder erp --parties 300`.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

_INSTALL = Path(__file__).resolve().parent / "tryton" / "install.py"


def _load_install() -> Any:
    spec = importlib.util.spec_from_file_location("tryton_peer_install", _INSTALL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


install = _load_install()


@dataclass
class TrytonPeer:
    """A running server. `truth` is what was seeded, one object per party with its invoice."""

    url: str
    database: str
    user: str
    password: str
    truth: list[dict[str, Any]]
    process: subprocess.Popen[bytes]
    log: Path
    _rpc: Rpc | None = field(default=None, repr=False)

    @property
    def rpc(self) -> Rpc:
        """A signed-in client of the standard library, for edits and for reading back."""
        if self._rpc is None:
            self._rpc = Rpc(self.url, self.database, self.user, self.password)
        return self._rpc

    def stop(self) -> None:
        """End this server, and nothing else."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class Refused(Exception):
    """Tryton answered with an error; `error` is what it said."""

    def __init__(self, method: str, error: Any) -> None:
        super().__init__(f"{method}: {str(error)[:500]}")
        self.error = error


class Rpc:
    """The shortest JSON-RPC client for Tryton: `rpc.model("party.party.write", [1], {"name": "…"})`."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        self._url = f"{url}/{database}/rpc/"  # `/{database}/` before the series 7.8
        self._user = user
        self._password = password
        self._headers = {"Content-Type": "application/json"}
        self._sign_in()

    def _sign_in(self) -> None:
        self._headers.pop("Authorization", None)
        try:
            number, key, *_ = self.call("common.db.login", self._user, {"password": self._password})
        except urllib.error.HTTPError as fault:
            if fault.code not in {404, 405} or not self._url.endswith("/rpc/"):
                raise
            self._url = self._url.removesuffix("rpc/")
            number, key, *_ = self.call("common.db.login", self._user, {"password": self._password})
        token = base64.b64encode(f"{self._user}:{number}:{key}".encode()).decode()
        self._headers["Authorization"] = f"Session {token}"
        self.context = self.call("model.res.user.get_preferences", True, {})

    def call(self, method: str, *params: Any) -> Any:
        """The method's result as plain JSON; Decimal, date and datetime parameters are given their types."""
        body = json.dumps({"id": 1, "method": method, "params": params}, default=_typed).encode()
        request = urllib.request.Request(self._url, data=body, headers=self._headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as fault:
            if fault.code != 401 or method.startswith("common."):
                raise
            self._sign_in()
            return self.call(method, *params)
        if answer.get("error"):
            raise Refused(method, answer["error"])
        return answer["result"]

    def model(self, method: str, *params: Any) -> Any:
        """A method of a model, in the context of the user; deactivated rows are seen too."""
        return self.call(f"model.{method}", *params, {**self.context, "active_test": False})

    def read(self, model: str, number: int, *fields: str) -> dict[str, Any]:
        """The fields of one row."""
        [row] = self.model(f"{model}.read", [number], list(fields))
        return dict(row)

    def wizard(self, name: str, model: str, number: int, answers: dict[str, dict[str, Any]]) -> None:
        """Run a wizard on one row: `answers` gives, per state with a form, what to change in its defaults.

        The key is `form>next`, such as `start>choice`; a form that is not shown is not answered.
        """
        aimed = {**self.context, "active_model": model, "active_id": number, "active_ids": [number]}
        session, state, _ = self.call(f"wizard.{name}.create", aimed)
        answer = self.call(f"wizard.{name}.execute", session, {}, state, aimed)
        for key, changes in answers.items():
            form, _, following = key.partition(">")
            if (answer.get("view") or {}).get("state") != form:
                continue
            values = {n: v for n, v in answer["view"]["defaults"].items() if "." not in n}
            data = {form: {**values, **changes}}
            answer = self._confirmed(f"wizard.{name}.execute", session, data, following, aimed)
        self.call(f"wizard.{name}.delete", session, aimed)

    def _confirmed(self, method: str, *params: Any) -> Any:
        """The answer of a call, after saying yes to whatever Tryton asks to confirm."""
        while True:
            try:
                return self.call(method, *params)
            except Refused as fault:
                if fault.error[0] != "UserWarning":
                    raise
                said = {"user": 1, "name": fault.error[1][0], "always": True}
                self.model("res.user.warning.create", [said])

    def pay(self, invoice: int, amount: str, description: str = "") -> None:
        """Register a payment as a person at the ERP would."""
        [method] = self.model("account.invoice.payment.method.search", [], 0, 1, None)
        start = {"amount": Decimal(amount), "payment_method": method, "description": description}
        steps = {"start>choice": start, "ask>pay": {"type": "partial"}}
        if Decimal(amount) == Decimal(
            self.read("account.invoice", invoice, "amount_to_pay")["amount_to_pay"]["decimal"]
        ):
            steps.pop("ask>pay")
        self.wizard("account.invoice.pay", "account.invoice", invoice, steps)


def _typed(value: object) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"no wire form for {type(value).__name__}")


def start(folder: Path, parties: int = 300, *, port: int = 0, patience: float = 60, series: str = "8.0") -> TrytonPeer:
    """A running Tryton whose database is a fresh copy in `folder`; what is missing in the cache is built first."""
    cache = install.default_cache()
    source = install.seeded(cache, parties=parties, series=series)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{install.DATABASE}.sqlite*"):
        old.unlink()
    shutil.copy(source / f"{install.DATABASE}.sqlite", folder)
    chosen = port or _free_port()
    config = install.write_config(folder, port=chosen)
    log = folder / "server.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRYTOND_", "PYTHON"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [install.environment(cache, series=series) / "bin" / "trytond", "-c", config, "-d", install.DATABASE],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean,
        )
    peer = TrytonPeer(
        url=f"http://127.0.0.1:{chosen}",
        database=install.DATABASE,
        user=install.USER,
        password=install.PASSWORD,
        truth=json.loads((source / "truth.json").read_text(encoding="utf-8")),
        process=process,
        log=log,
    )
    try:
        _wait(peer, patience=patience)
    except BaseException:
        peer.stop()
        raise
    return peer


def _wait(peer: TrytonPeer, *, patience: float) -> None:
    body = json.dumps({"id": 1, "method": "common.server.version", "params": []}).encode()
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if peer.process.poll() is not None:
            break
        request = urllib.request.Request(f"{peer.url}/rpc/", data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except urllib.error.HTTPError:  # before the series 7.8 that path is no one's: it answers all the same
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Tryton did not come up:\n{peer.log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--parties", type=int, default=300)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--series", choices=sorted(install.REQUIREMENTS), default="8.0")
    given = parser.parse_args()
    peer = start(given.folder, given.parties, port=given.port, series=given.series)
    print(f"{peer.url} database {peer.database} user {peer.user} password {peer.password}", flush=True)
    try:
        peer.process.wait()
    except KeyboardInterrupt:
        peer.stop()


if __name__ == "__main__":
    sys.exit(main())
