# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # {{title}}

# %% tags=["parameters", "remove-cell"]
comparison_id = "resection-vs-nonsurgical"

# %% tags=["remove-cell"]
from analysis_lib.book import comparison_charts as charts
from analysis_lib.book import comparison_tables as tables
from analysis_lib.book.doubts import doubts
from analysis_lib.book.findings import findings_table
from analysis_lib.book.four_answers import four_answers
from analysis_lib.book.harms_tables import harms_table
from analysis_lib.book.judgement_tables import certainty_table, risk_of_bias_table
from analysis_lib.book.robustness import e_value_sentences, robustness
from analysis_lib.book.side_figures import absolute_table, between_table
from analysis_lib.book.sources import inputs
from analysis_lib.book.who_table import who_table
from analysis_lib.comparison import compare

result = compare(comparison_id)

# %% [markdown]
# ## Question

# %% tags=["remove-input"]
tables.question(result)

# %% [markdown]
# ## Evidence
#
# Every number leads to the place it was read.

# %% tags=["remove-input"]
tables.per_outcome(result, tables.arms_table)

# %% [markdown]
# Who was studied, as far as the records hold it.

# %% tags=["remove-input"]
tables.per_outcome(result, who_table)

# %% [markdown]
# Figures that were read and do not stand in the primary analysis, and why.

# %% tags=["remove-input"]
tables.per_outcome(result, tables.left_out_table)

# %% [markdown]
# ## Result
#
# Four answers stand side by side. They answer different questions and are never mixed.

# %% tags=["remove-input"]
tables.per_outcome(result, four_answers)

# %% tags=["remove-input"]
tables.per_outcome(result, absolute_table)

# %% [markdown]
# What studies that hold both groups print, then what each cohort says.

# %% tags=["remove-input"]
tables.per_outcome(result, tables.contrasts_table)

# %% tags=["remove-input"]
tables.per_outcome(result, charts.forest)

# %% tags=["remove-input"]
tables.per_outcome(result, charts.curves)

# %% [markdown]
# The naive pool ignores which study a patient is from. It stands here for
# comparison with the published review and answers no question about treatment.

# %% tags=["remove-input"]
tables.per_outcome(result, tables.naive_table)

# %% tags=["remove-input"]
tables.benchmark_table(result)

# %% [markdown]
# Harms after each treatment, and what was found at surgery. The two are never mixed. Papers
# on surgery and papers on radiotherapy report different harms: what is not reported is not none.

# %% tags=["remove-input"]
harms_table(result.harms)

# %% [markdown]
# ## How sure

# %% tags=["remove-input"]
findings_table([result])

# %% tags=["remove-input"]
certainty_table(comparison_id)

# %% tags=["remove-input"]
tables.per_outcome(result, between_table)

# %% tags=["remove-input"]
tables.per_outcome(result, e_value_sentences)

# %% tags=["remove-input"]
risk_of_bias_table(result.pooled_study_ids, comparison_id)

# %% tags=["remove-input"]
tables.missing(result)

# %% tags=["remove-input"]
doubts(result)

# %% [markdown]
# ## Sensitivity

# %% tags=["remove-input"]
tables.per_outcome(result, robustness)

# %% [markdown]
# What each analysis rests on. Every pooled number on this page leads here.

# %% tags=["remove-input"]
tables.per_outcome(result, inputs)

# %% [markdown]
# ## Provenance

# %% tags=["remove-input"]
tables.provenance(result)
