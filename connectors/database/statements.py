"""The SELECT statements this connector sends, and the refusal of anything that is not one SELECT. No network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from concilia.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from connectors.database.settings import Source

# comments, texts, quoted names and dollar quotes: what may hold any character without meaning anything
_OPAQUE = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(\w*)\$.*?\$\1\$""",
    re.DOTALL,
)
_WORD = re.compile(r"[a-z_]+", re.IGNORECASE)


def _bare(sql: str, *, where: str, what: str) -> str:
    """The statement without texts and comments, where a word is a word; ConfigurationInvalid for what is left open."""
    bare = _OPAQUE.sub(" ", sql)
    if "'" in bare or '"' in bare or "/*" in bare or "\0" in bare:
        raise ConfigurationInvalid(f"{where}: a quote or comment is left open in the {what}.", mend="Close it.")
    return bare


def refuse_unless_one_select(query: str, *, where: str, with_allowed: bool = True) -> str:
    """The query without its closing semicolon; ConfigurationInvalid unless it is one SELECT or WITH ... SELECT.

    Writing inside it is refused by the database: it runs as a subquery in a read-only transaction.
    """
    mend = "Write one SELECT that only reads."
    bare = _bare(query, where=where, what="query").strip()
    if ";" in bare.rstrip("; \t\r\n"):
        raise ConfigurationInvalid(f"{where}: the query holds more than one statement.", mend=mend)
    first = _WORD.match(bare.lstrip("("))
    if first is not None and first[0].lower() == "with" and not with_allowed:
        mend = "Make a view of it there, and read that."
        raise ConfigurationInvalid(f"{where}: SQL Server takes no WITH inside another query.", mend=mend)
    if first is None or first[0].lower() not in {"select", "with"}:
        word = first[0].upper() if first else "something else"
        raise ConfigurationInvalid(f"{where}: the query starts with {word}; only SELECT is sent.", mend=mend)
    _refuse_unbalanced(bare, where=where, what="query")
    masked = _OPAQUE.sub(lambda found: " " * len(found[0]), query)
    return query[: masked.index(";")] if ";" in masked else query


def refuse_unless_fragment(condition: str, *, where: str) -> None:
    """ConfigurationInvalid unless the text can stand between parentheses as a condition."""
    bare = _bare(condition, where=where, what="condition `where`")
    if ";" in bare:
        raise ConfigurationInvalid(f"{where}: the condition `where` holds a semicolon.", mend="Remove it.")
    _refuse_unbalanced(bare, where=where, what="condition `where`")


def _refuse_unbalanced(bare: str, *, where: str, what: str) -> None:
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth:
        raise ConfigurationInvalid(f"{where}: the parentheses of the {what} do not match.", mend="Balance them.")


def literal(sql: str) -> sa.TextClause:
    """SQL sent as it stands: a colon in it is a colon, not a parameter."""
    return sa.text(sql.replace(":", "\\:"))


def rows_of(source: Source, *, names: Sequence[str]) -> sa.Select[Any]:
    """All rows of a source with these columns, without order."""
    columns: list[sa.ColumnElement[Any]] = [sa.column(name) for name in names] or [sa.literal_column("*")]
    if source.query:
        inner = literal(f"(\n{source.query}\n) AS source_rows")
        statement = sa.select(*columns).select_from(inner)
    else:
        statement = sa.select(*columns).select_from(sa.table(source.table, schema=source.schema))
    return statement.where(literal(f"(\n{source.where}\n)")) if source.where else statement


def in_order(statement: sa.Select[Any], source: Source, *, nulls_last: bool = False) -> sa.Select[Any]:
    """Rows without a cursor first, then by cursor, ties by key; `nulls_last` is what the database does unasked."""
    order: list[sa.ColumnElement[Any]] = [sa.column(name).asc() for name in source.key]
    if source.cursor:
        cursor: sa.ColumnElement[Any] = sa.column(source.cursor).asc()
        order.insert(0, cursor.nulls_first() if nulls_last else cursor)
    return statement.order_by(*order)


def since(statement: sa.Select[Any], source: Source, *, lowest: Any, sqlite: bool) -> sa.Select[Any]:
    """Only rows whose cursor is at least `lowest`, or that have none."""
    if source.cursor is None:
        return statement
    cursor: sa.ColumnClause[Any] = sa.column(source.cursor)
    reached = cursor >= sa.bindparam("lowest", lowest, type_=_type_of(lowest))
    if sqlite:  # a column may hold anything: what is not of the bookmark's kind is read each time
        kind = "text" if isinstance(lowest, str) else "integer"
        others = [sa.func.typeof(cursor) != kind]
        if kind == "text":
            others.append(sa.cast(cursor, sa.Text) < "0")
        return statement.where(sa.or_(cursor.is_(None), *others, reached))
    return statement.where(sa.or_(cursor.is_(None), reached))


def _type_of(value: Any) -> sa.types.TypeEngine[Any]:
    match value:
        case datetime():
            return sa.DateTime(timezone=value.tzinfo is not None)
        case date():
            return sa.Date()
        case Decimal():
            return sa.Numeric()
        case int():
            return sa.BigInteger()
        case _:
            return sa.Text()
