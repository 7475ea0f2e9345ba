"""The columns handed to Splink, and the oracle that says how well a portfolio can be resolved at all."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ceiling import ceiling
from benchmarks.febrl import entity_of, export
from benchmarks.portfolios.writer import RECORDS, write_portfolio
from benchmarks.yardstick_columns import MOST_HOLDERS, columns_of, finished


def record(**cells: str) -> dict[str, str]:
    return dict.fromkeys(RECORDS, "") | {"record_id": "r1", "country": "CL"} | cells


def test_a_name_in_one_field_is_split_as_the_systems_with_two_fields_teach() -> None:
    rows = finished(columns_of([
        record(record_id="r1", given="Yolotl", surnames="Rojas Soto"), record(record_id="r2", full_name="ROJAS SOTO YOLOTL"),
    ]))  # fmt: skip
    assert [row["given_s"] for row in rows] == ["YOLOTL", "YOLOTL"]
    assert rows[0]["name_sorted"] == rows[1]["name_sorted"] == "ROJAS SOTO YOLOTL"


def test_placeholders_are_dropped_and_mistyped_numbers_kept_as_typed() -> None:
    fake, typo = columns_of([record(tax_id="66.666.666-6"), record(tax_id="12.531.909-3")])
    assert (fake["tax"], fake["sureness"]) == (None, 0)
    assert (typo["tax"], typo["sureness"]) == ("125319093", 0)


def test_a_phone_held_by_more_than_a_dozen_records_says_nothing() -> None:
    many = [record(record_id=f"r{place}", phone_1="226004000") for place in range(MOST_HOLDERS + 1)]
    few = [record(record_id=f"s{place}", phone_1="961234567") for place in range(MOST_HOLDERS)]
    rows = finished(columns_of([*many, *few]))
    assert {row["record_id"][0] for row in rows if row["phones"]} == {"s"}


def test_an_oracle_can_nearly_resolve_a_portfolio(tmp_path: Path) -> None:
    write_portfolio(tmp_path, records=4000, seed=3)
    report, _ = ceiling(tmp_path)
    assert report.whole.precision == 1.0
    assert report.whole.f1 >= 0.985
    assert (
        report.whole.recall > 0.975
    )  # at this size one family more or less is half a point; at 100,000 records it is above 0.985


def test_febrl_is_written_in_our_columns_without_telling_who_is_who(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(
        "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, soc_sec_id\n"
        "rec-7-org, ana, lee, 12, hill street, villa, perth, 6000, wa, 19560409, 1804974\n"
        "rec-7-dup-0, ana, le, 12, hill street, , perth, 6000, wa, , 1804974\n",
        "utf-8",
    )
    assert export(tmp_path, tmp_path / "out", files={"a": "set.csv"}) == 2
    written = (tmp_path / "out" / "records.csv").read_text("utf-8")
    assert "1956-04-09" in written
    assert "rec-7" not in written
    assert (tmp_path / "out" / "truth.csv").read_text("utf-8").count("rec-7") == 2
    assert entity_of("rec-7-dup-0") == "rec-7"
