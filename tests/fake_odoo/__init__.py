"""A small Odoo for tests, written from Odoo's documentation and published behaviour, without a line of the connector."""
