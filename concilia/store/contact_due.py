"""Golden debtors whose contact points may have to be verified again, by what they owe. No policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store.unit_of_work import Tx

PAGE = 200


@dataclass(frozen=True, slots=True)
class AtStake:
    """A golden debtor with what it owes in the unit in which that is most; an empty unit owes nothing."""

    golden_id: str
    unit: str
    amount: str


# Somebody verified one of its contact points, or something was heard of one.
_SQL = """\
WITH owed AS (
  SELECT s.golden_id AS id, d.unit AS unit, sum(CAST(d.balance AS NUMERIC)) AS amount
  FROM debt d JOIN source_debtor s ON s.id = d.debtor_id
  WHERE s.golden_id IS NOT NULL AND d.status NOT IN ('settled', 'cancelled', 'draft')
  GROUP BY s.golden_id, d.unit
), ranked AS (
  SELECT id, unit, amount, row_number() OVER (PARTITION BY id ORDER BY amount DESC, unit) AS place FROM owed
)
SELECT g.id, coalesce(r.unit, ''), coalesce(r.amount, 0)
FROM golden_debtor g LEFT JOIN ranked r ON r.id = g.id AND r.place = 1
WHERE g.status = 'active' AND (
  g.body LIKE '%"verified_at":"%' OR EXISTS (
    SELECT 1 FROM source_debtor x JOIN contact_evidence e ON e.debtor_id = x.id WHERE x.golden_id = g.id))
ORDER BY CASE WHEN r.unit IS NULL THEN 1 ELSE 0 END, r.unit, r.amount DESC, g.id
"""


def by_stake(tx: Tx) -> Iterator[list[AtStake]]:
    """Candidates page by page: unit by unit, the greatest amounts first. Amounts of two units are not compared."""
    rows = tx.execution_options(yield_per=PAGE).execute(text(_SQL))
    for part in rows.partitions(PAGE):
        yield [AtStake(row[0], row[1], str(row[2])) for row in part]
