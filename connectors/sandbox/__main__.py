"""`python -m connectors.sandbox`: the sandbox in the foreground, and the two files of its portfolio."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from connectors.sandbox.server import SandboxServer, Setup


def main() -> None:
    """Serve until interrupted."""
    arguments = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    arguments.add_argument("--port", type=int, default=0, help="0 takes any free port")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--customers", type=int, default=200)
    arguments.add_argument("--journal", type=Path, help="JSON lines of every effect; read again at the next start")
    arguments.add_argument("--api-key", default=Setup().api_key)
    arguments.add_argument("--print-url", action="store_true", help="one line with the address on standard output")
    arguments.add_argument("--files", type=Path, help="write legacy.csv and bank.csv into this folder first")
    said = arguments.parse_args()
    setup = Setup(seed=said.seed, customers=said.customers, journal=said.journal, api_key=said.api_key, port=said.port)
    try:
        server = SandboxServer(setup)
    except (OSError, ValueError) as fault:
        sys.exit(f"The sandbox cannot start: {fault}")
    if said.files is not None:
        server.world.portfolio.write_legacy_csv(said.files / "legacy.csv")
        server.world.portfolio.write_bank_csv(said.files / "bank.csv")
    if said.print_url:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
    server.serve()


if __name__ == "__main__":
    main()
