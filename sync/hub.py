"""What every verb works on: a workspace, its store, a clock. No behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from concilia.clock import Clock
from concilia.errors import RequestInvalid
from concilia.sealing import Keyring
from concilia.store.unit_of_work import Store
from concilia.workspace import Workspace
from dedup.policy import declared_policy
from sync.policies import Policies
from sync.streams import ledger_policy


def no_keys() -> Keyring:
    """Nobody gave a master key."""
    raise RequestInvalid(
        "The hub has no master key, so it can keep no secrets.",
        mend="Make one with `concilia vault new-key`, and give it to the hub in CONCILIA_MASTER_KEY.",
        code="no-master-key",
    )


@dataclass(frozen=True, slots=True)
class Hub:
    """An opened workspace. `keys` gives what secrets are sealed with."""

    workspace: Workspace
    store: Store
    clock: Clock
    keys: Callable[[], Keyring] = field(default=no_keys, repr=False)

    @property
    def policies(self) -> Policies:
        """Survivorship and ledger policy as the workspace declares them."""
        return Policies(declared_policy(self.workspace.survivorship), ledger_policy(self.workspace))
