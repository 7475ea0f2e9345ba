"""How people name a source debtor: by its number, or as connection/stream/external id."""

from __future__ import annotations

from concilia.errors import NotFound
from concilia.store import crosswalk
from concilia.store.unit_of_work import Tx


def source_debtor_id(tx: Tx, named: str) -> int:
    """The number of a source debtor however it is named. NotFound for a name that nobody has."""
    if named.isascii() and named.isdigit() and len(named) < 19:
        return int(named)
    connection, _, rest = named.partition("/")
    stream, _, external = rest.partition("/")
    found = crosswalk.find_debtors(tx, connection, [(stream, external)])
    if not found:
        raise NotFound(
            f"There is no source debtor {named!r}.", mend="Name it by its number or connection/stream/external-id."
        )
    return next(iter(found.values()))
