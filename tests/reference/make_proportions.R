# Reference values for tests/unit/test_proportions.py and tests/unit/test_imputations.py.
# Run from the project's root: Rscript tests/reference/make_proportions.R
# mice and mitools are needed unpacked only (environment variable R_LIBS): of each the
# functions of its lazy-load file are called, without its dependencies.
# Data: metadat's sets of proportions, and sparse draws under fixed seeds.
suppressMessages({library(metafor); library(metadat); library(lme4); library(jsonlite)})

pick <- function(d, x, n) { keep <- complete.cases(d[[x]], d[[n]]) & d[[n]] > 0
  list(x = as.integer(d[[x]][keep]), n = as.integer(d[[n]][keep])) }
draw <- function(seed, k, p, tau, sizes = 15:60) {
  set.seed(seed); n <- sample(sizes, k, replace = TRUE)
  list(x = rbinom(k, n, plogis(qlogis(p) + tau * rnorm(k))), n = n) }

ax <- dat.axfors2021; ax <- ax[ax$hcq_arm_total > 0, ]
sets <- list(
  pritz1997 = pick(dat.pritz1997, "xi", "ni"),
  debruin2009 = pick(dat.debruin2009, "xi", "ni"),
  hannum2020 = pick(dat.hannum2020, "xi", "ni"),
  nielweise2007_treated = pick(dat.nielweise2007, "ai", "n1i"),
  nielweise2007_control = pick(dat.nielweise2007, "ci", "n2i"),
  axfors2021_control = pick(ax, "control_arm_event", "control_arm_total"),
  bcg_control = list(x = as.integer(dat.bcg$cpos), n = as.integer(dat.bcg$cpos + dat.bcg$cneg)),
  collins1985b_control = pick(dat.collins1985b, "pre.xci", "pre.nci"),
  yusuf1985_table6_control = pick(dat.yusuf1985[dat.yusuf1985$table == "6", ], "ci", "n2i"),
  hine1989_control = pick(dat.hine1989, "ci", "n2i"),
  draw_rare_8 = draw(1, 8, 0.05, 0.8),
  draw_rare_5 = draw(2, 5, 0.10, 0.5),
  draw_frequent_6 = draw(3, 6, 0.85, 1.0),
  draw_small_10 = draw(4, 10, 0.20, 1.2, 3:12),
  draw_homogeneous_7 = draw(9, 7, 0.30, 0.0),
  draw_four = draw(6, 4, 0.15, 1.0)
)

control <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
                        check.conv.singular = "ignore")
by_glmer <- function(x, n, nodes) {
  d <- data.frame(x = x, n = n, study = seq_along(x))
  fit <- glmer(cbind(x, n - x) ~ 1 + (1 | study), data = d, family = binomial, nAGQ = nodes,
               control = control)
  list(mu = unname(fixef(fit)), se = sqrt(vcov(fit)[1, 1]), tau2 = VarCorr(fit)$study[1])
}
by_metafor <- function(x, n, nodes) {
  fit <- rma.glmm(measure = "PLO", xi = x, ni = n, nAGQ = nodes, test = "t")
  at <- predict(fit, transf = transf.ilogit)
  list(mu = fit$beta[1], se = fit$se, tau2 = fit$tau2, low = at$ci.lb, high = at$ci.ub,
       prediction_low = at$pi.lb, prediction_high = at$pi.ub)
}
# The likelihood integrated by R's integrate() around each study's mode: no fixed nodes at all.
by_integrate <- function(x, n, start) {
  minus <- function(theta) -sum(mapply(function(xi, ni) {
    log_joint <- function(z) dbinom(xi, ni, plogis(theta[1] + theta[2] * z), log = TRUE) +
      dnorm(z, log = TRUE)
    mode <- optimize(log_joint, c(-12, 12), maximum = TRUE, tol = 1e-10)
    f <- function(z) exp(log_joint(z) - mode$objective)
    parts <- mode$maximum + c(-12, -1, 0, 1, 12)
    area <- sum(sapply(1:4, function(i) integrate(f, parts[i], parts[i + 1], rel.tol = 1e-12,
                                                  subdivisions = 2000)$value))
    mode$objective + log(area)
  }, x, n))
  fit <- nlminb(start, minus, lower = c(-20, 0),
                control = list(rel.tol = 1e-15, x.tol = 1e-10, eval.max = 1e4, iter.max = 1e4))
  list(mu = fit$par[1], tau2 = fit$par[2]^2, log_likelihood = -fit$objective)
}

one <- function(set) {
  m7 <- suppressWarnings(by_metafor(set$x, set$n, 7))
  g25 <- suppressWarnings(by_glmer(set$x, set$n, 25))
  list(events = set$x, totals = set$n, metafor_7 = m7, glmer_25 = g25,
       integrated = by_integrate(set$x, set$n, c(g25$mu, max(sqrt(g25$tau2), 0.01))))
}
results <- lapply(names(sets), function(name) { cat(name, "\n"); one(sets[[name]]) })
names(results) <- names(sets)

exact <- lapply(list(c(0, 10), c(10, 10), c(5, 31), c(1, 1), c(0, 1), c(28, 107), c(3, 1000)),
  function(v) { ci <- binom.test(v[1], v[2])$conf.int
    ci99 <- binom.test(v[1], v[2], conf.level = 0.99)$conf.int
    list(events = v[1], total = v[2], low = ci[1], high = ci[2], low99 = ci99[1], high99 = ci99[2]) })

# Rubin's rules: mice's pool.scalar, mitools' MIcombine, and the formulas written out.
mice <- new.env(); lazyLoad(file.path(find.package("mice"), "R", "mice"), mice)
mitools <- new.env(); lazyLoad(file.path(find.package("mitools"), "R", "mitools"), mitools)
environment(mice$pool.scalar) <- list2env(list(barnard.rubin = mice$barnard.rubin))
written_out <- function(q, u, nu) {
  m <- length(q); b <- var(q); w <- mean(u); total <- w + (1 + 1 / m) * b
  lambda <- (1 + 1 / m) * b / total
  old <- (m - 1) / lambda^2
  observed <- (nu + 1) / (nu + 3) * nu * (1 - lambda)
  df <- if (is.infinite(nu)) old else 1 / (1 / old + 1 / observed)
  r <- (1 + 1 / m) * b / w
  list(estimate = mean(q), within = w, between = b, total = total, df = df,
       fmi = (r + 2 / (df + 3)) / (1 + r),
       low = mean(q) - qt(0.975, df) * sqrt(total), high = mean(q) + qt(0.975, df) * sqrt(total))
}
set.seed(12)
inputs <- list(
  five = list(q = c(0.42, 0.35, 0.51, 0.46, 0.38), u = c(0.040, 0.038, 0.045, 0.041, 0.039)),
  two = list(q = c(-1.2, -0.7), u = c(0.09, 0.12)),
  fifty = list(q = rnorm(50, -0.4, 0.2), u = rchisq(50, 20) / 200),
  mostly_between = list(q = c(1, 3, 2, 5), u = c(0.01, 0.02, 0.01, 0.02))
)
rubin <- lapply(inputs, function(s) {
  lapply(list(infinite = Inf, df_12 = 12, df_40 = 40), function(nu) {
    pooled <- mice$pool.scalar(s$q, s$u, n = nu + 1, k = 1)
    by_mitools <- if (is.infinite(nu)) {
      got <- mitools$MIcombine.default(as.list(s$q), as.list(s$u)); list(df = got$df, variance = c(got$variance))
    }
    c(list(q = s$q, u = s$u, mice = pooled[c("qbar", "ubar", "b", "t", "df", "fmi")],
           mitools = by_mitools), written_out(s$q, s$u, nu))
  })
})

calls <- c(
  'rma.glmm(measure = "PLO", xi = x, ni = n, nAGQ = 7, test = "t")',
  paste('glmer(cbind(x, n - x) ~ 1 + (1 | study), family = binomial, nAGQ = 25,',
        'control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))'),
  "nlminb() of the likelihood by integrate(rel.tol = 1e-12)",
  "binom.test(x, n)$conf.int", "mice::pool.scalar(q, u, n = df + 1, k = 1)",
  "mitools::MIcombine(q, u)")
version <- function(name) as.character(packageVersion(name))
out <- list(r = R.version.string, metafor = version("metafor"), metadat = version("metadat"),
            lme4 = version("lme4"), mice = version("mice"), mitools = version("mitools"),
            calls = calls, pools = results, exact = exact, rubin = rubin)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "tests/reference/proportions.json")
