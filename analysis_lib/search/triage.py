"""In which order to read: first what resembles what was included before.

Multinomial naive Bayes on the words of title and abstract (Manning CD, Raghavan P, Schütze H.
Introduction to Information Retrieval, 2008, section 13.2). The score only orders; it is shown
to nobody beside a candidate, because a reader who sees it no longer judges independently, and
it never excludes.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.search.screening import EXCLUDED, INCLUDED, WAITING, Standing

#: With fewer decisions the order would be chance: words of one paper would rule it.
FEWEST_INCLUDED, FEWEST_EXCLUDED = 10, 10

_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class TriageModel:
    """Log odds of inclusion by word.

    Attributes
    ----------
    prior : float
        Log odds of inclusion before any word.
    weights : mapping of str to float
        What one occurrence of a word adds. A word never seen adds nothing.
    n_included, n_excluded : int
        Decisions learned from.
    """

    prior: float
    weights: Mapping[str, float]
    n_included: int
    n_excluded: int

    def score(self, text: str) -> float:
        """Log odds of inclusion of a text."""
        return self.prior + math.fsum(self.weights.get(word, 0.0) for word in words(text))


def words(text: str) -> list[str]:
    """Words of three letters or more, in lower case."""
    return _WORD.findall(text.lower())


def fit_triage(included: Sequence[str], excluded: Sequence[str]) -> TriageModel:
    """Learn from texts that were included and excluded (at least one of each).

    Probabilities are ``(count + 1) / (all counts + vocabulary)``, Laplace's smoothing.
    """
    counts = [
        Counter(word for text in texts for word in words(text)) for texts in (included, excluded)
    ]
    vocabulary = sorted(counts[0].keys() | counts[1].keys())
    totals = [sum(count.values()) + len(vocabulary) for count in counts]
    weights = {
        word: math.log((counts[0][word] + 1) / totals[0])
        - math.log((counts[1][word] + 1) / totals[1])
        for word in vocabulary
    }
    prior = math.log(len(included) / len(excluded))
    return TriageModel(prior, weights, len(included), len(excluded))


def learn(found: Sequence[Standing]) -> TriageModel | None:
    """The model of all decisions made; None while there are too few of either kind."""
    texts = {
        state: [_text(s.entry) for s in found if s.state == state] for state in (INCLUDED, EXCLUDED)
    }
    if len(texts[INCLUDED]) < FEWEST_INCLUDED or len(texts[EXCLUDED]) < FEWEST_EXCLUDED:
        return None
    return fit_triage(texts[INCLUDED], texts[EXCLUDED])


def reading_order(found: Sequence[Standing]) -> tuple[tuple[str, ...], str]:
    """Ids of the candidates that wait, in reading order, and one sentence that says which.

    With enough decisions the most similar to what was included come first; otherwise the
    newest search first. Every candidate that waits is in it, whatever its score.
    """
    waiting = [s for s in found if s.state == WAITING]
    model = learn(found)
    if model is None:
        told = (
            f"newest first: a triage order needs {FEWEST_INCLUDED} included and "
            f"{FEWEST_EXCLUDED} excluded, there are {_count(found, INCLUDED)} and "
            f"{_count(found, EXCLUDED)}"
        )
        ordered = sorted(waiting, key=lambda s: s.found_on, reverse=True)
    else:
        told = (
            f"most like what was included first (learned from {model.n_included} included, "
            f"{model.n_excluded} excluded); the order excludes nothing"
        )
        scores = {s.id: model.score(_text(s.entry)) for s in waiting}
        ordered = sorted(waiting, key=lambda s: (-scores[s.id], s.id))
    return tuple(s.id for s in ordered), told


def _count(found: Sequence[Standing], state: str) -> int:
    return sum(standing.state == state for standing in found)


def _text(entry: Mapping[str, Any]) -> str:
    return f"{entry['title']} {entry['abstract'] or ''}"
