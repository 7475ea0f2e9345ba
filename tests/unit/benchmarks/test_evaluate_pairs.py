"""Pairwise figures on examples small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.evaluate_pairs import Truth, clusters_with_two_ids, evaluate, read_clusters, valid_ids

# A father (a, b, c) and his son (d, e) under one roof, and a stranger twice (f, g).
TRUTH = {
    **{record: Truth("father", "father_son", "g1") for record in "abc"},
    **{record: Truth("son", "father_son", "g1") for record in "de"},
    **{record: Truth("stranger", "", "") for record in "fg"},
}


def test_perfect_clusters_have_no_error() -> None:
    report = evaluate(TRUTH, {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2", "f": "3", "g": "3"})
    assert (report.whole.right, report.whole.predicted, report.whole.true) == (5, 5, 5)
    assert report.whole.f1 == report.by_kind["father_son"].f1 == 1.0


def test_a_son_merged_into_his_father_costs_precision_inside_the_group() -> None:
    report = evaluate(TRUTH, {"a": "1", "b": "1", "c": "1", "d": "1", "e": "2", "f": "3", "g": "3"})
    assert (report.whole.right, report.whole.predicted, report.whole.true) == (4, 7, 5)
    within = report.by_kind["father_son"]
    assert (within.precision, within.recall) == (3 / 6, 3 / 4)


def test_a_wrong_pair_across_groups_costs_only_the_whole() -> None:
    report = evaluate(TRUTH, {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2", "f": "1", "g": "3"})
    assert report.whole.predicted - report.whole.right == 3
    assert report.by_kind["father_son"].precision == 1.0


def test_a_group_that_shares_a_cluster_with_another_group_is_counted_by_itself() -> None:
    truth = {"a": Truth("x", "twins", "g1"), "b": Truth("y", "twins", "g1"), "c": Truth("z", "twins", "g2")}
    report = evaluate(truth, dict.fromkeys("abc", "1"))
    assert report.by_kind["twins"].predicted == 1
    assert report.whole.predicted == 3


def test_records_without_a_cluster_stand_alone() -> None:
    report = evaluate(TRUTH, {"a": "1", "b": "1"})
    assert (report.whole.right, report.whole.predicted, report.whole.true) == (1, 1, 5)


def test_review_counts_as_unmerged(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_text("record_id,cluster_id,band\na,1,auto\nb,1,review\nc,1,auto\n", "utf-8")
    assert read_clusters(path) == ({"a": "1", "c": "1"}, 1)


def test_a_file_without_the_columns_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_text("record,cluster\na,1\n", "utf-8")
    with pytest.raises(SystemExit, match="record_id is missing"):
        read_clusters(path)


def test_nothing_merged_is_precise_and_finds_nothing() -> None:
    report = evaluate(TRUTH, {})
    assert (report.whole.precision, report.whole.recall, report.whole.f1) == (1.0, 0.0, 0.0)


def test_clusters_with_two_numbers_of_one_kind_are_counted() -> None:
    ids = [
        ("a", "CL RUT", "1"),
        ("b", "CL RUT", "2"),
        ("c", "AR DNI", "3"),
        ("d", "AR CUIT", "4"),
        ("e", "CL RUT", "5"),
    ]
    assert clusters_with_two_ids({"a": "1", "b": "1", "c": "2", "d": "2"}, ids) == 1


def test_a_number_inside_another_is_the_same_number(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(
        "record_id,country,tax_id\na,AR,20-05536168-2\nb,AR,5536168\nc,CL,12.531.909-2\nd,CL,66666666-6\n", "utf-8"
    )
    assert list(valid_ids(path, checked_only=False)) == [
        ("a", "AR DNI", "5536168"), ("b", "AR DNI", "5536168"), ("c", "CL RUT", "125319092"),
    ]  # fmt: skip
    assert [record for record, _, _ in valid_ids(path, checked_only=True)] == ["a", "c"]
