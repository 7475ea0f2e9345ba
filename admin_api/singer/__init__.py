"""The hub as a Singer tap and a Singer target: two programs that speak to a running hub over its HTTP API.

Nothing here opens a workspace or a database. singer_sdk, which is slow to import, is imported here only.
"""
