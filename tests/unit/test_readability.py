"""The measure of reading ease against values that were counted by hand."""

import pytest
from readability import reading_ease, syllables

COUNTED = {
    "cat": 1, "time": 1, "side": 1, "table": 2, "people": 2, "operation": 4, "treated": 2,
    "watched": 1, "changed": 1, "places": 2, "scans": 1, "tumour": 2, "again": 2, "study": 2,
    "number": 2, "needed": 2, "little": 2, "the": 1, "radiation": 4, "symptoms": 2,
}  # fmt: skip


@pytest.mark.parametrize(("word", "count"), COUNTED.items())
def test_syllables_as_spoken(word, count):
    assert syllables(word) == count


def test_six_short_words_in_a_sentence():
    """206.835 - 1.015 * 6 - 84.6 * 1, the value usually quoted for this sentence."""
    assert reading_ease(["The cat sat on the mat."]) == pytest.approx(116.145)


def test_long_words_and_long_sentences_read_worse():
    plain = reading_ease(["It came back. We do not know why."])
    hard = reading_ease(
        ["Recurrence was subsequently identified, the aetiology remaining undetermined."]
    )
    assert hard < 20 < 90 < plain
