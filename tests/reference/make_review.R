# R's answers on the review's own primary pools, for tests/unit/test_review_against_r.py.
# Run from the project's root, after make_review_patients.py: Rscript tests/reference/make_review.R
library(survival)
library(metafor)
library(jsonlite)

pools <- fromJSON("tests/reference/review_patients.json", simplifyDataFrame = FALSE)$pools
control <- coxph.control(eps = 1e-11, iter.max = 100, outer.max = 100)
cuts <- c(0, 6, 12, 24, Inf)

table_of <- function(sides, pair) {
  do.call(rbind, lapply(1:2, function(i) {
    p <- sides[[pair[i]]]$patients
    if (length(p$time) == 0) return(NULL)
    data.frame(study = unlist(p$study), time = unlist(p$time), event = unlist(p$event), group = 2 - i)
  }))
}

naive <- function(d) {
  fit <- coxph(Surv(time, event) ~ group, data = d, ties = "efron", control = control)
  test <- survdiff(Surv(time, event) ~ group, data = d)
  curve <- survfit(Surv(time, event) ~ group, data = d)
  medians <- unname(summary(curve)$table[, "median"])
  list(coef = unname(coef(fit)), se = sqrt(vcov(fit)[1, 1]),
       logrank_p = pchisq(test$chisq, 1, lower.tail = FALSE), medians = rev(medians))
}

frailty_cox <- function(d) {
  fit <- coxph(Surv(time, event) ~ group + frailty(study, distribution = "gamma", eps = 1e-9, sparse = FALSE),
               data = d, ties = "efron", control = control)
  list(coef = unname(coef(fit)[1]), se = sqrt(fit$var[1, 1]), theta = fit$history[[1]]$theta)
}

# Events and months of each study and side in each interval.
cells <- function(d) {
  out <- NULL
  for (j in 1:(length(cuts) - 1)) {
    spent <- pmax(0, pmin(d$time, cuts[j + 1]) - cuts[j])
    dead <- d$event * (d$time > cuts[j] & d$time <= cuts[j + 1])
    one <- aggregate(list(spent = spent, dead = dead), list(study = d$study, group = d$group), sum)
    out <- rbind(out, cbind(one, interval = j))
  }
  out[out$spent > 0, ]
}

# One gamma effect per study on Poisson counts; the effect is integrated numerically, study by
# study, so that nothing of the closed form is used.
gamma_poisson <- function(d) {
  c <- cells(d)
  ids <- sort(unique(c$interval))
  loglik <- function(par) {
    theta <- exp(par[length(par)])
    eta <- par[match(c$interval, ids)] + par[length(ids) + 1] * c$group
    mu <- c$spent * exp(eta)
    total <- 0
    for (s in unique(c$study)) {
      rows <- c$study == s
      dead <- sum(c$dead[rows]); expected <- sum(mu[rows])
      mode <- (1 / theta + dead) / (1 / theta + expected)
      log_f <- function(u) dgamma(u, 1 / theta, 1 / theta, log = TRUE) + dead * log(u) - u * expected
      peak <- log_f(mode)
      value <- integrate(function(u) exp(log_f(u) - peak), 0, mode * 40, rel.tol = 1e-11,
                         subdivisions = 2000)$value
      total <- total + peak + log(value) + sum(c$dead[rows] * log(mu[rows]))
    }
    total
  }
  start <- c(rep(log(sum(c$dead) / sum(c$spent)), length(ids)), 0, log(0.1))
  fit <- optim(start, function(p) -loglik(p), method = "BFGS",
               control = list(maxit = 2000, reltol = 1e-14))
  list(coef = fit$par[length(ids) + 1], theta = exp(fit$par[length(fit$par)]), loglik = -fit$value)
}

rates <- function(side) {
  p <- side$patients
  d <- data.frame(study = unlist(p$study), time = unlist(p$time), event = unlist(p$event))
  one <- aggregate(list(events = d$event, months = d$time), list(study = d$study), sum)
  if (nrow(one) < 3) return(NULL)
  yi <- log(one$events / one$months); vi <- 1 / one$events
  fit <- rma(yi, vi, method = "REML", test = "adhoc", control = list(threshold = 1e-13, maxiter = 10000))
  list(estimate = unname(fit$b[1]), low = fit$ci.lb, high = fit$ci.ub, tau2 = fit$tau2, i2 = fit$I2 / 100)
}

answers <- lapply(pools, function(pool) {
  n <- length(pool$sides)
  pairs <- list()
  for (a in seq_len(n - 1)) for (b in (a + 1):n) {
    d <- table_of(pool$sides, c(a, b))
    if (is.null(d) || length(unique(d$group)) < 2) next
    cohorts <- tapply(d$study, d$group, function(s) length(unique(s)))
    one <- list(first = pool$sides[[a]]$side, second = pool$sides[[b]]$side, naive = naive(d))
    if (min(cohorts) >= 4) {
      one$frailty <- frailty_cox(d)
      one$gamma_poisson <- gamma_poisson(d)
    }
    pairs[[length(pairs) + 1]] <- one
  }
  sides <- lapply(pool$sides, function(side)
    list(side = side$side, rates = if (length(side$patients$time)) rates(side)))
  list(comparison = pool$comparison, outcome = pool$outcome, class = pool$class,
       pairs = pairs, sides = sides)
})
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")),
            metafor = as.character(packageVersion("metafor")), cuts = cuts[is.finite(cuts)],
            calls = c("coxph(Surv(time, event) ~ group, ties = 'efron')",
                      "coxph(Surv(time, event) ~ group + frailty(study, distribution = 'gamma', sparse = FALSE))",
                      "optim of the Poisson likelihood, study effect integrated by integrate()",
                      "rma(log(events / months), 1 / events, method = 'REML', test = 'adhoc')"),
            pools = answers)
write(toJSON(out, auto_unbox = TRUE, digits = 12, null = "null", na = "null"),
      "tests/reference/review.json")
