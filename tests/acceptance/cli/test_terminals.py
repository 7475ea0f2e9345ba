"""Terminals without Ñ, readers that go away, and the keys and the server they lead to."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from typing import Any

import pytest

NO_UTF8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


@pytest.mark.parametrize("more", [NO_UTF8, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_terminal_without_the_letters_is_no_reason_to_fail(read: Any, more: dict[str, str]) -> None:
    for words in (("runs",), ("map", "preview", "erp", "cartera")):
        ended = read(*words, more=more)
        assert ended.code == 0, ended.err


@pytest.mark.parametrize("more", [NO_UTF8, {"PYTHONIOENCODING": "latin-1"}])
def test_programs_get_every_letter_from_any_terminal(read: Any, more: dict[str, str]) -> None:
    assert "María Ñancupil Muñoz" in read("export", "golden", more=more).out
    rows = read("map", "preview", "erp", "cartera", "--json", more=more).lines
    assert rows[2]["before"]["NOMBRE"] == "María Ñancupil Muñoz"


def test_a_reader_that_goes_away_is_no_fault(read: Any) -> None:
    for words in (("export", "golden"), ("runs",)):
        process = read.begin(*words)
        process.stdout.close()
        assert process.wait(60) in (0, 141)
        assert process.stderr.read() == ""
        process.stderr.close()


def test_the_hub_is_served_to_whoever_has_a_key(read: Any) -> None:
    made = read("keys", "create", "dialer", "--json").document
    with read.begin("serve", "--port", "0", "--json") as process:
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.1:")
        assert asked(f"{url}/v1/debtors", made["key"]) == 200
        assert asked(f"{url}/v1/debtors", "ck_wrong") == 401
        read("keys", "revoke", made["number"])
        assert asked(f"{url}/v1/debtors", made["key"]) == 401
        taken = read("serve", "--port", url.rpartition(":")[2])
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert taken.code == 3
    assert "--port" in taken.err


def test_keys_are_listed_without_themselves(read: Any) -> None:
    made = read("keys", "create", "dialer", "--json").document
    listed = read("keys", "list", "--json")
    assert [key["name"] for key in listed.lines] == ["dialer"]
    assert made["key"] not in listed.out
    assert read("keys", "revoke", "99").code == 2


def asked(url: str, key: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        fault.close()
        return fault.code
