"""How easily English reads: Flesch's reading ease, with a plain count of syllables.

Flesch R. A new readability yardstick. J Appl Psychol 1948;32:221-233:
206.835 - 1.015 words per sentence - 84.6 syllables per word; 60 to 70 is plain English.
"""

import re

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
#: Two vowels that are spoken apart: radiation, radio; not initial, not nation.
_APART = re.compile(r"(?<![tcs])i[ao](?!n)")


def syllables(word):
    """Groups of vowels, less a silent e at the end; at least one."""
    word = word.lower().replace("'", "")
    found = len(_VOWELS.findall(word)) + len(_APART.findall(word))
    silent = re.search(r"[^aeiouy]e$|[^aeiouydt]ed$|[^aeiouylscxzgh]es$", word)
    if silent and not re.search(r"[^aeiouy]le$", word):
        found -= 1
    return max(found, 1)


def reading_ease(sentences):
    """Flesch's reading ease of a list of texts, each ending a sentence."""
    words = [word for text in sentences for word in _WORD.findall(text)]
    ends = sum(max(1, len(_SENTENCE_END.findall(text))) for text in sentences)
    spoken = sum(syllables(word) for word in words)
    return 206.835 - 1.015 * len(words) / ends - 84.6 * spoken / len(words)
