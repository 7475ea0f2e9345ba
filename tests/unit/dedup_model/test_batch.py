from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

from dedup.batch import Parts, match_batch
from dedup.batch_csv import TableOptions, UnusableTable, match_csv
from dedup.candidate_pairs import Limits, match_keys
from dedup.model import ForeignModel, from_json, load, save, to_json
from dedup.party_profile import ForeignProfile, profile_of_blob, row_of_blob
from dedup.rows import columns_of, columns_of_profiles
from dedup.table_reading import UnknownColumn
from tests.unit.dedup_model.portfolios import HEADER, profile, profiles, rows, rut


def write(path: Path, records: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, HEADER, restval="")
        writer.writeheader()
        writer.writerows(records)
    return path


def clusters(path: Path) -> dict[str, tuple[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return {row["record_id"]: (row["cluster_id"], row["band"]) for row in csv.DictReader(stream)}


def test_a_table_is_clustered_the_same_in_any_order_of_lines_and_by_any_number_of_processes(tmp_path: Path) -> None:
    records = rows(1500)
    match_csv(write(tmp_path / "a.csv", records), out=tmp_path / "a.out")
    random.Random(3).shuffle(records)
    found = match_csv(write(tmp_path / "b.csv", records), out=tmp_path / "b.out", options=TableOptions(processes=2))
    assert clusters(tmp_path / "a.out") == clusters(tmp_path / "b.out")
    assert found.records == sum(found.bands.values()) == 1500


def test_no_cluster_holds_two_different_valid_ids_nor_a_person_beside_a_company() -> None:
    records = profiles(1500, seed=5)
    cluster = match_batch(columns_of_profiles(records), start=load()).partition.cluster
    for root in np.unique(cluster):
        members = [records[n] for n in np.flatnonzero(cluster == root)]
        assert len({i.text for m in members for i in m.ids if i.proof == 3}) < 2
        assert len({m.kind for m in members} - {None}) < 2


def test_too_few_labelled_pairs_leave_the_shipped_weights_and_the_run_says_so() -> None:
    found = match_batch(columns_of_profiles(profiles(60)), start=load())
    assert "fewer than 200; shipped weights" in found.note


def test_enough_labelled_pairs_teach_weights_and_cuts() -> None:
    found = match_batch(columns_of_profiles(profiles(3000, seed=2)), start=load())
    assert "person: trained on" in found.note
    assert found.model.fingerprint
    assert found.model.bands.automatic > found.model.bands.review


def test_one_tax_id_on_many_names_raises_an_alarm_and_merges_nothing() -> None:
    dice = random.Random(1)
    letters = "BCDFGLMNPRST"
    names = ["".join(dice.choice(letters) + dice.choice("AEIOU") for _ in range(4)) for _ in range(60)]
    records = [profile(full_name=f"{n} {n[::-1]}", tax_id=rut(12_531_909), country="CL") for n in names]
    found = match_batch(columns_of_profiles(records), start=load())
    assert [holders for _, holders in found.alarms] == [60]
    assert len(np.unique(found.partition.cluster)) == 60


def test_a_record_with_ten_thousand_contact_points_stays_bounded() -> None:
    row = profile(full_name="Ana Soto", email=";".join(f"a{n}@uno.cl" for n in range(10_000))[:80_000])
    many = columns_of_profiles([row])
    assert sum(len(hashes) for _, hashes, _ in match_keys(many)) < 60
    assert len(row.to_blob()) < 10_000


def test_a_blob_holds_the_whole_profile_and_a_foreign_one_is_refused() -> None:
    record = profile(full_name="Ñandú Núñez", tax_id=rut(12_531_909), phone_1="961234567", city="Temuco")
    assert profile_of_blob(record.to_blob()) == record
    assert row_of_blob(record.to_blob()) == record.row()
    assert len(columns_of(record.row())) == 1
    with pytest.raises(ForeignProfile, match="build the profiles again"):
        profile_of_blob(b"\x09" + record.to_blob()[1:])


def test_a_model_is_the_same_after_writing_and_another_version_is_refused(tmp_path: Path) -> None:
    model = load()
    save(model, tmp_path / "m.json")
    assert to_json(load(tmp_path / "m.json")) == to_json(model)
    with pytest.raises(ForeignModel, match="format 99"):
        from_json({**to_json(model), "format": 99})
    with pytest.raises(ForeignModel, match="damaged"):
        from_json({**to_json(model), "weights": {}})
    with pytest.raises(ForeignModel, match="cannot be read"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize("switch", ["labelled_weights", "cannot_link", "average_linkage", "generic_keys"])
def test_each_part_can_be_switched_off(switch: str) -> None:
    found = match_batch(columns_of_profiles(profiles(400)), start=load(), parts=Parts(**{switch: False}))
    assert len(found.partition.cluster) == 400


def test_a_shared_switchboard_is_generic_and_neither_blocks_nor_scores() -> None:
    names = [f"{a} {b}" for a in ("Ana", "Eva", "Hugo", "Raúl") for b in ("Soto", "Rojas", "Vera", "Paz", "Mella")]
    records = [profile(full_name=name, phone_1="222345678") for name in names]
    found = match_batch(columns_of_profiles(records), start=load(), limits=Limits())
    assert (found.counts["generic"], found.counts["pairs"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", TableOptions(), "is empty"),
        ("record_id,phone\n", TableOptions(), "no records"),
        ("name,phone\nAna,1\n", TableOptions(), "no column record_id"),
        ("record_id\na\na\n", TableOptions(), "'a' twice"),
        ("record_id\na\n", TableOptions(columns={"phone": "fono"}), "no column 'fono'"),
        ("record_id\na\n", TableOptions(columns={"shoe": "record_id"}), "no field of a debtor"),
    ],
)
def test_a_table_that_cannot_be_matched_says_how_to_mend_it(
    tmp_path: Path, text: str, options: TableOptions, says: str
) -> None:
    source = tmp_path / "a.csv"
    source.write_text(text, encoding="utf-8")
    with pytest.raises((UnusableTable, UnknownColumn), match=says):
        match_csv(source, out=tmp_path / "out.csv", options=options)
