"""The demo: one command from nothing to money written exactly once, and then a hub to ask."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path
from typing import Any

UNREACHABLE = {"CONCILIA_DATABASE_URL": "postgresql://hub@127.0.0.1:9/hub"}


def test_the_demo_reads_waits_writes_under_fire_and_proves_it(concilia: Any, tmp_path: Path) -> None:
    ended = concilia("demo", "--once", "--json", more=UNREACHABLE)
    assert ended.code == 0, ended.err
    told = ended.document
    assert told["problems"] == []
    assert told["first"]["awaiting_approval"] == told["payments_in_the_ledger"] == 8
    assert told["calls_to_write"] > 8  # it was told to refuse some
    assert sum(d["delivered"] + d["found_before"] for d in told["deliveries"]) == 8
    assert sum(d["found_before"] for d in told["deliveries"]) >= 1  # an answer was lost, and nothing written twice
    assert told["totals"]["source_debtors"] > told["totals"]["debtors"]
    assert told["totals"]["discrepancies"] == 3
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_taken_up_again_and_served(concilia: Any, tmp_path: Path) -> None:
    for _ in range(2):
        with concilia.begin("demo", "--json") as process:
            told = json.loads(process.stdout.readline())
            assert told["problems"] == []
            for line in iter(process.stderr.readline, ""):
                if "curl" in line:
                    assert asked(line.split('"')[3], told["api_key"])
                    break
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode == 130
    assert (tmp_path / "concilia-demo/.concilia/hub.db").exists()
    assert told["deliveries"] == []  # what was written in the first demo is not written again
    assert told["payments_in_the_ledger"] == 8


def test_a_folder_that_is_not_the_demos_own_is_left_alone(concilia: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    ended = concilia("demo", "--once", "--folder", "mine")
    assert ended.code == 2
    assert "--folder" in ended.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def asked(url: str, key: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)
