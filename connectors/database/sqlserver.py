"""SQL Server through python-tds, as a dialect of SQLAlchemy. From documentation only: no such server was at hand.

Every connection commits by itself and opens its transaction in words, so that its isolation can be chosen; closing it
ends the transaction without effect.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.engine import URL

_VERSION = re.compile(r"Microsoft .*? - (\d+)\.(\d+)\.(\d+)\.(\d+)")


class TdsDialect(MSDialect):
    """Reads only: nothing here commits."""

    driver = "pytds"
    supports_statement_cache = True
    supports_native_decimal = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver."""
        import pytds

        return pytds

    def create_connect_args(self, url: URL) -> Any:
        """What `pytds.connect` is called with; the rest is in connect_args of the engine."""
        given = url.translate_connect_args(host="dsn", username="user")
        return [], {**given, "autocommit": True, "readonly": True, "appname": "concilia"}

    def _get_server_version_info(self, connection: Any) -> Any:
        found = _VERSION.match(str(connection.exec_driver_sql("SELECT @@VERSION").scalar()))
        return tuple(map(int, found.groups())) if found else (11, 0, 0, 0)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing: the transaction ends with its connection."""

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:  # noqa: ARG002
        """Whether the line is gone."""
        return type(e).__name__ == "ClosedConnectionError"


registry.register("mssql.pytds", __name__, "TdsDialect")
