"""A living systematic review of recurrent brain metastases: the analysis library.

The layers, from the bottom up (an import may only point down):

0. words: :mod:`vocabulary`, :mod:`exceptions`
1. numbers: :mod:`survival`, :mod:`reconstruct`, :mod:`effect_sizes`
2. evidence: :mod:`study_records`, :mod:`consistency`, :mod:`search`, :mod:`comparison`,
   :mod:`editions`
3. showing: :mod:`charts`, :mod:`tables`, :mod:`book`, :mod:`cli`
"""

__version__ = "0.1.0"
