"""Whether a model's cuts still hold on a portfolio: labelled pairs, scored without their tax ids. Learns nothing."""

from __future__ import annotations

from dedup.batch import label
from dedup.calibration import Held, held
from dedup.candidate_pairs import KINDS, Limits, blank_generic, find_generic, propose
from dedup.model import Model
from dedup.rows import Columns
from dedup.stewards_word import Rulings


def recheck(columns: Columns, model: Model, *, rulings: Rulings) -> Held | None:
    """How the model's cuts do on this portfolio; none with too few labelled pairs. Blanks generic values in place."""
    limits = Limits()
    blank_generic(columns, find_generic(columns, limits).values)
    words = model.rarity.of(columns)
    pairs = propose(columns, limits, KINDS[1:])
    return held(model, label(columns, words, pairs, rulings, ages=model.ages))
