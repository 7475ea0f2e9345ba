"""What a described system's answers mean: its `error_handler` as a judge, and its own words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

from concilia.clock import system_clock
from concilia.errors import (
    ConciliaError,
    Conflict,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RetryLater,
)
from connectors.gate import Gate
from connectors.manifest.conditions import holds
from connectors.manifest.templates import as_text, filled
from connectors.paging import dig
from connectors.rest import Response
from connectors.throttle import retry_after

NOTHING = 204  # the status of an answer that stands for "there is nothing"
REFUSED = 422  # the status of an answer that says no, whatever status it came with
_LONGEST = 300
_WORDS = "concilia-words"  # no system sends such a header: what a rule of the manifest made of an answer


@dataclass(frozen=True, slots=True)
class ErrorHandler:
    """The judge of one described system."""

    system: str
    said: Mapping[str, Any]
    gate: Gate

    def __call__(self, answer: Response) -> Response | ConciliaError | None:
        """What the first filter that fits says of it; None when none does, and the status is as usual."""
        for rule in self.said.get("response_filters") or ():
            if self._fits(rule, answer):
                return self._outcome(rule, answer)
        words = self.words(answer)
        if answer.status == 403 and words:
            return PermissionMissing(f"{self.system}: {words}", mend=_GIVE, system=self.system)
        if answer.status == 401 and words:
            return CredentialsRefused(
                f"{self.system} refused the credentials: {words}", mend=_CHECK, system=self.system
            )
        if answer.status >= 500 and words and answer.repeatable:
            wait = retry_after(answer.headers.get("retry-after", ""), now=system_clock)
            return RetryLater(f"{self.system} answered {answer.status}: {words}.", after=wait)
        return None

    def words(self, answer: Response) -> str:
        """What the system says for people, cut short; empty when it says nothing readable."""
        if _WORDS in answer.headers:
            return unquote(answer.headers[_WORDS])
        header = answer.headers.get(str(self.said.get("error_header", "")).lower(), "")
        path = self.said.get("error_path")
        found = dig(_body(answer), [str(step) for step in path]) if path else None
        text = found if isinstance(found, str) and found.strip() else header
        return " ".join(text.split())[:_LONGEST]

    def _fits(self, rule: Mapping[str, Any], answer: Response) -> bool:
        codes = rule.get("http_codes")
        if codes and answer.status not in codes:
            return False
        part = rule.get("error_message_contains")
        if (
            part
            and part.casefold()
            not in f"{self.words(answer)} {answer.body[:4000].decode('utf-8', 'replace')}".casefold()
        ):
            return False
        predicate = rule.get("predicate")
        if predicate is None:
            return bool(codes or part)
        body = _body(answer)
        return isinstance(body, Mapping) and holds(predicate, body, {})

    def _outcome(self, rule: Mapping[str, Any], answer: Response) -> Response | ConciliaError:
        text = self._message(rule, answer) or self.words(answer) or f"it answered {answer.status}"
        what, mend = f"{self.system}: {text}", rule.get("mend", "")
        wait = timedelta(seconds=rule.get("wait_seconds", 0))
        match rule["action"]:
            case "SUCCESS":
                return replace(answer, status=200)
            case "IGNORE":  # reads only: a write that finds nothing is refused
                return replace(answer, status=NOTHING, body=b"") if answer.repeatable else answer
            case "FAIL":
                return self._refusal(rule, answer)
            case "RATE_LIMITED":
                if wait:
                    self.gate.told_to_wait(wait)
                return RetryLater(what, after=wait)
            case action:
                return self._error(action, what, mend=mend, wait=wait, repeatable=answer.repeatable)

    def _message(self, rule: Mapping[str, Any], answer: Response) -> str:
        """The rule's own words, which may name members of the answer; empty where those say nothing."""
        said = rule.get("error_message")
        found = filled([said], {"response": _body(answer)}) if said is not None else []
        return " ".join(as_text(found[0]).split())[:_LONGEST] if found else ""

    def _refusal(self, rule: Mapping[str, Any], answer: Response) -> Response:
        """The answer as one that says no; the rule's own words go with it."""
        text = self._message(rule, answer)
        headers = {**answer.headers, _WORDS: quote(text)} if text else answer.headers
        return replace(answer, headers=headers, status=answer.status if 400 <= answer.status < 500 else REFUSED)

    def _error(self, action: str, what: str, *, mend: str, wait: timedelta, repeatable: bool) -> ConciliaError:
        match action:
            case "CONFLICT":
                return Conflict(what, mend=mend)
            case "REFRESH_TOKEN_THEN_RETRY":
                return CredentialsRefused(what, mend=mend or _CHECK, system=self.system)
            case "PERMISSION":
                return PermissionMissing(what, mend=mend or _GIVE, system=self.system)
            case "UNKNOWN_OUTCOME" if not repeatable:
                return OutcomeUnknown(what, mend=mend)
            case _:
                return RetryLater(what, after=wait, mend=mend)


_GIVE = "Give the account of this connection that permission."
_CHECK = "Check user, password or key."


def _body(answer: Response) -> Any:
    """The body as JSON, None when it is none."""
    if "json" not in answer.headers.get("content-type", "") and answer.body[:1] not in (b"{", b"["):
        return None
    try:
        return answer.json()
    except ConciliaError:
        return None
