"""Two valid tax ids that are one debtor's: one is retired by the ruling that joins them, and back with its undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concilia.errors import RequestInvalid
from sync import actions, stewardship
from sync.hub import Hub
from sync.stewardship import Retiring, Word
from tests.conftest import OpenHub
from tests.worlds import dotted, dump, rut, workspace, write_cartera, write_contacts

WRONG, RIGHT, PEDRO = rut(9876543), rut(9876548), rut(7654321)
LEFT, RIGHTS = f"erp/cartera/{dotted(WRONG)}", "crm/contactos/c1"
SEEN, LATER = "2026-11-01T10:00:00", "2026-11-10T10:00:00Z"


def world(folder: Path) -> Path:
    """José twice, once with a typing slip that happens to have a right check digit; a tocayo who has that number."""
    found = workspace(folder)
    write_cartera(
        found,
        [
            ("F-1", dotted(WRONG), "José Luis Hernández Soto", "962223344", "", "99.990", "15-10-2026", SEEN),
            ("F-2", dotted(PEDRO), "Pedro Rojas Díaz", "961112233", "", "10.000", "15-10-2026", SEEN),
        ],
    )
    rows = [
        ("c1", RIGHT, "José Luis Hernández Soto", "962223344", "", "jl@clientes.cl", LATER),
        ("c2", WRONG, "Jose Luis Hernandez", "", "", "", LATER),
    ]
    write_contacts(found, rows)
    return found


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    found = opened(world(tmp_path), database_url=database_url)
    actions.apply(found)
    actions.run(found, [])
    return found


def canonical(written: str) -> str:
    return written.replace("-", "")


def pair(hub: Hub) -> tuple[int, int]:
    return stewardship.source_debtor(hub, LEFT), stewardship.source_debtor(hub, RIGHTS)


def goldens(hub: Hub) -> dict[str, str]:
    return {f"{r['connection']}/{r['external_id']}": r["golden_id"] for r in actions.export(hub, "crosswalk")}


def shown(hub: Hub, golden_id: str) -> dict[str, Any]:
    return {i["value"]: i.get("retired") for i in actions.debtor(hub, golden_id).body["identifiers"]}


def same(number: str, *, superseded: bool = False) -> Word:
    return Word("same", "ana", "el de la carta", Retiring(f"CL:RUT:{number}", superseded))


def test_without_a_retired_number_same_is_refused_and_says_which_numbers_conflict(hub: Hub) -> None:
    outcome = stewardship.rule(hub, pair(hub), judgement="same", by="ana")
    assert not outcome.together
    (conflict,) = stewardship.pair(hub, *pair(hub)).conflicts
    assert (conflict.name, conflict.left, conflict.right) == ("CL:RUT", (canonical(WRONG),), (canonical(RIGHT),))


def test_a_mistyped_number_is_retired_on_its_side_only_and_the_two_become_one(hub: Hub) -> None:
    before = goldens(hub)
    foreseen = stewardship.foresee(hub, *pair(hub), judgement="same", retire=Retiring(f"CL:RUT:{dotted(WRONG)}"))
    assert foreseen.together
    assert goldens(hub) == before
    outcome = stewardship.say(hub, pair(hub), same(dotted(WRONG)))
    assert outcome == foreseen
    one = outcome.after[0]
    body = actions.debtor(hub, one).body
    assert body["tax_id"] == canonical(RIGHT)
    retired = shown(hub, one)
    assert retired[canonical(RIGHT)] is None
    assert (retired[canonical(WRONG)]["by"], retired[canonical(WRONG)]["reason"]) == ("ana", "el de la carta")
    assert retired[canonical(WRONG)]["everywhere"] is False
    (row,) = [r for r in actions.export(hub, "golden") if r["golden_id"] == one]
    assert row["identifiers"] == [f"CL:RUT:{canonical(RIGHT)}"]
    ruling = stewardship.pair(hub, *pair(hub)).ruling
    assert ruling is not None
    assert [(r.name, r.value, r.superseded) for r in ruling.retired] == [("CL:RUT", canonical(WRONG), False)]


def test_whoever_joins_the_mistyped_side_keeps_the_number_that_is_really_theirs(hub: Hub) -> None:
    """c2 stands in the left golden record and states the number too: it is retired at both of that side."""
    stewardship.say(hub, pair(hub), same(WRONG))
    assert len(set(goldens(hub).values())) == 2, "José is one, and Pedro"
    write_contacts(Path(hub.workspace.folder), [("c9", WRONG, "Rosa Peña Tapia", "", "", "", LATER)], name="new.csv")
    actions.run(hub, [])
    rosa = goldens(hub)["crm/c9"]
    assert actions.debtor(hub, rosa).body["tax_id"] == canonical(WRONG)
    assert rosa != goldens(hub)["crm/c1"]


def test_a_superseded_number_counts_nowhere_not_even_where_it_arrives_later(hub: Hub) -> None:
    stewardship.say(hub, pair(hub), same(WRONG, superseded=True))
    write_contacts(Path(hub.workspace.folder), [("c9", WRONG, "Rosa Peña Tapia", "", "", "", LATER)], name="new.csv")
    actions.run(hub, [])
    rosa = goldens(hub)["crm/c9"]
    assert "tax_id" not in actions.debtor(hub, rosa).body
    assert shown(hub, rosa)[canonical(WRONG)]["everywhere"] is True
    stewardship.rule(hub, pair(hub), judgement="withdrawn", by="eva")
    assert actions.debtor(hub, goldens(hub)["crm/c9"]).body["tax_id"] == canonical(WRONG)


@pytest.mark.parametrize("superseded", [False, True])
@pytest.mark.parametrize("word", ["withdrawn", "different"])
def test_undo_puts_the_number_back_and_restores_every_golden_id_and_record(
    hub: Hub, superseded: bool, word: str
) -> None:
    before = {g: dict(actions.debtor(hub, g).body) for g in set(goldens(hub).values())}
    crosswalk = goldens(hub)
    stewardship.say(hub, pair(hub), same(WRONG, superseded=superseded))
    assert goldens(hub) != crosswalk
    stewardship.rule(hub, pair(hub), judgement=word, by="eva")
    assert goldens(hub) == crosswalk
    for golden_id, body in before.items():
        now = dict(actions.debtor(hub, golden_id).body)
        for changing in ("version", "updated_at"):
            now.pop(changing), body.pop(changing)
        assert now == body


def test_a_retirement_outlives_new_reads_and_saying_it_again_appends_nothing(hub: Hub) -> None:
    stewardship.say(hub, pair(hub), same(WRONG))
    once, joined = dump(hub), goldens(hub)
    stewardship.say(hub, pair(hub), same(WRONG))
    stewardship.rule(hub, pair(hub), judgement="same", by="ana")
    assert dump(hub) == once
    actions.run(hub, [], full=True)
    assert goldens(hub) == joined


def test_a_number_retired_by_two_rulings_comes_back_only_when_both_are_undone(hub: Hub) -> None:
    other = (stewardship.source_debtor(hub, "crm/contactos/c2"), pair(hub)[1])
    stewardship.say(hub, pair(hub), same(WRONG))
    stewardship.say(hub, other, same(WRONG))
    joined = goldens(hub)
    stewardship.rule(hub, pair(hub), judgement="withdrawn", by="eva")
    assert goldens(hub)["crm/c2"] == joined["crm/c1"], "the other ruling still holds"
    assert shown(hub, joined["crm/c1"])[canonical(WRONG)] is not None
    stewardship.rule(hub, other, judgement="withdrawn", by="eva")
    assert goldens(hub)["crm/c2"] != goldens(hub)["crm/c1"]
    assert shown(hub, goldens(hub)["crm/c2"]) == {canonical(WRONG): None}


@pytest.mark.parametrize(
    ("number", "judgement", "said"),
    [
        ("12345678-5", "same", "country:type:value"),
        ("CL:RUT:", "same", "country:type:value"),
        (f"CL:RUT:{PEDRO}", "same", "Neither side states that number"),
        (f"CL:NIT:{WRONG}", "same", "Neither side states that number"),
        (f"CL:RUT:{WRONG}", "different", "Only same retires"),
    ],
)
def test_what_cannot_be_retired_is_refused_in_one_sentence(hub: Hub, number: str, judgement: str, said: str) -> None:
    blank = dump(hub)
    with pytest.raises(RequestInvalid, match=said):
        stewardship.say(hub, pair(hub), Word(judgement, "ana", "", Retiring(number)))
    assert dump(hub) == blank
