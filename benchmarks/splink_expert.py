"""The yardstick: Splink 5 (DuckDB) with the comparisons, blocking and training that did best on portfolios like ours.

Input: a DuckDB relation with one row a source record and these columns, already normalised:
  record_id, country, kind ('person' / 'company' or null), tax (normalised id or null; placeholders removed),
  phones, emails (lists or null; values held by more than a dozen records removed),
  given, sur, toks (sorted lists of name tokens), given_s, sur_s, name_sorted (the same joined by a space),
  tokpairs (sorted list of 'AAAAA|BBBBB' five-letter pairs of name tokens), street ('NAME NUMBER' or null), city.

    clusters = dedupe(con, con.table("records"), cut=4.0)      # relation: cluster_id, record_id

Choose the cut on another seed, never on the data that is judged. `guard` drops edges between two clearly different tax
ids before clustering; quote both. Splink 5 registers the table with the API first; most tutorials show the older form.
"""

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

BLOCKING = [
    block_on("tax"),
    block_on("phones", arrays_to_explode=["phones"]),
    block_on("emails", arrays_to_explode=["emails"]),
    block_on("name_sorted", "country"),
    block_on("street", "country"),
    block_on("tokpairs", "city", arrays_to_explode=["tokpairs"]),
]


def comparisons():
    """Given names apart from surnames; contact points that travel together folded into one comparison."""
    given_common, given_least = "len(list_intersect(given_l, given_r))", "least(len(given_l), len(given_r))"
    sur_common, sur_least = "len(list_intersect(sur_l, sur_r))", "least(len(sur_l), len(sur_r))"
    given_jw, sur_jw = "jaro_winkler_similarity(given_s_l, given_s_r)", "jaro_winkler_similarity(sur_s_l, sur_s_r)"
    phone = "len(list_intersect(phones_l, phones_r)) >= 1"
    email = "len(list_intersect(emails_l, emails_r)) >= 1"
    return [
        cl.CustomComparison(
            output_column_name="given",
            comparison_levels=[
                cll.NullLevel("given_s"),
                cll.ExactMatchLevel("given_s").configure(tf_adjustment_column="given_s", tf_minimum_u_value=1e-4),
                cll.CustomLevel(f"{given_common} = {given_least}", "one is a subset"),
                cll.CustomLevel(f"{given_jw} >= 0.9", "close"),
                cll.CustomLevel(f"{given_common} >= 1", "one in common"),
                cll.CustomLevel(f"{given_jw} >= 0.75", "near (nickname)"),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="sur",
            comparison_levels=[
                cll.NullLevel("sur_s"),
                cll.ExactMatchLevel("sur_s").configure(tf_adjustment_column="sur_s", tf_minimum_u_value=1e-5),
                cll.CustomLevel(f"{sur_common} = {sur_least}", "one is a subset"),
                cll.CustomLevel(f"{sur_jw} >= 0.9", "close"),
                cll.CustomLevel(f"{sur_common} >= 1", "one in common"),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="tax",
            comparison_levels=[
                cll.NullLevel("tax"),
                cll.ExactMatchLevel("tax"),
                cll.CustomLevel("damerau_levenshtein(tax_l, tax_r) <= 1", "one edit"),
                cll.CustomLevel("damerau_levenshtein(tax_l, tax_r) <= 2", "two edits"),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="contact",
            comparison_levels=[
                cll.CustomLevel(
                    "(phones_l is null or phones_r is null) and (emails_l is null or emails_r is null)",
                    "nothing to compare",
                ).configure(is_null_level=True),
                cll.CustomLevel(f"({phone}) and ({email})", "phone and e-mail"),
                cll.CustomLevel(email, "e-mail"),
                cll.CustomLevel(phone, "phone"),
                cll.CustomLevel("jaro_winkler_similarity(emails_l[1], emails_r[1]) >= 0.93", "e-mail close"),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="place",
            comparison_levels=[
                cll.CustomLevel("city_l is null or city_r is null", "null").configure(is_null_level=True),
                cll.CustomLevel("street_l = street_r and city_l = city_r", "street and city"),
                cll.CustomLevel("city_l = city_r", "city"),
                cll.ElseLevel(),
            ],
        ),
        cl.ExactMatch("kind"),
    ]


def linker(con, records, *, u_pairs=1e7, seed=1):
    """Register, train and return the Splink linker.

    EM runs on tax id and on name + country, never on addresses: that learns households.
    """
    api = DuckDBAPI(connection=con)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=BLOCKING,
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    link = Linker(api.register(records, dataset_display_name="portfolio"), settings)
    link.training.estimate_probability_two_random_records_match(
        [block_on("tax"), block_on("name_sorted", "city"), block_on("name_sorted", "street")], recall=0.65
    )
    link.training.estimate_u_using_random_sampling(max_pairs=u_pairs, seed=seed)
    for rule in (block_on("tax"), block_on("name_sorted", "country")):
        link.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    return link


def dedupe(con, records, *, cut, keep=-2.0, **training):
    """Train, score and cluster; returns a relation of cluster_id and record_id."""
    link = linker(con, records, **training)
    edges = link.inference.predict(threshold_match_weight=keep)
    clusters = link.clustering.cluster_pairwise_predictions_at_threshold(edges, threshold_match_weight=cut)
    return con.table(clusters.physical_name)
