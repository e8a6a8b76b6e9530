# Reference values for tests/unit/test_restricted_mean.py.
# Run from the project's root: Rscript tests/reference/make_time_scale.R
# Data sets are those of R's survival package and a draw with ties under a fixed seed.
suppressPackageStartupMessages({library(survival); library(jsonlite)})

# Horizons and times are fractions of the shorter arm's follow-up.
arm <- function(time, event, horizons, landmarks) {
  fit <- survfit(Surv(time, event) ~ 1, conf.type = "log-log")
  means <- sapply(horizons, function(tau) {
    summary(fit, rmean = tau)$table[c("rmean", "se(rmean)")]
  })
  at <- summary(fit, times = landmarks)
  half <- quantile(fit, 0.5)
  list(rmean = unname(means[1, ]), rmean_se = unname(means[2, ]),
       surv = at$surv, surv_se = at$std.err, median = unname(half$quantile),
       median_lower = unname(half$lower), median_upper = unname(half$upper),
       flat_at_half = any(abs(fit$surv - 0.5) < 1e-9))
}

one <- function(time, event, group) {
  keep <- complete.cases(time, event, group)
  time <- time[keep]; event <- as.integer(event[keep]); group <- as.integer(group[keep])
  shorter <- min(tapply(time, group, max))
  # R refuses a horizon before the first time of an arm.
  horizons <- pmax(shorter * c(0.4, 0.6, 0.9), max(tapply(time, group, min)))
  landmarks <- shorter * c(0.4, 0.7)
  list(time = time, event = event, group = group, horizons = horizons, landmarks = landmarks,
       arms = lapply(0:1, function(g) arm(time[group == g], event[group == g], horizons, landmarks)))
}

set.seed(21)
tied <- data.frame(group = rep(0:1, each = 25))
tied$time <- ceiling(rexp(50, 0.12 * (1 + tied$group)))
tied$event <- rbinom(50, 1, 0.75)
all_die <- data.frame(group = rep(0:1, each = 12), time = round(rexp(24, 0.1), 3) + 0.1, event = 1)

sets <- list(
  ovarian = one(ovarian$futime, ovarian$fustat, ovarian$rx - 1),
  lung_sex = one(lung$time, lung$status - 1, lung$sex - 1),
  veteran_treatment = one(veteran$time, veteran$status, veteran$trt - 1),
  leukemia_maintenance = one(aml$time, aml$status, as.integer(aml$x) - 1),
  kidney_sex = one(kidney$time, kidney$status, kidney$sex - 1),
  colon_death = one(colon$time[colon$etype == 2], colon$status[colon$etype == 2],
                    as.integer(colon$rx[colon$etype == 2] == "Lev+5FU")),
  tied_draw = one(tied$time, tied$event, tied$group),
  all_die_draw = one(all_die$time, all_die$event, all_die$group)
)
calls <- c("summary(survfit(Surv(time, event) ~ 1), rmean = horizon)$table",
           "summary(survfit(Surv(time, event) ~ 1), times = landmarks)",
           "quantile(survfit(Surv(time, event) ~ 1, conf.type = 'log-log'), 0.5)")
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")),
            calls = calls, sets = sets)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "tests/reference/time_scale.json")
