# Reference values for tests/unit/test_summary_curve.py.
# Run from the project's root: Rscript tests/reference/make_summary_curve.R
# Three references: metaSurvival 0.1.0's msurv (where CRAN is not reachable, name a file with its
# source text, R/msurv.R of the package, in METASURVIVAL_SOURCE); the same method written here
# without metaSurvival's stand-ins for missing values; and metafor for a single time.
# lung is of R's survival package, by institution; the other studies are synthetic.
suppressPackageStartupMessages({library(survival); library(metafor); library(jsonlite)})
if (requireNamespace("metaSurvival", quietly = TRUE)) {
  msurv <- metaSurvival::msurv
} else {
  source(Sys.getenv("METASURVIVAL_SOURCE"))
}

# Rows of one study: Kaplan-Meier survival at the times, number at risk after the time before.
rows <- function(study, time, event, times) {
  fit <- summary(survfit(Surv(time, event) ~ 1), times = times[times <= max(time)])
  before <- c(0, head(fit$time, -1))
  n <- sapply(before, function(t) if (t == 0) length(time) else sum(time > t))
  keep <- n > 0
  data.frame(study = study, time = fit$time, survival = round(fit$surv, 4), n = n)[keep, ]
}

# The estimator without stand-ins: sums over the studies that know a time.
direct <- function(table) {
  times <- sort(unique(table$time)); studies <- sort(unique(table$study))
  y <- v <- matrix(NA, length(studies), length(times))
  for (i in seq_along(studies)) {
    s <- table[table$study == studies[i], ]
    p <- s$survival / c(1, head(s$survival, -1))
    at <- match(s$time, times)
    y[i, at] <- asin(sqrt((s$n * p + 0.25) / (s$n + 0.5)))
    v[i, at] <- 1 / (4 * (s$n + 0.5))
  }
  m <- length(times); known <- !is.na(y); between <- matrix(0, m, m)
  for (i in 1:m) for (j in 1:m) {
    k <- known[, i] & known[, j]
    w <- 1 / sqrt(v[k, i] * v[k, j])
    a <- y[k, i] - weighted.mean(y[k, i], w); b <- y[k, j] - weighted.mean(y[k, j], w)
    between[i, j] <- (sum(w * a * b) - (i == j) * (sum(k) - 1)) / (sum(w) - sum(w^2) / sum(w))
  }
  e <- eigen(between, symmetric = TRUE)
  between <- e$vectors %*% diag(pmax(e$values, 0), m) %*% t(e$vectors)
  pooled <- function(between) {
    information <- matrix(0, m, m); score <- rep(0, m)
    for (i in seq_along(studies)) {
      k <- which(known[i, ])
      w <- solve(between[k, k, drop = FALSE] + diag(v[i, k], length(k)))
      information[k, k] <- information[k, k] + w
      score[k] <- score[k] + w %*% y[i, k]
    }
    covariance <- solve(information); angle <- drop(covariance %*% score)
    survival <- cumprod(sin(angle)^2)
    slope <- lower.tri(covariance, diag = TRUE) %*% diag(2 / tan(angle), m)
    se_log <- sqrt(diag(slope %*% covariance %*% t(slope)))
    # Area to the last time by trapezoids, and its delta-method standard error.
    widths <- diff(c(0, times))
    weight <- (widths + c(widths[-1], 0)) / 2
    gradient <- drop((weight * survival) %*% slope)
    list(angle = angle, survival = survival, se_log = se_log,
         area = sum(weight * survival) + widths[1] / 2,
         area_se = sqrt(drop(gradient %*% covariance %*% gradient)))
  }
  common <- pooled(matrix(0, m, m))
  q <- sum((y - rep(common$angle, each = length(studies)))^2 / v, na.rm = TRUE)
  list(between = between, random = pooled(between), common = common, q = q,
       q_df = sum(known) - m)
}

one <- function(table) {
  table <- table[order(table$study, table$time), ]
  set.seed(1)
  theirs <- msurv(table$study, table$time, table$n, table$survival, confidence = "Greenwood")
  list(table = as.list(table), direct = direct(table),
       metasurvival = list(fixed = unname(theirs$summary.fixed[, 2:4]),
                           random = unname(theirs$summary.random[, 2:4]),
                           median_fixed = unname(theirs$median.fixed[1]),
                           median_random = unname(theirs$median.random[1]),
                           mean_fixed = unname(theirs$mean.fixed[1]),
                           mean_random = unname(theirs$mean.random[1]),
                           q = theirs$heterogeneity[1], h2 = theirs$heterogeneity[2]))
}

draw <- function(seed, k, times, spread, median = 10, censored = c(6, 48)) {
  set.seed(seed)
  do.call(rbind, lapply(seq_len(k), function(i) {
    n <- sample(15:60, 1)
    death <- rexp(n, log(2) / median * exp(rnorm(1, 0, spread)))
    end <- runif(n, censored[1], censored[2])
    rows(i, pmin(death, end), death <= end, times)
  }))
}

single <- function(table) {
  angles <- escalc(measure = "PAS", xi = n * survival + 0.25, ni = n + 0.5, data = table)
  fits <- lapply(c("z", "knha", "adhoc"), function(test) {
    rma(yi, vi, data = angles, method = "DL", test = test)
  })
  list(table = as.list(table), angle = unname(fits[[1]]$b[1]), tau2 = fits[[1]]$tau2,
       se = sapply(fits, function(f) f$se), q = fits[[1]]$QE,
       common_se = rma(yi, vi, data = angles, method = "FE")$se,
       common_angle = unname(rma(yi, vi, data = angles, method = "FE")$b[1]))
}

centres <- lung[!is.na(lung$inst), ]
centres <- centres[centres$inst %in% names(which(table(centres$inst) >= 12)), ]
by_centre <- do.call(rbind, lapply(split(centres, centres$inst), function(d) {
  rows(d$inst[1], d$time / 30.4375, d$status == 2, c(3, 6, 9, 12))
}))
leaving <- draw(3, 12, c(3, 6, 9, 12, 18, 24), 0.4)

sets <- list(
  lung_by_institution = one(by_centre),
  eight_studies_four_times = one(draw(1, 8, c(3, 6, 9, 12), 0.5, censored = c(13, 60))),
  alike_studies = one(draw(2, 10, c(6, 12, 18), 0)),
  studies_leave = one(leaving),
  twenty_studies = one(draw(4, 20, c(1, 2, 3, 6, 9, 12, 18, 24, 36), 0.55, censored = c(3, 60))),
  more_times_than_studies = one(draw(5, 5, c(3, 6, 9, 12, 15, 18), 0.6, censored = c(20, 60)))
)
singles <- lapply(1:6, function(i) {
  single(draw(10 + i, c(2, 3, 4, 6, 10, 20)[i], 12, c(0.6, 0, 0.3, 0.5, 0.7, 0.3)[i],
              censored = c(12.5, 40)))
})
calls <- c("metaSurvival::msurv(study, time, n, survival, confidence = 'Greenwood')",
           "escalc(measure = 'PAS', xi = n * survival + 0.25, ni = n + 0.5)",
           "rma(yi, vi, method = 'DL', test = 'z', 'knha' or 'adhoc'); method = 'FE'")
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")),
            metafor = as.character(packageVersion("metafor")), metasurvival = "0.1.0",
            calls = calls, sets = sets, singles = singles)
write(toJSON(out, auto_unbox = TRUE, digits = 13, na = "null"),
      "tests/reference/summary_curve.json")
