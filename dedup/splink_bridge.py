"""Our model as the settings of Splink 4 and 5, and a Splink model as ours. Bits are log2(m / u), level by level.

What Splink has no place for (rarity slopes, bands, where the model comes from) stands in the description of one
comparison; the rarity of words is in neither and comes from the model one starts from. What of ours has no equivalent
in SQL is told at its level.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from dedup.evidence_levels import FIELDS
from dedup.model import Bands, ForeignModel, Model, Weights
from dedup.rows import Array
from dedup.splink_sql import BOTH_COMPANY, NEVER, NO_SQL, condition, tried_in_order

KINDS: Final = ("person", "company")
PARTY: Final = "party"  # the comparison that tells persons from companies: they differ in their prior
SHIPPED_NAMING: Final = Path(__file__).parent / "models" / "splink_naming.json"
_NULLS: Final = ("missing", "nothing")
_KEPT: Final = "Kept by Concilia: "
_BLOCKING: Final = (
    "l.tax = r.tax",
    "l.given_s = r.given_s AND l.surnames_s = r.surnames_s",
    "l.company_s = r.company_s",
)
_HALF: Final = 0.5
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Named:
    """What a comparison of a Splink model says of: our field, for these kinds, its labels as our levels."""

    field: str
    kinds: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]  # by label; none: the level is left out


Naming = Mapping[str, Named | None]  # by output column; None: the comparison is left out


def to_splink(model: Model) -> dict[str, Any]:
    """The settings of a Splink linker with this model's weights."""
    prior = model.person.prior
    comparisons = [_party(model)]
    comparisons += [
        _comparison(kind, field, weights.fields[field])
        for kind, weights in zip(KINDS, (model.person, model.company), strict=True)
        for field in FIELDS
    ]
    return {
        "link_type": "dedupe_only",
        "probability_two_random_records_match": 1 / (1 + 2.0**-prior),
        "sql_dialect": "duckdb",
        "unique_id_column_name": "record_id",
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": "duckdb"}
            for rule in _BLOCKING
        ],
        "comparisons": comparisons,
    }  # fmt: skip


def from_splink(found: Any, *, base: Model, naming: Naming | None = None, name: str = "the model") -> Model:
    """The Splink model as ours; what it does not speak of is the base's. ForeignModel says what cannot be mapped.

    One written by `to_splink` comes back as it was, when its base is the model it was written from.
    """
    comparisons = found.get("comparisons") if isinstance(found, dict) else None
    if not isinstance(comparisons, list) or not all(isinstance(one, dict) for one in comparisons):
        raise ForeignModel(f"{name} is no Splink model: it has no list of comparisons.")
    named = {**own_naming(), **(usual_naming() if naming is None else naming)}
    prior = _prior(found, name=name)
    bits: dict[str, dict[str, dict[str, float]]] = {kind: {} for kind in KINDS}
    kept: dict[str, Any] = {}
    company = 0.0
    for comparison in comparisons:
        column = str(comparison.get("output_column_name", ""))
        if column == PARTY:
            company = next((said.bits for said in _levels(comparison, name=name) if said.label == "company"), 0.0)
            kept = _kept(comparison)
        elif column not in named:
            raise ForeignModel(
                f'{name} compares "{column}", which is mapped to no field of ours: name it in the naming.'
            )
        elif (about := named[column]) is not None:
            said = _translated(comparison, about, name=name)
            for kind in about.kinds:
                bits[kind][about.field] = said
    person = _weights(base.person, round(prior, _DECIMALS), bits["person"], kept.get("slopes", {}).get("person"))
    firm = _weights(
        base.company, round(prior + company, _DECIMALS), bits["company"], kept.get("slopes", {}).get("company")
    )
    return replace(base, person=person, company=firm, **_origin(kept, base, name=name))


def own_naming() -> Naming:
    """How `to_splink` names comparisons and levels."""
    return {
        f"{kind}_{field}": Named(field, (kind,), {_label(field, level): (level,) for level in levels})
        for kind in KINDS
        for field, levels in FIELDS.items()
    }


def usual_naming() -> Naming:
    """The names and labels that Splink's own library gives to comparisons like ours."""
    return naming_from_json(json.loads(SHIPPED_NAMING.read_text(encoding="utf-8")), name=SHIPPED_NAMING.name)


def naming_from_json(found: Any, *, name: str) -> Naming:
    """A declared naming: by output column `field`, `kinds` and `levels` (label to level or levels, or null).

    ForeignModel names what this program does not know.
    """
    try:
        return {column: None if said is None else _named(column, said, name) for column, said in found.items()}
    except (AttributeError, KeyError, TypeError) as fault:
        raise ForeignModel(
            f'{name} is no naming: write {{"output column": {{"field": "given", "levels": {{"label": "same"}}}}}}.'
        ) from fault


def _named(column: str, said: Mapping[str, Any], name: str) -> Named:
    field = said["field"]
    if field not in FIELDS:
        raise ForeignModel(f'{name} maps "{column}" to "{field}", which is no field: there are {", ".join(FIELDS)}.')
    levels = {label: (to,) if isinstance(to, str) else tuple(to or ()) for label, to in said["levels"].items()}
    for label, to in levels.items():
        for level in to:
            if level not in FIELDS[field]:
                known = ", ".join(FIELDS[field][:12])
                raise ForeignModel(f'{name} maps "{label}" of "{column}" to "{level}"; levels of {field} are {known}.')
    return Named(field, tuple(said.get("kinds", KINDS)), levels)


def _party(model: Model) -> dict[str, Any]:
    kept = {
        "slopes": {"person": dict(model.person.slopes), "company": dict(model.company.slopes)},
        "bands": {"automatic": model.bands.automatic, "review": model.bands.review},
        "source": model.source,
        "fingerprint": model.fingerprint,
        "counts": dict(model.counts),
    }
    said = "Pairs with a company have another prior. The rarity of words has no place in these settings. "
    return {
        "output_column_name": PARTY,
        "comparison_description": said + _KEPT + json.dumps(kept, ensure_ascii=False, sort_keys=True),
        "comparison_levels": [
            _level(BOTH_COMPANY, "company", model.company.prior - model.person.prior),
            _level("ELSE", "person", 0.0),
        ],
    }


def _comparison(kind: str, field: str, bits: Array) -> dict[str, Any]:
    of_level = dict(zip(FIELDS[field], (float(b) for b in bits), strict=True))
    other = f"NOT coalesce({BOTH_COMPANY}, false)" if kind == "company" else f"coalesce({BOTH_COMPANY}, false)"
    levels: list[dict[str, Any]] = [{"sql_condition": other, "label_for_charts": f"no {kind}", "is_null_level": True}]
    for level in tried_in_order(field, FIELDS[field]):
        sql, label = condition(field, level), _label(field, level)
        if level in _NULLS and not of_level[level] and sql != "ELSE":
            levels.append({"sql_condition": sql, "label_for_charts": label, "is_null_level": True})
        else:
            levels.append(_level(sql, label, of_level[level]))
    return {
        "output_column_name": f"{kind}_{field}",
        "comparison_description": f"{field} of a {kind}; levels without SQL keep their weights and are never true",
        "comparison_levels": levels,
    }


def _level(sql: str, label: str, bits: float) -> dict[str, Any]:
    """A level whose m and u differ by exactly these bits; the greater of the two is one half."""
    m, u = (_HALF, _HALF * 2.0**-bits) if bits >= 0 else (_HALF * 2.0**bits, _HALF)
    return {"sql_condition": sql, "label_for_charts": label, "m_probability": m, "u_probability": u}


def _label(field: str, level: str) -> str:
    return level + NO_SQL if condition(field, level) == NEVER else level


def _prior(found: Mapping[str, Any], *, name: str) -> float:
    chance = found.get("probability_two_random_records_match")
    if not _is_chance(chance):
        raise ForeignModel(f"{name} has no probability_two_random_records_match between 0 and 1: train it first.")
    return math.log2(float(chance) / (1 - float(chance)))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Said:
    """One level of a Splink comparison; a null level says nothing, in no bits."""

    label: str
    bits: float
    is_null: bool = False


def _levels(comparison: Mapping[str, Any], *, name: str) -> list[_Said]:
    found = []
    for level in comparison.get("comparison_levels", ()):
        label = str(level.get("label_for_charts") or level.get("sql_condition", ""))
        m, u = level.get("m_probability"), level.get("u_probability")
        if level.get("is_null_level"):
            found.append(_Said(label, 0.0, is_null=True))
        elif _is_positive(m) and _is_positive(u):
            found.append(_Said(label, round(math.log2(m / u), _DECIMALS)))
        else:
            where = f'The level "{label}" of "{comparison.get("output_column_name")}" in {name}'
            raise ForeignModel(f"{where} has no m and u above zero: train it fully.")
    return found


def _translated(comparison: Mapping[str, Any], about: Named, *, name: str) -> dict[str, float]:
    """Bits by our level. A null level that the naming does not know is just what is missing."""
    column, found = comparison.get("output_column_name"), dict[str, float]()
    for said in _levels(comparison, name=name):
        if said.label not in about.levels and not said.is_null:
            raise ForeignModel(
                f'The level "{said.label}" of "{column}" in {name} is mapped to no level of {about.field}: '
                "name it in the naming."
            )
        for level in about.levels.get(said.label, ()):
            if level in found:
                raise ForeignModel(f'Two levels of "{column}" in {name} are "{level}".')
            found[level] = said.bits
    return found


def _weights(
    base: Weights, prior: float, bits: Mapping[str, Mapping[str, float]], slopes: Mapping[str, float] | None
) -> Weights:
    fields = dict(base.fields)
    for field, said in bits.items():
        fields[field] = base.fields[field].copy()
        for level, value in said.items():
            fields[field][FIELDS[field].index(level)] = value
    if slopes is None:  # a Splink model's weights hold for words of any rarity
        slopes = {name: worth for name, worth in base.slopes.items() if name.partition(" ")[0] not in bits}
    return replace(base, prior=prior, fields=fields, slopes=dict(slopes))


def _origin(kept: Mapping[str, Any], base: Model, *, name: str) -> dict[str, Any]:
    if not kept:
        return {"source": f"read from the Splink model {name}", "fingerprint": "", "counts": {}}
    bands = kept.get("bands", {})
    return {
        "bands": Bands(
            float(bands.get("automatic", base.bands.automatic)), float(bands.get("review", base.bands.review))
        ),
        "source": str(kept.get("source", base.source)),
        "fingerprint": str(kept.get("fingerprint", base.fingerprint)),
        "counts": dict(kept.get("counts", base.counts)),
    }


def _kept(comparison: Mapping[str, Any]) -> dict[str, Any]:
    _, sign, text = str(comparison.get("comparison_description", "")).partition(_KEPT)
    try:
        found = json.loads(text) if sign else {}
    except ValueError:
        return {}  # somebody wrote another description
    return found if isinstance(found, dict) else {}


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _is_chance(value: object) -> bool:
    return _is_positive(value) and float(value) < 1  # type: ignore[arg-type]
