"""The hub as a Singer tap: discovered, selected, read incrementally with deletes, killed, and piped elsewhere."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from admin_api.singer.tap import ConciliaTap
from sync import actions
from tests.acceptance.singer.singer_world import (
    OUR_TAP,
    ROOT,
    Ended,
    configured,
    debtors,
    run,
    synced,
    told_to_be_one,
)
from tests.conftest import OpenHub, load_peer
from tests.door import opened_door
from tests.worlds import write_cartera

STREAMS = ["agreements", "debtors", "debts", "events", "payments"]
DELETED = "_sdc_deleted_at"


def records(ended: Ended, stream: str) -> list[dict[str, Any]]:
    return [one["record"] for one in ended.messages("RECORD") if one["stream"] == stream]


def state_of(ended: Ended, folder: Path) -> Path:
    """The last STATE as a file, as Meltano hands it back."""
    path = folder / "state.json"
    path.write_text(json.dumps(ended.messages("STATE")[-1]["value"]), encoding="utf-8")
    return path


def test_it_describes_itself_without_a_hub() -> None:
    about = json.loads("".join(run(*OUR_TAP, "--about", "--format", "json").lines))
    assert about["name"] == "tap-concilia"
    catalog = json.loads("".join(run(*OUR_TAP, "--discover").lines))
    assert [stream["tap_stream_id"] for stream in catalog["streams"]] == STREAMS
    assert {stream["replication_method"] for stream in catalog["streams"]} == {"INCREMENTAL"}
    assert {tuple(stream["key_properties"]) for stream in catalog["streams"]} == {("id",)}


def test_everything_comes_first_and_then_only_what_changed(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with configured(hub, tmp_path, page_size=2) as (door, config):
        first = run(*OUR_TAP, "--config", config)
        assert first.code == 0, first.said
        assert {record["full_name"] for record in records(first, "debtors")} == {row[2] for row in debtors(5)}
        assert len(records(first, "debts")) == 6
        assert records(first, "debts")[0]["balance"].isdigit()  # amounts are text
        assert records(first, "debtors")[0]["provenance"]["full_name"]["winner"]["connection"] == "erp"
        again = run(*OUR_TAP, "--config", config, "--state", state_of(first, tmp_path))
        assert not again.messages("RECORD")
        told_to_be_one(hub)
        merged = run(*OUR_TAP, "--config", config, "--state", state_of(again, tmp_path))
        (gone,) = [record for record in records(merged, "debtors") if record[DELETED]]
        assert (gone["status"], gone.get("full_name"), gone.get("provenance")) == ("merged", None, None)
        standing = {item["id"] for item in door.every("/v1/debtors")}
        assert gone["id"] not in standing
        assert {record["debtor"] for record in records(merged, "debts")} <= standing
        assert "debtor.merged" in {record["type"] for record in records(merged, "events")}


def test_only_the_streams_and_columns_that_are_selected_come(tmp_path: Path, opened: OpenHub) -> None:
    catalog = json.loads("".join(run(*OUR_TAP, "--discover").lines))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == "debtors"
            if entry["breadcrumb"][-1:] == ["provenance"]:
                entry["metadata"]["selected"] = False
    chosen = tmp_path / "catalog.json"
    chosen.write_text(json.dumps(catalog), encoding="utf-8")
    with configured(synced(tmp_path / "hub", opened), tmp_path) as (_, config):
        ended = run(*OUR_TAP, "--config", config, "--catalog", chosen)
    assert {one["stream"] for one in ended.messages("RECORD")} == {"debtors"}
    assert all("provenance" not in record for record in records(ended, "debtors"))


def test_a_state_never_passes_a_record_that_was_not_written(tmp_path: Path, opened: OpenHub) -> None:
    """Cut anywhere, what came before and what the next run brings are everything together."""
    hub = synced(tmp_path, opened, count=20)
    with configured(hub, tmp_path, page_size=3) as (_, config):
        whole = run(*OUR_TAP, "--config", config)
        everything = {(one["stream"], one["record"]["id"]) for one in whole.messages("RECORD")}
        seeded = random.Random(5)
        for cut in sorted(seeded.sample(range(1, len(whole.lines)), 6)):
            before = Ended(0, whole.lines[:cut], "")
            state = state_of(before, tmp_path) if before.messages("STATE") else None
            after = run(*OUR_TAP, "--config", config, *(("--state", state) if state else ()))
            seen = [*before.messages("RECORD"), *after.messages("RECORD")]
            assert {(one["stream"], one["record"]["id"]) for one in seen} == everything


def test_a_tap_whose_reader_has_gone_ends_without_a_traceback(tmp_path: Path, opened: OpenHub) -> None:
    with configured(synced(tmp_path, opened, count=20), tmp_path, page_size=1) as (_, config):
        process = subprocess.Popen(
            [*OUR_TAP, "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) != 0
    assert "Error in atexit" not in said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"api_key": "ck_wrong"}, "the hub refused the credentials"),
        ({"url": "http://127.0.0.1:9"}, "the hub cannot be reached"),
        ({"url": "http://hub.example.com"}, "plain http"),
    ],
)
def test_a_hub_that_cannot_be_read_is_told_in_one_sentence(
    tmp_path: Path, opened: OpenHub, settings: dict[str, str], sentence: str
) -> None:
    with configured(synced(tmp_path, opened), tmp_path, **settings) as (_, config):
        ended = run(*OUR_TAP, "--config", config)
    assert ended.code in (2, 3)
    assert sentence in ended.said
    assert "ck_wrong" not in ended.said


def test_a_state_of_another_hub_is_refused(tmp_path: Path, opened: OpenHub) -> None:
    with configured(synced(tmp_path / "a", opened, count=9), tmp_path) as (_, config):
        state = state_of(run(*OUR_TAP, "--config", config), tmp_path)
    with configured(synced(tmp_path / "b", opened, count=1), tmp_path) as (_, config):
        ended = run(*OUR_TAP, "--config", config, "--state", state)
    assert ended.code == 2
    assert "it was restored from an older copy, or is another one" in ended.said


@pytest.mark.peer
def test_a_third_partys_target_takes_the_hubs_records_and_gives_the_state_back(tmp_path: Path, opened: OpenHub) -> None:
    target = load_peer("singer_peers").program("target-jsonl")
    hub = synced(tmp_path, opened)
    place = tmp_path / "loaded"
    place.mkdir()
    options = tmp_path / "jsonl.json"
    options.write_text(json.dumps({"destination_path": str(place), "do_timestamp_file": False}), encoding="utf-8")
    with configured(hub, tmp_path) as (_, config):
        state: tuple[str | Path, ...] = ()
        for change in (lambda: None, lambda: told_to_be_one(hub), lambda: paid_off(hub)):
            change()
            tapped = run(*OUR_TAP, "--config", config, *state)
            loaded = run(target, "--config", options, given="\n".join([*tapped.lines, ""]))
            assert (tapped.code, loaded.code) == (0, 0), loaded.said
            kept = tmp_path / "state.json"
            kept.write_text(loaded.lines[-1], encoding="utf-8")
            state = ("--state", kept)
        assert not run(*OUR_TAP, "--config", config, *state).messages("RECORD")
    golden = newest(place, "debtors")
    assert {key for key, record in golden.items() if not record[DELETED]} == {
        row["golden_id"] for row in actions.export(hub, "golden")
    }
    assert {key: record["balance"] for key, record in newest(place, "debts").items()} == {
        row["debt_id"]: row["balance"] for row in actions.export(hub, "debts")
    }


def paid_off(hub: Any) -> None:
    write_cartera(hub.workspace.folder, [(*row[:5], "0", row[6], "2026-11-09T10:00:00") for row in debtors(5)])
    actions.run(hub, [], push=False)


def newest(folder: Path, stream: str) -> dict[str, dict[str, Any]]:
    """What a target that appends holds of each record in the end."""
    file = folder / f"{stream}.jsonl"
    found = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {record["id"]: record for record in found}


@pytest.mark.filterwarnings("ignore:No records were available to test")  # columns that are empty everywhere,
@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records")  # or left out
def test_it_passes_the_sdks_own_tests_of_a_tap(tmp_path: Path, opened: OpenHub) -> None:
    """Those that Meltano gives to authors of taps, over all streams; in this process, as they are made."""
    from singer_sdk.testing import SuiteConfig
    from singer_sdk.testing.runners import TapTestRunner
    from singer_sdk.testing.suites import tap_stream_attribute_tests, tap_stream_tests, tap_tests

    hub = synced(tmp_path, opened)
    told: list[str] = []
    with opened_door(hub) as door:
        door.pay({"debt": {"connection": "erp", "external_id": "F-1"}, "amount": "4000", "unit": "CLP",
                  "value_date": "2026-11-20", "method": "transfer", "reference": "TRX-1"})  # fmt: skip
        promise = {"kind": "promise", "debts": [{"debt": {"connection": "erp", "external_id": "F-2"}}], "unit": "CLP",
                   "schedule": [{"due_date": "2027-01-05", "amount": "50000"}]}  # fmt: skip
        door.call("POST", "/v1/agreements", json=promise, headers={"Idempotency-Key": "promise"})
        config = {"url": door.url, "api_key": door.key}
        runner = TapTestRunner(tap_class=ConciliaTap, config=config, parse_env_config=False)
        runner.sync_all()
        given = {
            "config": SuiteConfig(),
            "resource": None,
            "runner": runner,
        }
        for template in tap_tests.tests:
            template().run(**given)
            told.append(template.name)
        for stream in runner.new_tap().streams.values():
            for template in tap_stream_tests.tests:
                template().run(**given, stream=stream)
                told.append(f"{stream.name} {template.name}")
            for name, member in stream.schema["properties"].items():
                for template in tap_stream_attribute_tests.tests:
                    if template.evaluate(stream=stream, property_name=name, property_schema=member):
                        template().run(**given, stream=stream, attribute_name=name)
                        told.append(f"{stream.name}.{name} {template.name}")
    assert len(told) > 50
