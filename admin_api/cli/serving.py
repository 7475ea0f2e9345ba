"""The command that serves the hub over HTTP, on this machine alone unless told otherwise. Decides nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from sync.hub import Hub

app = typer.Typer()

LOOPBACK = "127.0.0.1"
_LOCAL = (LOOPBACK, "::1", "localhost")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 lets other machines in.")] = LOOPBACK,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8765,
    no_schedules: Annotated[bool, typer.Option("--no-schedules", help="Run no schedule.")] = False,
    no_push: Annotated[bool, typer.Option("--no-push", help="Write to other systems only when told to.")] = False,
    no_events: Annotated[bool, typer.Option("--no-events", help="Tell subscribers nothing.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Serve the pages and the HTTP API, and run schedules.

    Until interrupted; the event feed is part of the API. What waits for an approved connection is written within
    a second or two; subscribers of events are told at once.

    Several processes may serve one workspace: what is due runs once. It listens on this machine only. To let
    other machines in, say --host and put a proxy with TLS in front.

    Example: concilia serve --port 8765
    """
    from sync.contact_hearing import hearing
    from sync.courier import delivering
    from sync.postman import telling

    screen = Screen(as_json)
    with opened(folder) as hub, listening(host, port) as held:
        url = url_of(held)
        screen.document({"url": url})
        screen.say(f"Concilia answers at {url} (Ctrl-C stops it).")
        screen.say("People open it in a browser, programs call /v1. Both need a key: concilia keys create NAME")
        if host not in _LOCAL:
            screen.complain("Other machines can reach this address, and there is no TLS here: put a proxy in front.")
        with ExitStack() as running:
            if hub.workspace.schedules and not no_schedules:
                running.enter_context(clockwork(hub, screen))
            running.enter_context(hearing(hub))
            if not no_push:
                running.enter_context(delivering(hub))
            if not no_events:
                running.enter_context(telling(hub))
            answer_calls(hub, held)


@contextmanager
def clockwork(hub: Hub, screen: Screen) -> Iterator[None]:
    """Run what is due until the block ends."""
    from admin_api.cli.scheduling import this_process
    from sync.ticker import serving_schedules

    with serving_schedules(hub, this_process()):
        screen.say(f"{counted(len(hub.workspace.schedules), 'schedule')} kept: concilia schedule list")
        yield


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that nobody is told an address that does not answer."""
    from concilia.errors import SystemUnreachable

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        # Accepted sockets inherit it; without it each answer on a kept connection waits some 40 ms for the next one.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "that is no address"
        raise SystemUnreachable(
            f"Port {port} of {host} cannot be listened at: {reason}.",
            mend="Say another --port (0 takes any free one) or --host.",
            system="serve",
        ) from fault
    return listener


def url_of(held: socket.socket) -> str:
    """The address as a browser takes it."""
    host, port = held.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answer_calls(hub: Hub, held: socket.socket) -> None:
    """Answer HTTP calls until interrupted."""
    import uvicorn

    from admin_api.app import create_app

    app = create_app(hub)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    app.state.streams.leaving = lambda: server.should_exit  # an open stream would keep the server from ending
    server.run(sockets=[held])
