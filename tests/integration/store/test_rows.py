"""The queries that hold a rule of their own: what is known already stays, what is replaced is kept, what waits wakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from concilia.records import Bookmark
from concilia.store import bookmarks, crosswalk, debts, discrepancies, golden, ledger, outbox, quarantine, runs, sources
from concilia.store.crosswalk import StoredClaim
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.discrepancies import DiscrepancyRow
from concilia.store.golden import GoldenRow
from concilia.store.ledger import ApplicationRow, PaymentRow
from concilia.store.outbox import IntentRow, NextStep
from concilia.store.sources import LandedRecord
from concilia.store.unit_of_work import Store

AT, LATER = "2026-11-22T12:00:00.000000+00:00", "2026-11-23T12:00:00.000000+00:00"


def intent(key: str, subject: str = "1", state: str = outbox.NEW) -> IntentRow:
    return IntentRow(0, key, "erp", "register_payment", subject, f"d{key}", "{}", state, 0, AT, "", AT, AT)


def payment(name: str) -> PaymentRow:
    return PaymentRow(name, "10.50", "PEN", "2026-11-22", "transfer", "confirmed", "", "api", "{}", "10.50", AT)


def debt(name: str, document: str | None = None, balance: str = "100") -> DebtRow:
    return DebtRow(name, "acme", "erp", 1, None, document, "CLP", balance, balance, "open", None, "{}", 1, AT)


def stated(number: int, waiting: str | None = None, pending: int = 0) -> SourceDebt:
    return SourceDebt(
        number, number, "erp", "cartera", f"F-{number}", "{}", "acme", None, None, None, None, pending, waiting, None, AT
    )  # fmt: skip


def record(name: str, version: int = 1) -> GoldenRow:
    return GoldenRow(
        name, golden.ACTIVE, None, 1, 1, None, version, f'{{"v":{version}}}', "{}", f"ANA 100% {name}", AT, AT
    )


def landed(number: int, key: str, payload: str = "{}") -> LandedRecord:
    return LandedRecord(number, "erp", "cartera", key, payload, payload, "m1", None, "", None, AT, 1)


def test_an_intent_told_again_under_its_key_is_the_same_intent(store: Store) -> None:
    with store.begin() as tx:
        outbox.add(tx, [intent("a"), intent("b")])
        outbox.mark(tx, [1], state=outbox.DONE, reason="written", at=LATER)
    with store.begin() as tx:
        outbox.add(tx, [intent("b"), intent("c"), intent("a")])
    with store.read() as tx:
        assert [(i.id, i.idempotency_key, i.state) for i in outbox.listed(tx)] == [
            (1, "a", "done"), (2, "b", "new"), (3, "c", "new"),
        ]  # fmt: skip
        assert outbox.counts(tx) == {("erp", "done"): 1, ("erp", "new"): 2}


def test_an_intent_told_twice_at_once_is_one_intent(store: Store) -> None:
    with store.begin() as tx:
        outbox.add(tx, [intent("a", "1"), intent("b", "2"), intent("a", "3")])
        assert {i.idempotency_key: i.subject_id for i in outbox.listed(tx)} == {"a": "1", "b": "2"}


def test_an_intent_is_ready_when_its_time_has_come_and_nobody_has_finished_it(store: Store) -> None:
    states = (outbox.NEW, outbox.SENT_UNKNOWN, outbox.DONE, outbox.DEAD, outbox.PARKED, outbox.NEW)
    with store.begin() as tx:
        outbox.add(tx, [intent(str(n), state=state) for n, state in enumerate(states)])
        outbox.postpone(tx, 1, NextStep(outbox.NEW, LATER, "busy"), at=AT)
        assert [i.id for i in outbox.ready(tx, "erp", now=AT, after=0, limit=9)] == [2, 6]
        assert [i.id for i in outbox.ready(tx, "erp", now=LATER, after=0, limit=2)] == [1, 2]
        assert [i.id for i in outbox.ready(tx, "erp", now=LATER, after=2, limit=9)] == [6]
        assert outbox.ready(tx, "crm", now=LATER, after=0, limit=9) == []
        outbox.claim(tx, [6], fence=1, at=LATER)
        assert [(i.state, i.attempts) for i in outbox.listed(tx, state=outbox.SENT_UNKNOWN)] == [
            ("sent_unknown", 0), ("sent_unknown", 1),
        ]  # fmt: skip


def test_a_payment_keeps_the_identity_it_had_first(store: Store) -> None:
    with store.begin() as tx:
        ledger.add_identities(tx, ["hub:1", "source:a", "hub:1"], payment_id="p1")
        ledger.add_identities(tx, ["source:a", "source:b"], payment_id="p2")
        ledger.add_identities(tx, [], payment_id="p3")
        found = ledger.identities(tx, ["hub:1", "source:a", "source:b", "source:c"])
    assert found == {"hub:1": "p1", "source:a": "p1", "source:b": "p2"}


def test_payments_and_their_applications_come_back_page_after_page(store: Store) -> None:
    names = [f"p{n:04d}" for n in range(1100)]
    with store.begin() as tx:
        ledger.store(tx, [payment(name) for name in names])
        lines = [
            ApplicationRow(ledger.next_application(tx), name, debt_id, "1.50", "PEN", AT, None, None, None)
            for name in names[:3]
            for debt_id in ("d1", "d2")
        ]
        ledger.append_applications(tx, lines)
        ledger.set_posted(tx, [lines[0].id], at=LATER, external_id="9")
    with store.read() as tx:
        found = list(ledger.every(tx))
        assert [p.id for p, _ in found] == names
        assert found[0][1] == [replace(lines[0], posted_at=LATER, posted_external_id="9"), lines[1]]
        assert found[3] == (payment("p0003"), [])
        assert [a.id for a in ledger.applications_of_debts(tx, ["d1"])["d1"]] == [lines[0].id, lines[2].id, lines[4].id]


def test_only_what_waits_is_woken(store: Store) -> None:
    with store.begin() as tx:
        debts.store_sources(tx, [stated(1, "debtor 7"), stated(2), stated(3, pending=1), stated(4, "debtor 9", 1)])
        assert debts.wake_waiting(tx) == 1
        assert [s.id for s in debts.pending_sources(tx, limit=10)] == [1, 3, 4]
        assert [s.id for s in debts.pending_sources(tx, limit=2)] == [1, 3]


def test_a_document_may_be_the_number_of_several_debts(store: Store) -> None:
    with store.begin() as tx:
        debts.store(tx, [debt("d1", "F-1"), debt("d2", "F-1"), debt("d3", "F-2"), debt("d4")])
        found = debts.by_document(tx, ["F-1", "F-2", "F-9"])
    assert {document: [d.id for d in rows] for document, rows in found.items()} == {"F-1": ["d1", "d2"], "F-2": ["d3"]}


def test_all_debts_are_read_once_whatever_the_page(store: Store) -> None:
    rows = [debt(f"d{n:04d}") for n in range(1001)]
    with store.begin() as tx:
        debts.store(tx, rows)
        debts.store_sources(tx, [replace(stated(1), debt_id="d0500"), replace(stated(2), debt_id="d0500")])
        found = list(debts.every(tx))
    assert [view.row for view in found] == rows
    assert found[500].sources == (("erp", "cartera", "F-1"), ("erp", "cartera", "F-2"))
    assert found[499].sources == ()


def test_a_discrepancy_is_open_until_it_is_closed(store: Store) -> None:
    with store.begin() as tx:
        row = DiscrepancyRow(0, "balance", "d1", "old", "CLP", "100", "90", "open", AT, owner="erp")
        (number,) = discrepancies.add(tx, [row])
        assert discrepancies.standing(tx, ["d1", "d2"]) == [replace(row, id=number)]
        discrepancies.close(tx, [number], resolution="over", at=LATER)
        assert discrepancies.standing(tx, ["d1"]) == []
        assert [d.resolved_at for d in discrepancies.listed(tx, status="resolved")] == [LATER]


def test_golden_records_keep_every_version_they_replace(store: Store) -> None:
    first, second = record("g1"), record("g1", version=2)
    with store.begin() as tx:
        golden.store(tx, [first, record("g2")], superseded=[])
        golden.store(tx, [second], superseded=[first])
        assert golden.load(tx, ["g1", "g9"]) == {"g1": second}
        assert [(v["version"], v["body"]) for v in golden.versions_of(tx, "g1")] == [(1, {"v": 1})]
        assert [row.id for row in golden.every(tx)] == ["g1", "g2"]


@pytest.mark.parametrize(
    ("words", "found"),
    [([], "abc"), (["100%"], "abc"), (["10_%"], ""), (["ANA", "b"], "b"), (["!"], ""), (["_"], ""), (["%%"], "")],
)
def test_a_search_takes_every_sign_as_itself(store: Store, words: list[str], found: str) -> None:
    with store.begin() as tx:
        golden.store(tx, [record(name) for name in "abc"], superseded=[])
        golden.store(tx, [replace(record("d"), status=golden.MERGED, merged_into="a")], superseded=[])
        assert "".join(row.id for row in golden.search(tx, words, after="", limit=9)) == found


def test_a_search_goes_on_after_an_id(store: Store) -> None:
    with store.begin() as tx:
        golden.store(tx, [record(name) for name in "abc"], superseded=[])
        assert [row.id for row in golden.search(tx, ["ANA"], after="a", limit=1)] == ["b"]


def test_a_source_debtor_has_one_id_however_often_it_is_named(store: Store) -> None:
    with store.begin() as tx:
        first = crosswalk.debtor_ids(tx, "erp", [("a", "1"), ("b", "1"), ("a", "1")])
        again = crosswalk.debtor_ids(tx, "erp", [("b", "1"), ("a", "2"), ("a", "1")])
        other = crosswalk.debtor_ids(tx, "crm", [("a", "1")])
        assert first == {("a", "1"): 1, ("b", "1"): 2}
        assert again == {("a", "1"): 1, ("b", "1"): 2, ("a", "2"): 3}
        assert other == {("a", "1"): 4}
        assert crosswalk.pending(tx, limit=9) == [1, 2, 3, 4]


def test_whoever_gains_or_loses_a_claim_is_pending(store: Store) -> None:
    with store.begin() as tx:
        crosswalk.debtor_ids(tx, "erp", [("a", "1"), ("a", "2"), ("a", "3")])
        crosswalk.replace_claims(tx, [], [StoredClaim(7, 0, 1, "{}", None, AT), StoredClaim(8, 0, 3, "{}", None, AT)])
        crosswalk.set_resolved(tx, [(1, "g1", 1), (2, None, 0), (3, "g3", 1)])
        assert crosswalk.count_pending(tx) == 0
        assert crosswalk.replace_claims(tx, [7], [StoredClaim(7, 0, 2, "{}", None, AT)]) == {1, 2}
        assert crosswalk.pending(tx, limit=9) == [1, 2]
        assert crosswalk.find_debtors(tx, "erp", [("a", "1"), ("a", "2"), ("a", "9")]) == {("a", "2"): 2}
        assert list(crosswalk.lines(tx)) == [("erp", "a", "1", "g1"), ("erp", "a", "3", "g3")]


def test_a_record_stored_again_keeps_its_id_and_is_applied_again(store: Store) -> None:
    with store.begin() as tx:
        sources.land(tx, [landed(1, "k1"), landed(2, "k2")])
        sources.set_state(tx, [1], state=sources.BLOCKED)
        assert sources.blocked_in_run(tx, 1) == {("erp", "cartera"): 1}
        sources.land(tx, [landed(1, "k1", '{"a":1}')])
        known = sources.known(tx, "erp", stream="cartera", keys=["k1", "k2", "k3"])
        assert {key: (r.id, r.content_hash) for key, r in known.items()} == {"k1": (1, '{"a":1}'), "k2": (2, "{}")}
        assert sources.blocked_in_run(tx, 1) == {}
        assert sources.known(tx, "erp", stream="otra", keys=["k1"]) == {}


def test_records_mapped_otherwise_are_found_once(store: Store) -> None:
    with store.begin() as tx:
        sources.land(tx, [landed(n, f"k{n}") for n in range(1, 6)])
        sources.set_map_hash(tx, [2], map_hash="m2")
        found = sources.mapped_otherwise(tx, "erp", stream="cartera", map_hash="m2", after=3)
        assert [r.id for r in found] == [4, 5]
        sources.set_map_hash(tx, [1, 3, 4, 5], map_hash="m2")
        assert sources.mapped_otherwise(tx, "erp", stream="cartera", map_hash="m2", after=0) == []


def test_bookmarks_are_kept_by_stream_and_partition_until_forgotten(store: Store) -> None:
    with store.begin() as tx:
        for tie in ("10", "done"):
            bookmarks.move(tx, ("erp", "a"), Bookmark("ñ.csv", "hash", tie), run_id=1, at=AT)
        bookmarks.move(tx, ("erp", "b"), Bookmark("", "5", ""), run_id=1, at=AT)
        assert bookmarks.of_stream(tx, "erp", stream="a") == {"ñ.csv": Bookmark("ñ.csv", "hash", "done")}
        bookmarks.forget(tx, "erp", stream="a")
        assert bookmarks.of_stream(tx, "erp", stream="a") == {}
        assert bookmarks.of_stream(tx, "erp", stream="b") == {"": Bookmark("", "5", "")}


def test_only_runs_that_say_they_run_are_abandoned(store: Store) -> None:
    with store.begin() as tx:
        for number in (1, 2, 3):
            assert runs.start(tx, "sync", at=AT) == number
            runs.open_stream(tx, number, connection="erp", stream="a")
            runs.count(tx, number, connection="erp", stream="a", counts={"read": 2, "applied": 1, "unchanged": 1})
        runs.close_stream(tx, 1, connection="erp", stream="a")
        runs.finish(tx, 1, status=runs.DONE, body={"ñ": 1}, at=AT)
        assert [r.id for r in runs.running(tx)] == [2, 3]
        runs.abandon(tx, [1, 2], at=LATER)
    with store.read() as tx:
        newest = runs.latest(tx)
    assert [(r.id, r.status, r.finished_at, r.streams[0].status) for r in newest] == [
        (3, "running", None, "running"), (2, "abandoned", LATER, "abandoned"), (1, "done", AT, "done"),
    ]  # fmt: skip
    assert all(stream.adds_up for r in newest for stream in r.streams)
    assert newest[-1].body == {"ñ": 1}


def test_an_empty_quarantine_has_nothing_waiting(store: Store) -> None:
    with store.read() as tx:
        assert quarantine.waiting(tx) == 0
        assert quarantine.known(tx, "erp", stream="a", fingerprints={}) == {}
