"""What every verb works on: a workspace, its store, a clock. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from concilia.clock import Clock
from concilia.store.unit_of_work import Store
from concilia.workspace import Workspace
from dedup.policy import declared_policy
from sync.policies import Policies
from sync.streams import ledger_policy


@dataclass(frozen=True, slots=True)
class Hub:
    """An opened workspace."""

    workspace: Workspace
    store: Store
    clock: Clock

    @property
    def policies(self) -> Policies:
        """Survivorship and ledger policy as the workspace declares them."""
        return Policies(declared_policy(self.workspace.survivorship), ledger_policy(self.workspace))
