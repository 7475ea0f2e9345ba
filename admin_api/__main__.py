"""`python -m admin_api`: the command line, for a checkout that has no `concilia` on the path."""

from __future__ import annotations

import sys

from admin_api.cli import main

if __name__ == "__main__":
    sys.exit(main())
