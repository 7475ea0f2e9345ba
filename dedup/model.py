"""Weights of evidence as data: read, checked, written, and applied to levels. Training is in `training`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from concilia.errors import MustBeMended
from dedup.evidence_levels import FIELDS, NAMES, RARITIES, Compared
from dedup.number_age import NumberAges, Series
from dedup.rows import GIVEN_SLOTS, SURNAME_SLOTS, Array, Columns

MODEL_FORMAT = 2
SHIPPED = Path(__file__).parent / "models" / "shipped.json"
EIGHTHS = 8
_SALTS = {"given": 0x1F3D5B79, "surname": 0x2E4C6A88, "company": 0x3D5B7997}
_RARITY_FIELD = {name: NAMES.index(name.partition(" ")[0]) for name in RARITIES}


class ForeignModel(MustBeMended):
    """A model file that this program cannot use, and why."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits by field and level for one kind of party; `slopes` are the worth of one bit of rarity by field."""

    prior: float
    fields: Mapping[str, Array]
    slopes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare words are, in eighths of a bit, by salted hash; a word not listed is as rare as `unknown`."""

    hashes: Array
    bits: Array
    unknown: int = 104

    def of(self, columns: Columns) -> Array:
        """The rarity of every word of these records, 0 where there is none."""
        salted = salted_words(columns)
        if len(self.hashes) == 0:
            return np.where(columns.word_hash != 0, np.uint8(self.unknown), np.uint8(0))
        at = np.minimum(np.searchsorted(self.hashes, salted), len(self.hashes) - 1)
        found = np.where(self.hashes[at] == salted, self.bits[at], np.uint8(self.unknown))
        return np.where(columns.word_hash != 0, found, np.uint8(0)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Bands:
    """From `automatic` bits a merge needs nobody; from `review` on a person is asked."""

    automatic: float
    review: float


@dataclass(frozen=True, slots=True)
class Model:
    """Everything a score depends on; two runs with one model score every pair alike.

    `shares` are, by kind of party, the odds in bits of being one debtor among the pairs that the weights come from.
    """

    person: Weights
    company: Weights
    rarity: Rarity
    bands: Bands
    ages: NumberAges = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    source: str = "shipped"  # what it was trained on, in words
    fingerprint: str = ""  # of the labelled pairs
    counts: Mapping[str, int] = field(default_factory=dict)


def salted_words(columns: Columns) -> Array:
    """Word hashes told apart by role: MARTIN the given name is not MARTIN the surname."""
    salts = np.empty(columns.word_hash.shape[1], dtype=np.uint32)
    salts[GIVEN_SLOTS], salts[SURNAME_SLOTS] = _SALTS["given"], _SALTS["surname"]
    company = np.uint32(_SALTS["company"])
    return columns.word_hash ^ np.where(columns.company[:, None], company, salts[None, :])


def bits_of(compared: Compared, model: Model) -> Array:
    """Bits of each pair by field, in the order of `FIELDS`, and the prior in a last column. The score is their sum."""
    found = np.empty((len(compared.levels), len(NAMES) + 1), dtype=np.float64)
    kinds = ((~compared.company, model.person), (compared.company, model.company))
    for which, weights in kinds:
        at = np.flatnonzero(which)
        if len(at) == 0:
            continue
        whole = len(at) == len(found)
        levels = compared.levels if whole else compared.levels[at]
        rarity = compared.rarity if whole else compared.rarity[at]
        bits = np.empty((len(at), len(NAMES) + 1), dtype=np.float64)
        for index, name in enumerate(NAMES):
            bits[:, index] = weights.fields[name][levels[:, index]]
        for place, name in enumerate(RARITIES):
            slope = weights.slopes.get(name, 0.0)
            if slope:
                bits[:, _RARITY_FIELD[name]] += slope * rarity[:, place].astype(np.float64)
        bits[:, -1] = weights.prior
        found[at] = bits
    return found


def load(path: Path | None = None) -> Model:
    """The model in a file, the shipped one when none is named. ForeignModel says what is wrong with it."""
    return _load(path or SHIPPED)


@lru_cache(maxsize=4)
def _load(path: Path) -> Model:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ForeignModel(f"{path.name} cannot be read as a model: {fault}") from fault
    return from_json(found, name=path.name)


def save(model: Model, path: Path) -> None:
    """Write the model; the same model is the same bytes."""
    path.write_text(json.dumps(to_json(model), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def to_json(model: Model) -> dict[str, Any]:
    """The model as plain objects."""
    return {
        "format": MODEL_FORMAT, "source": model.source, "fingerprint": model.fingerprint, "counts": dict(model.counts),
        "bands": {"automatic": model.bands.automatic, "review": model.bands.review},
        "weights": {"person": _weights_to_json(model.person), "company": _weights_to_json(model.company)},
        "rarity": {
            "unknown": model.rarity.unknown, "hashes": _packed(model.rarity.hashes, "<u4"),
            "bits": _packed(model.rarity.bits, "u1"),
        },
        "shares": {name: float(bits) for name, bits in model.shares.items()},
        "ages": [
            {"space": s.space, "numbers": list(s.numbers), "years": list(s.years), "tolerance": s.tolerance}
            for s in model.ages
        ],
    }  # fmt: skip


def from_json(found: Any, *, name: str = "the model") -> Model:
    """The model written by `to_json`; anything else is refused with its reason."""
    version = found.get("format") if isinstance(found, dict) else None
    if version != MODEL_FORMAT:
        raise ForeignModel(
            f"{name} has model format {version!r} and this program reads format {MODEL_FORMAT}; train it again with "
            "`concilia match train`"
        )
    try:
        rarity = found["rarity"]
        return Model(
            person=_weights_from_json(found["weights"]["person"]),
            company=_weights_from_json(found["weights"]["company"]),
            rarity=Rarity(_unpacked(rarity["hashes"], "<u4"), _unpacked(rarity["bits"], "u1"), int(rarity["unknown"])),
            bands=Bands(float(found["bands"]["automatic"]), float(found["bands"]["review"])),
            ages=tuple(_series_from_json(series) for series in found["ages"]),
            shares={str(name): float(bits) for name, bits in found["shares"].items()},
            source=str(found["source"]),
            fingerprint=str(found["fingerprint"]),
            counts=dict(found["counts"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise ForeignModel(f"{name} is damaged: {fault!r} is missing or malformed") from fault


def with_bands(model: Model, bands: Bands) -> Model:
    """The same weights, decided by other cuts."""
    return replace(model, bands=bands)


def _weights_to_json(weights: Weights) -> dict[str, Any]:
    return {
        "prior": float(weights.prior),
        "slopes": {name: float(value) for name, value in weights.slopes.items()},
        "fields": {
            name: {level: float(bits) for level, bits in zip(levels, weights.fields[name], strict=True)}
            for name, levels in FIELDS.items()
        },
    }


def _weights_from_json(found: Mapping[str, Any]) -> Weights:
    return Weights(
        prior=float(found["prior"]),
        slopes={name: float(value) for name, value in found["slopes"].items()},
        fields={
            name: np.array([float(found["fields"][name][level]) for level in levels], dtype=np.float64)
            for name, levels in FIELDS.items()
        },
    )


def _series_from_json(found: Mapping[str, Any]) -> Series:
    numbers, years = (tuple(float(value) for value in found[name]) for name in ("numbers", "years"))
    return Series(int(found["space"]), numbers, years, float(found["tolerance"]))


def _packed(values: Array, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()


def _unpacked(text: str, kind: str) -> Array:
    return np.frombuffer(base64.b64decode(text), dtype=kind)
