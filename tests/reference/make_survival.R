# Reference values for tests/unit/test_survival.py.
# Run from the project's root: Rscript tests/reference/make_survival.R
# Data sets are those of R's survival package and draws with ties under a fixed seed.
library(survival)
library(jsonlite)

control <- coxph.control(eps = 1e-11)

one <- function(time, event, group) {
  keep <- complete.cases(time, event, group)
  time <- time[keep]; event <- as.integer(event[keep]); group <- as.integer(group[keep])
  fit <- coxph(Surv(time, event) ~ group, ties = "efron", control = control)
  test <- survdiff(Surv(time, event) ~ group)
  curves <- lapply(0:1, function(g) {
    s <- survfit(Surv(time[group == g], event[group == g]) ~ 1, conf.type = "log-log")
    list(time = s$time, surv = s$surv, n_risk = s$n.risk, lower = s$lower, upper = s$upper)
  })
  list(time = time, event = event, group = group,
       coef = unname(coef(fit)), se = unname(sqrt(vcov(fit)[1, 1])),
       logrank_p = pchisq(test$chisq, 1, lower.tail = FALSE), curves = curves)
}

set.seed(20)
tied <- data.frame(group = rep(0:1, each = 30))
tied$time <- ceiling(rexp(60, 0.1 * (1 + tied$group)))
tied$event <- rbinom(60, 1, 0.7)

sets <- list(
  ovarian = one(ovarian$futime, ovarian$fustat, ovarian$rx - 1),
  lung_sex = one(lung$time, lung$status - 1, lung$sex - 1),
  veteran_treatment = one(veteran$time, veteran$status, veteran$trt - 1),
  leukemia_maintenance = one(aml$time, aml$status, as.integer(aml$x) - 1),
  kidney_sex = one(kidney$time, kidney$status, kidney$sex - 1),
  tied_draw = one(tied$time, tied$event, tied$group)
)
calls <- c("survfit(Surv(time, event) ~ 1, conf.type = 'log-log')",
           "survdiff(Surv(time, event) ~ group)",
           "coxph(Surv(time, event) ~ group, ties = 'efron', control = coxph.control(eps = 1e-11))")
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")),
            calls = calls, sets = sets)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "tests/reference/survival.json")
