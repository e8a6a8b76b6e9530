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
# Figures that were read and do not stand in the primary analysis, and why.

# %% tags=["remove-input"]
tables.per_outcome(result, tables.left_out_table)

# %% [markdown]
# ## Result
#
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
# ## How sure

# %% tags=["remove-input"]
tables.missing(result)

# %% tags=["remove-input"]
doubts(result)

# %% [markdown]
# ## Sensitivity

# %% tags=["remove-input"]
tables.per_outcome(result, tables.scenarios_table)

# %% [markdown]
# ## Provenance

# %% tags=["remove-input"]
tables.provenance(result)
