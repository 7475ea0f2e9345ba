"""How the two programs end: a deliberate error is one sentence on standard error and an exit code, no traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from singer_sdk.exceptions import SingerSDKError

from concilia.errors import ConciliaError

USAGE, PIPE_CLOSED = 2, 141


def ended(command: Callable[[], object]) -> int:
    """Run a command line to its end and answer its exit code."""
    try:
        command()
    except ConciliaError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    except SingerSDKError as fault:
        sys.stderr.write(f"{fault}\n")
        return USAGE
    except BrokenPipeError:
        # Whoever read us has gone; what is still buffered goes nowhere, without a complaint at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except SystemExit as end:  # how the SDK's command line ends
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
