"""Faults as data: which call goes wrong, and how. Decides only; the server carries it out."""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


class Kind(enum.StrEnum):
    """How a call goes wrong. "Commit" is the moment its effect is in the journal."""

    ERROR_BEFORE_COMMIT = "error_before_commit"  # `status`, nothing done
    ERROR_AFTER_COMMIT = "error_after_commit"  # done, then `status`
    TIMEOUT_AFTER_COMMIT = "timeout_after_commit"  # done, then silence for `seconds` and no answer
    DROP_AFTER_COMMIT = "drop_after_commit"  # done, then the connection is cut without a byte
    THROTTLE = "throttle"  # 429 with Retry-After `retry_after`, nothing done
    HALF_BODY = "half_body"  # done, the answer breaks off in the middle
    HTML = "html"  # 200 with a maintenance page, nothing done
    SLOW = "slow"  # `seconds` of waiting, then as usual, unless the caller has gone
    DUPLICATE_PAGE = "duplicate_page"  # a list gives the page before again, or its first page's rows twice
    SHUFFLE_PAGE = "shuffle_page"  # a list gives its page in any order


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: calls it concerns (`*` matches anything) and when: every n-th, the first n, or by chance."""

    kind: Kind
    path: str = "*"
    method: str = "*"
    every: int | None = None
    first: int | None = None
    probability: float | None = None
    status: int = 500
    retry_after: int = 1
    seconds: float = 60.0

    def concerns(self, method: str, path: str) -> bool:
        """Whether a call of that method to that path is counted by this rule."""
        return fnmatchcase(path, self.path) and self.method in ("*", method)

    def strikes(self, count: int, chance: float) -> bool:
        """Whether the `count`-th call concerned goes wrong; `chance` is drawn from [0, 1). No condition: always."""
        if self.every is not None:
            return count % self.every == 0
        if self.first is not None:
            return count <= self.first
        return self.probability is None or chance < self.probability


class Faults:
    """The rules in force and how many calls each has counted; the first that strikes wins."""

    def __init__(self, rules: Sequence[Fault] = (), *, seed: int = 0) -> None:
        self._rules = tuple(rules)
        self._counts = [0] * len(self._rules)
        self._rng = random.Random(seed)  # noqa: S311 - reproducible on purpose; guards no secret

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this call, if any."""
        found: Fault | None = None
        for place, rule in enumerate(self._rules):
            if rule.concerns(method, path):
                self._counts[place] += 1
                if rule.strikes(self._counts[place], self._rng.random()):
                    found = found or rule
        return found

    def shuffled(self, rows: Sequence[Any]) -> list[Any]:
        """The rows in an order of this seed."""
        return self._rng.sample(list(rows), len(rows))


_TYPES: Mapping[str, tuple[type, ...]] = {
    "path": (str,), "method": (str,), "every": (int,), "first": (int,), "probability": (int, float), "status": (int,),
    "retry_after": (int,), "seconds": (int, float),
}  # fmt: skip


class FaultsInvalid(Exception):
    """A document of faults that cannot be used; the text is one sentence."""


def parse(document: Any) -> Faults:
    """The faults of {"rules": [{"kind": ..., "path": ..., ...}], "seed": 1}; FaultsInvalid otherwise."""
    if not isinstance(document, dict) or not isinstance(document.get("rules", []), list):
        raise FaultsInvalid('Faults are an object such as {"rules": [{"kind": "throttle", "every": 3}], "seed": 1}.')
    seed = document.get("seed", 0)
    if not isinstance(seed, int):
        raise FaultsInvalid("The seed of the faults is no whole number.")
    return Faults([_rule(rule) for rule in document.get("rules", [])], seed=seed)


def _rule(rule: Any) -> Fault:
    if not isinstance(rule, dict) or rule.get("kind") not in list(Kind):
        raise FaultsInvalid(f"A fault needs a kind, one of: {', '.join(Kind)}.")
    settings: dict[str, Any] = {name: value for name, value in rule.items() if name != "kind"}
    for name, value in settings.items():
        if name not in _TYPES:
            raise FaultsInvalid(f"A fault has no setting {name!r}; it has: {', '.join(_TYPES)}.")
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise FaultsInvalid(f"The setting {name!r} of a fault cannot be {value!r}.")
    if settings.get("every", 1) < 1:
        raise FaultsInvalid("The setting 'every' of a fault starts at 1.")
    return Fault(Kind(rule["kind"]), **settings)
