# Reference values for tests/unit/test_competing_risks.py.
# Run from the project's root: Rscript tests/reference/make_competing_risks.R
# mgus2 is of R's survival package; the draws, with and without ties, are synthetic.
suppressPackageStartupMessages({library(survival); library(cmprsk); library(jsonlite)})

curves <- function(time, cause) {
  fit <- survfit(Surv(time, factor(cause, 0:max(cause))) ~ 1, conf.type = "log-log")
  lapply(seq_len(max(cause)), function(k) {
    aalen <- cuminc(time, cause)[[paste("1", k)]]
    at <- timepoints(list(aalen), times = fit$time[fit$time <= max(aalen$time)])
    list(time = fit$time, incidence = fit$pstate[, k + 1], se = fit$std.err[, k + 1],
         lower = fit$lower[, k + 1], upper = fit$upper[, k + 1], aalen_var = at$var[1, ])
  })
}

# Few rows of a curve are stored: the first, the last and some between.
thinned <- function(curve, rows = 25) {
  keep <- unique(round(seq(1, length(curve$time), length.out = rows)))
  lapply(curve, function(column) unname(column[keep]))
}

one <- function(time, cause, group, strata = NULL) {
  test <- function(...) unname(cuminc(time, cause, group, ...)$Tests[, "stat"])
  list(time = time, cause = cause, group = group, strata = strata,
       curves = lapply(curves(time, cause), thinned),
       gray = test(), gray_rho = test(rho = 1), gray_p = unname(cuminc(time, cause, group)$Tests[, "pv"]),
       gray_strata = if (!is.null(strata)) test(strata), df = length(unique(group)) - 1)
}

draw <- function(seed, n, groups, ties, effect) {
  set.seed(seed)
  group <- sample(seq_len(groups), n, replace = TRUE)
  rates <- cbind(0.06 * exp(effect * (group - 1)), 0.03)
  first <- rexp(n, rowSums(rates))
  cause <- 1 + (runif(n) > rates[, 1] / rowSums(rates))
  censored <- runif(n, 5, 40)
  time <- pmin(first, censored)
  cause[first > censored] <- 0
  time <- if (ties) ceiling(time / 2) * 2 else round(time, 6)
  one(time, cause, group, sample(1:3, n, replace = TRUE))
}

m <- mgus2[seq(1, nrow(mgus2), 3), ]
time <- ifelse(m$pstat == 1, m$ptime, m$futime)
cause <- ifelse(m$pstat == 1, 1, 2 * m$death)
sets <- list(
  mgus2_every_third = one(time, cause, as.integer(m$sex), as.integer(m$age > 70)),
  two_groups = draw(1, 60, 2, FALSE, 0.6),
  two_groups_tied = draw(2, 80, 2, TRUE, 0),
  three_groups = draw(3, 120, 3, FALSE, 0.3),
  three_groups_tied = draw(4, 150, 3, TRUE, -0.3),
  few_patients = draw(5, 14, 2, FALSE, 0)
)
calls <- c("survfit(Surv(time, factor(cause)) ~ 1, conf.type = 'log-log')",
           "cuminc(time, cause, group, strata, rho)$Tests")
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")),
            cmprsk = as.character(packageVersion("cmprsk")), calls = calls, sets = sets)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"),
      "tests/reference/competing_risks.json")
