"""The only place with SQL: tables, queries, bulk load, migrations."""
