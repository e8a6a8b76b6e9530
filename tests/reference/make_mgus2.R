# The public data of the page on dose, and reference values for tests/book/test_dose_page.py.
# Run from the project's root: Rscript tests/reference/make_mgus2.R
# mgus2 is of R's survival package (LGPL >= 2).
suppressPackageStartupMessages({library(survival); library(jsonlite)})

time <- ifelse(mgus2$pstat == 1, mgus2$ptime, mgus2$futime)
cause <- ifelse(mgus2$pstat == 1, 1, 2 * mgus2$death)
patients <- data.frame(time_months = time, cause = cause)
patients <- patients[order(patients$time_months, patients$cause), ]
write.csv(patients, "benchmarks/data/mgus2/mgus2.csv", row.names = FALSE, quote = FALSE)

at <- c(12, 60, 120, 240, 360)
both <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, conf.type = "log-log")
alone <- survfit(Surv(time, cause == 1) ~ 1, conf.type = "log-log")
write_json(list(
  made_by = "tests/reference/make_mgus2.R", r = R.version.string,
  survival = as.character(packageVersion("survival")), n = nrow(patients),
  call_incidence = "survfit(Surv(time, factor(cause, 0:2)) ~ 1, conf.type = 'log-log')",
  call_kaplan_meier = "1 - survfit(Surv(time, cause == 1) ~ 1, conf.type = 'log-log')",
  time_months = at,
  incidence = unname(summary(both, times = at)$pstate[, 2]),
  lower = unname(summary(both, times = at)$lower[, 2]),
  upper = unname(summary(both, times = at)$upper[, 2]),
  death = unname(summary(both, times = at)$pstate[, 3]),
  death_lower = unname(summary(both, times = at)$lower[, 3]),
  death_upper = unname(summary(both, times = at)$upper[, 3]),
  one_minus_kaplan_meier = 1 - summary(alone, times = at)$surv,
  one_minus_kaplan_meier_lower = 1 - summary(alone, times = at)$upper,
  one_minus_kaplan_meier_upper = 1 - summary(alone, times = at)$lower
), "tests/reference/mgus2.json", auto_unbox = TRUE, digits = 15, pretty = TRUE)
