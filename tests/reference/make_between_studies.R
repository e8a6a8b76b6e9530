# Reference values for tests/unit/test_between_studies.py and tests/unit/test_shared_frailty.py.
# Run from the project's root: Rscript tests/reference/make_between_studies.R
# Data sets are those of R's survival package and draws under a fixed seed.
library(survival)
library(MASS)
library(numDeriv)
library(jsonlite)

control <- coxph.control(eps = 1e-11, outer.max = 100, iter.max = 100)

# ---- data -----------------------------------------------------------------------------------

whole <- function(time, event, group, cluster) {
  keep <- complete.cases(time, event, group, cluster)
  data.frame(time = time[keep], event = as.integer(event[keep]), group = as.integer(group[keep]),
             cluster = as.integer(factor(cluster[keep])))
}

cohorts <- function(seed, k0, k1, variance, log_hr, shape = 1) {
  set.seed(seed)
  n <- sample(15:45, k0 + k1, replace = TRUE)
  cluster <- rep(seq_along(n), n)
  group <- as.integer(cluster > k0)
  effect <- if (variance > 0) rgamma(k0 + k1, 1 / variance, 1 / variance) else rep(1, k0 + k1)
  dies <- (rexp(sum(n)) / (log(2) / 10^shape * effect[cluster] * exp(log_hr * group)))^(1 / shape)
  ends <- runif(sum(n), 6, 48)
  # A tenth of a month, so that deaths tie.
  time <- pmax(round(pmin(dies, ends), 1), 0.1)
  whole(time, as.integer(dies <= ends), group, cluster)
}

sets <- list(
  cohorts_4_4 = cohorts(1, 4, 4, 0.3, 0),
  cohorts_6_8 = cohorts(2, 6, 8, 0.2, -0.4, shape = 1.4),
  cohorts_boundary = cohorts(9, 5, 5, 0, -0.4),
  lung_institution = with(lung, whole(time / 30.4375, status - 1, sex - 1, inst)),
  rats_litter = with(rats[rats$sex == "f", ], whole(time, status, rx, litter)),
  kidney_patient = with(kidney, whole(time / 30.4375, status, sex - 1, id)),
  retinopathy_patient = with(retinopathy, whole(futime, status, trt, id))
)
cuts <- list(rats_litter = c(0, 70, 90))
cuts_of <- function(name) if (is.null(cuts[[name]])) c(0, 6, 12, 24) else cuts[[name]]

# ---- gamma-Poisson --------------------------------------------------------------------------

# survSplit counts a death at a cut in the interval that ends there, as the library does.
rates <- function(d, cuts) {
  if (length(cuts) > 1) d <- survSplit(Surv(time, event) ~ ., d, cut = cuts[-1], episode = "interval")
  else { d$tstart <- 0; d$interval <- 1 }
  d$exposure <- d$time - d$tstart
  r <- aggregate(cbind(event, exposure) ~ cluster + group + interval, d, sum)
  r$interval <- factor(r$interval)
  r
}

prepare <- function(name) {
  r <- rates(sets[[name]], cuts_of(name))
  x <- if (nlevels(r$interval) > 1) model.matrix(~ interval - 1, r) else rep(1, nrow(r))
  ids <- unique(r$cluster)
  list(x = unname(cbind(x, r$group)), events = r$event, exposure = r$exposure,
       members = t(sapply(ids, function(i) as.numeric(r$cluster == i))),
       deaths = sapply(ids, function(i) sum(r$event[r$cluster == i])))
}

closed_form <- function(p, theta, d) {
  eta <- drop(d$x %*% p)
  m <- drop(d$members %*% (d$exposure * exp(eta)))
  if (theta == 0) return(sum(d$events * eta) - sum(m))
  nu <- 1 / theta
  sum(d$events * eta) +
    sum(lgamma(d$deaths + nu) - lgamma(nu) + nu * log(nu) - (d$deaths + nu) * log(nu + m))
}

# The same by quadrature over each cluster's effect on the log scale, where it is bell-shaped.
by_integration <- function(p, theta, d) {
  eta <- drop(d$x %*% p)
  nu <- 1 / theta
  mean <- drop(d$members %*% (d$exposure * exp(eta)))
  sum(d$events * eta) + sum(mapply(function(deaths, m) {
    log_joint <- function(w) deaths * w - m * exp(w) + dgamma(exp(w), nu, nu, log = TRUE) + w
    top <- optimize(log_joint, c(-12, 6), maximum = TRUE, tol = 1e-9)
    width <- 1 / sqrt(-hessian(log_joint, top$maximum))[1]
    area <- integrate(function(w) exp(log_joint(w) - top$objective),
                      top$maximum - 12 * width, top$maximum + 8 * width,
                      rel.tol = 1e-11, subdivisions = 2000)
    top$objective + log(area$value)
  }, d$deaths, mean))
}

# Coefficients at a theta: BFGS, then Newton steps, numerical derivatives of the closed form.
at_theta <- function(theta, d, start, fixed = NULL) {
  value <- function(p) closed_form(c(p, fixed), theta, d)
  p <- if (is.null(fixed)) start else start[-length(start)]
  p <- optim(p, value, method = "BFGS", control = list(fnscale = -1, reltol = 1e-10))$par
  for (i in 1:3) p <- p - solve(hessian(value, p), grad(value, p))
  list(p = p, value = value(p), information = -hessian(value, p))
}

plain <- function(fit) fit$value
adjusted <- function(fit) fit$value - determinant(fit$information)$modulus[1] / 2

# Theta at the top: a search, then the root of the numerical derivative near what it found.
# Theta = 0 where no theta above it is higher: clusters spread no more than chance.
theta_by <- function(goal, d, start) {
  f <- function(s) goal(at_theta(exp(s), d, start))
  top <- optimize(f, c(log(1e-4), log(20)), maximum = TRUE, tol = 1e-3)
  if (top$objective < goal(at_theta(0, d, start)) + 1e-7) return(0)
  exp(uniroot(function(s) grad(f, s, method.args = list(d = 0.01)), top$maximum + c(-0.1, 0.1), extendInt = "downX",
              tol = 1e-9)$root)
}

summarise <- function(theta, d, start) {
  fit <- at_theta(theta, d, start)
  k <- length(fit$p)
  m <- drop(d$members %*% (d$exposure * exp(drop(d$x %*% fit$p))))
  list(theta = theta, coef = fit$p[k], log_rates = fit$p[-k],
       se = sqrt(solve(fit$information)[k, k]), log_likelihood = fit$value,
       dispersion = sum((d$deaths - m)^2 / (m * (1 + theta * m))) / (length(m) - 2))
}

# Over theta by search: the deviance is flat there, so that its own error is of second order.
profile_limits <- function(top, d, start) {
  deviance <- function(b) {
    f <- function(s) at_theta(exp(s), d, start, b)$value
    inner <- optimize(f, c(log(1e-4), log(20)), maximum = TRUE, tol = 1e-5)$objective
    2 * (top$log_likelihood - max(inner, at_theta(0, d, start, b)$value))
  }
  limit <- function(side, q) uniroot(function(b) deviance(b) - q,
    top$coef + side * top$se * c(1, 4), extendInt = "yes", tol = 1e-8)$root
  squared_t <- qt(0.975, length(d$deaths) - 2)^2
  list(chi_square = c(limit(-1, qchisq(0.95, 1)), limit(1, qchisq(0.95, 1))),
       t = c(limit(-1, squared_t), limit(1, squared_t)))
}

gamma_poisson <- function(name) {
  d <- prepare(name)
  poisson <- glm(d$events ~ d$x - 1 + offset(log(d$exposure)), family = "poisson",
                 epsilon = 1e-13)
  start <- unname(coef(poisson))
  k <- length(start)
  ml <- summarise(theta_by(plain, d, start), d, start)
  cr <- summarise(theta_by(adjusted, d, start), d, start)
  p <- c(ml$log_rates, ml$coef)
  list(cuts = cuts_of(name), rows = length(d$events), events = sum(d$events),
       exposure = sum(d$exposure),
       poisson = list(coef = start[k], se = unname(sqrt(diag(vcov(poisson)))[k]),
                      log_likelihood = closed_form(start, 0, d)),
       ml = ml, cox_reid = cr, profile = profile_limits(ml, d, start),
       integrated = lapply(c(0.1, 0.5), function(theta) {
         list(theta = theta, by_integration = by_integration(p, theta, d),
              closed_form = closed_form(p, theta, d))
       }))
}

# One interval and one group to a cluster: events are negative binomial.
negative_binomial <- function(name) {
  r <- rates(sets[[name]], 0)
  fit <- glm.nb(event ~ group + offset(log(exposure)), data = r,
                control = glm.control(epsilon = 1e-13, maxit = 200))
  list(set = name, coef = unname(coef(fit)[2]), theta = 1 / fit$theta)
}

# ---- Cox with shared gamma frailty ------------------------------------------------------------

frailty_fit <- function(d, theta, covariates = "group") {
  term <- if (is.null(theta)) 'frailty(cluster, distribution = "gamma", eps = 1e-12, sparse = FALSE)'
    else sprintf('frailty(cluster, distribution = "gamma", theta = %s, sparse = FALSE)', theta)
  fit <- coxph(as.formula(paste("Surv(time, event) ~", covariates, "+", term)), d,
               ties = "efron", control = control)
  p <- length(strsplit(covariates, "[+]")[[1]])
  list(coef = unname(coef(fit)[1:p]), se = unname(sqrt(diag(fit$var)))[1:p],
       theta = if (is.null(theta)) fit$history[[1]]$theta else theta,
       frailties = unname(exp(coef(fit)[-(1:p)])),
       log_likelihood = fit$history[[1]]$c.loglik)
}

shared_frailty <- function(name) {
  d <- sets[[name]]
  list(fixed = lapply(c(0.1, 0.5, 2), function(theta) frailty_fit(d, theta)),
       estimated = frailty_fit(d, NULL),
       sparse_se = local({
         fit <- coxph(Surv(time, event) ~ group + frailty(cluster, theta = 0.5), d, control = control)
         sqrt(fit$var[1, 1])
       }))
}

covariates <- local({
  d <- with(lung, data.frame(time = time, event = status - 1, cluster = inst, age = age,
                             sex = sex, ecog = ph.ecog))
  d <- d[complete.cases(d), ]
  list(data = as.list(d), fixed = frailty_fit(d, 0.2, "age+sex+ecog"),
       estimated = frailty_fit(d, NULL, "age+sex+ecog"))
})

calls <- c(
  "survSplit(Surv(time, event) ~ ., d, cut = cuts[-1])",
  "glm(event ~ x - 1 + offset(log(exposure)), family = 'poisson', epsilon = 1e-13)",
  "optim and numDeriv on the closed form; optimize over log(theta); uniroot for profile limits",
  "integrate(rel.tol = 1e-11) over each cluster's effect",
  "MASS::glm.nb(event ~ group + offset(log(exposure)))",
  paste("coxph(Surv(time, event) ~ group + frailty(cluster, distribution = 'gamma', sparse = FALSE,",
        "theta | eps = 1e-12), ties = 'efron',",
        "control = coxph.control(eps = 1e-11, outer.max = 100, iter.max = 100))"))
versions <- sapply(c("survival", "MASS", "numDeriv"), function(p) as.character(packageVersion(p)))
out <- list(
  r = R.version.string, versions = as.list(versions), calls = calls,
  sets = lapply(setNames(names(sets), names(sets)), function(name) {
    message(name)
    list(data = as.list(sets[[name]]),
         gamma_poisson = if (name != "retinopathy_patient") gamma_poisson(name),
         shared_frailty = shared_frailty(name))
  }),
  negative_binomial = lapply(c("cohorts_4_4", "cohorts_6_8"), negative_binomial),
  lung_covariates = covariates)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null", null = "null"),
      "tests/reference/between_studies.json")
