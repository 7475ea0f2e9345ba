"""Whatever an agreement says, it is recorded or refused by a rule's own name; nothing else ever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admin_api.told_agreements import checked
from concilia.clock import fixed_clock
from concilia.errors import RequestInvalid
from sync import agreements
from sync.hub import Hub

AMOUNTS = st.one_of(
    st.integers(-10, 200_000).map(str),
    st.sampled_from(
        ["0", "15.000", "1e5", "0.01", "-0", "999999999999999", "9" * 40, "1." + "0" * 30, "٣", "NaN", "x"]
    ),
)
DAYS = st.one_of(
    st.dates().map(str), st.sampled_from(["2026-11-23", "2026-12-31", "0001-01-01", "9999-12-31", "hoy", "2026-02-30"])
)
DEBTS = st.lists(
    st.fixed_dictionaries(
        {"debt": st.sampled_from([{"document": f"F-{n}"} for n in range(1, 6)] + [{"id": "d1"}])},
        optional={"amount": AMOUNTS},
    ),
    max_size=3,
)
TOLD = st.fixed_dictionaries(
    {"kind": st.sampled_from(["promise", "plan", "settlement_discount", "gift"]), "debts": DEBTS},
    optional={
        "unit": st.sampled_from(["CLP", "CLF", "USD", "peso"]),
        "schedule": st.lists(st.fixed_dictionaries({"due_date": DAYS, "amount": AMOUNTS}), max_size=4),
        "spread": st.fixed_dictionaries(
            {"count": st.integers(1, 600), "first_due": DAYS},
            optional={"every": st.sampled_from(["week", "fortnight", "month"]), "down_payment": AMOUNTS},
        ),
        "agreed_on": DAYS,
        "expires_on": DAYS,
        "discount": AMOUNTS,
        "discount_percent": AMOUNTS,
        "tolerance_days": st.integers(-(10**6), 10**6),
        "tolerance_amount": AMOUNTS,
        "proposed": st.booleans(),
        "replaces": st.sampled_from(["a1", "ñ"]),
        "debtor": st.just("g1"),
    },
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(told=TOLD)
def test_every_agreement_is_recorded_or_refused_by_name(told: dict[str, Any], hub: Hub) -> None:
    here = replace(hub, clock=fixed_clock(datetime(2026, 11, 23, 15, tzinfo=UTC)))
    refused: RequestInvalid | None = None
    found: Any = None
    try:
        found = agreements.record(here, checked(told), told=agreements.Telling("ana"), dry_run=True).body
    except RequestInvalid as fault:
        refused = fault
    if refused is not None:
        assert refused.code.startswith("agreement-")
        assert refused.message.endswith(".")
        return
    total = sum(_hundredths(part["amount"]) for part in found["schedule"])
    assert total == _hundredths(found["promised"])
    assert total + _hundredths(found["discount"]) == sum(_hundredths(debt["amount"]) for debt in found["debts"])


def _hundredths(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole + rest.ljust(2, "0")[:2])
