"""The pages of the hub for people: plain HTML from the server, Spanish first, English second. Decide nothing.

`Pages` stands before the API: it answers the addresses of the pages and lets every other one through.
"""

from __future__ import annotations

from admin_api.pages.portal import Pages

__all__ = ["Pages"]
