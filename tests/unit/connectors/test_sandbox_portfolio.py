"""The made-up portfolio: the same for a seed, valid where it says so, and different in each system's eyes."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal

import pytest
from stdnum.ar import cuit
from stdnum.br import cnpj, cpf
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.ec import ci
from stdnum.ec import ruc as ruc_ec
from stdnum.mx import rfc
from stdnum.pe import ruc as ruc_pe

from connectors.sandbox import names
from connectors.sandbox.portfolio import Portfolio, generate, unaccented

VALID = {
    ("CL", "RUT"): rut.is_valid,
    ("MX", "RFC"): lambda text: rfc.is_valid(text, validate_check_digits=True),
    ("CO", "NIT"): nit.is_valid,
    ("CO", "CC"): str.isdigit,
    ("PE", "RUC"): ruc_pe.is_valid,
    ("PE", "DNI"): str.isdigit,
    ("AR", "CUIT"): cuit.is_valid,
    ("BR", "CPF"): cpf.is_valid,
    ("BR", "CNPJ"): cnpj.is_valid,
    ("EC", "CI"): ci.is_valid,
    ("EC", "RUC"): ruc_ec.is_valid,
}


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return generate(7)


def test_a_seed_always_gives_the_same_portfolio(portfolio: Portfolio) -> None:
    assert generate(7) == portfolio
    assert generate(8).customers != portfolio.customers
    assert len(portfolio.customers) == 200


@pytest.mark.parametrize("seed", range(5))
def test_every_tax_id_of_a_real_party_has_right_check_digits(seed: int) -> None:
    stand_ins = set(names.STAND_INS.values())
    rows = [row for row in generate(seed, customers=140).customers if row["tax_id"] not in stand_ins]
    wrong = [row for row in rows if not VALID[row["country"], row["tax_id_type"]](row["tax_id"])]
    assert wrong == []
    assert {(row["country"], row["tax_id_type"]) for row in rows} == set(VALID)


def test_stand_ins_are_shared_and_one_cnpj_has_letters(portfolio: Portfolio) -> None:
    counts = Counter(row["tax_id"] for row in portfolio.customers)
    assert all(counts[stand_in] >= 3 for stand_in in names.STAND_INS.values())
    assert counts["12.ABC.345/01DE-35"] == 1


def test_the_crm_holds_many_of_the_same_parties_in_another_spelling(portfolio: Portfolio) -> None:
    erp = {portfolio.behind[f"customers:{row['id']}"]: row for row in portfolio.customers}
    crm = {portfolio.behind[f"contacts:{row['id']}"]: row for row in portfolio.contacts}
    both = erp.keys() & crm.keys()
    differing = [n for n in both if erp[n]["name"] != crm[n]["full_name"]]
    assert len(both) > 100
    assert crm.keys() - erp.keys()
    assert len(differing) > len(both) / 2
    assert any(unaccented(row["full_name"]) == row["full_name"] for row in crm.values())
    assert any(row["tax_id"] is None for row in crm.values())
    assert any(row["phone_verified_at"] for row in crm.values())
    assert any("Ñ" in row["name"].upper() for row in erp.values())


def test_some_parties_stand_twice_in_the_erp_and_some_share_a_name_only(portfolio: Portfolio) -> None:
    parties = Counter(portfolio.behind[f"customers:{row['id']}"] for row in portfolio.customers)
    assert sorted(set(parties.values())) == [1, 2]
    by_name: dict[str, set[str]] = {}
    for row in portfolio.customers:
        by_name.setdefault(row["name"], set()).add(row["tax_id"])
    assert any(len(ids) == 2 for ids in by_name.values())


def test_money_adds_up_and_indexed_invoices_have_two_instalments(portfolio: Portfolio) -> None:
    paid = {row["invoice"]: Decimal(row["amount"]) for row in portfolio.payments}
    indexed = [row for row in portfolio.invoices if row["currency"] == "CLF"]
    assert indexed
    for row in portfolio.invoices:
        assert Decimal(row["total"]) - paid.get(row["id"], Decimal()) == Decimal(row["balance"])
    for row in indexed:
        parts = row["instalments"]
        assert len(parts) == 2
        assert sum(Decimal(part["amount"]) for part in parts) == Decimal(row["total"])
        assert sum(Decimal(part["balance"]) for part in parts) == Decimal(row["balance"])


def test_many_records_share_one_time_stamp(portfolio: Portfolio) -> None:
    assert Counter(row["updated_at"] for row in portfolio.customers).most_common(1)[0][1] == 25


def test_the_files_are_what_old_programs_write(portfolio: Portfolio, tmp_path) -> None:
    portfolio.write_legacy_csv(tmp_path / "legacy.csv")
    portfolio.write_bank_csv(tmp_path / "bank.csv")
    with (tmp_path / "legacy.csv").open(encoding="cp1252", newline="") as file:
        legacy = list(csv.DictReader(file, delimiter=";"))
    with (tmp_path / "bank.csv").open(encoding="cp1252", newline="") as file:
        bank = list(csv.DictReader(file, delimiter=";"))
    known = {row["document"] for row in portfolio.invoices}
    assert "IDENTIFICACIÓN".encode("cp1252") in (tmp_path / "legacy.csv").read_bytes()
    assert any("," in row["SALDO"] for row in legacy)
    assert [row["DOCUMENTO"] in known for row in bank].count(False) == 1
    assert [row["MONTO"] for row in bank if "O" in row["MONTO"]] == ["12.O00,5O"]


def test_a_portfolio_may_be_small() -> None:
    assert len(generate(1, customers=7).customers) == 7
