"""A lock belongs to one process at a time and ends with it, however it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from concilia.store import locks
from concilia.store.unit_of_work import Store

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys
from concilia.store import locks, unit_of_work
with locks.hold(unit_of_work.Store(sys.argv[1]), sys.argv[2]) as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(url: str, name: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, url, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "True\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def is_free(store: Store, name: str) -> bool:
    with locks.hold(store, name) as mine:
        return mine


def becomes_free(store: Store, name: str) -> bool:
    """A killed client's session ends when the server notices: patience for that, not for any time-out of ours."""
    return any(is_free(store, name) or time.sleep(0.02) for _ in range(500))


def test_a_lock_held_by_another_process_is_refused_and_others_are_free(url: str, empty: Store) -> None:
    with another_process(url, "connection-erp") as process:
        assert not is_free(empty, "connection-erp")
        assert is_free(empty, "connection-crm")
        process.communicate("")  # the end of its block
        assert process.returncode == 0
    assert becomes_free(empty, "connection-erp")


def test_a_killed_process_leaves_no_lock_behind(url: str, empty: Store) -> None:
    with another_process(url, "connection-erp") as process:
        process.kill()
        process.wait()
        assert becomes_free(empty, "connection-erp")


def test_one_process_does_not_hold_a_lock_twice(empty: Store) -> None:
    with locks.hold(empty, "a") as first, locks.hold(empty, "a") as second:
        assert (first, second) == (True, False)
    assert is_free(empty, "a")


def hold_and_fail(store: Store) -> None:
    with locks.hold(store, "a") as mine:
        assert mine
        raise RuntimeError


def test_a_lock_is_given_back_when_its_block_fails(empty: Store) -> None:
    with pytest.raises(RuntimeError):
        hold_and_fail(empty)
    assert is_free(empty, "a")


def test_a_refused_caller_does_not_free_the_lock(empty: Store) -> None:
    with locks.hold(empty, "a"):
        assert not is_free(empty, "a")
        assert not is_free(empty, "a")


def test_a_holder_can_still_write(store: Store) -> None:
    with locks.hold(store, "a"), store.begin() as tx:
        locks.in_turn(tx, "money")
        tx.execute(text("INSERT INTO counter (name, value) VALUES ('x', 1)"))
    with store.read() as tx:
        assert tx.execute(text("SELECT value FROM counter")).scalar_one() == 1


def test_a_workspace_of_many_connections_can_hold_them_all(postgres_url: str) -> None:
    store = Store(postgres_url)
    store.engine.pool._timeout = 0.1  # type: ignore[attr-defined]  # the default would be half a minute of waiting
    try:
        with ExitStack() as stack:
            held = [stack.enter_context(locks.hold(store, f"connection-{n}")) for n in range(20)]
            assert held == [True] * 20
            with store.read() as tx:
                assert tx.execute(text("SELECT 1")).scalar_one() == 1
    finally:
        store.close()
