# Kaplan-Meier figures of public data as R draws them, and the curves they show.
# From the project's folder: Rscript tests/reference/make_figures.R
# Data: aml and lung of the package survival (public; none concern brain metastases).
library(survival)
library(jsonlite)

folder <- "tests/reference/figures"
months <- 365.25 / 12
lung$months <- lung$time / months
lung$dead <- lung$status - 1

aml_fit <- survfit(Surv(time, status) ~ x, data = aml)
lung_fit <- survfit(Surv(months, dead) ~ sex, data = lung)
one_fit <- survfit(Surv(months, dead) ~ 1, data = lung)

# svg() and pdf() write no time into what is kept: pdf's dates are set to a fixed day below.
draw <- function(name, plot_it) {
  svg(file.path(folder, paste0(name, ".svg")), width = 6, height = 4.5)
  plot_it()
  dev.off()
  path <- file.path(folder, paste0(name, ".pdf"))
  pdf(path, width = 6, height = 4.5, compress = FALSE)
  plot_it()
  dev.off()
  lines <- readLines(path, encoding = "latin1")
  lines <- sub("D:[0-9]{14}", "D:20000101000000", lines)
  writeLines(lines, path, useBytes = TRUE)
}

draw("aml-colours", function() {
  plot(aml_fit, col = c("#0072B2", "#D55E00"), lwd = 2, mark.time = TRUE,
       xlab = "Weeks", ylab = "Free of relapse")
  legend("topright", names(aml_fit$strata), col = c("#0072B2", "#D55E00"), lty = 1, lwd = 2)
})
draw("lung-dashes", function() {
  plot(lung_fit, lty = 1:2, mark.time = FALSE, xlab = "Months", ylab = "Survival")
  legend("topright", names(lung_fit$strata), lty = 1:2)
})
draw("lung-limits", function() {
  plot(lung_fit, conf.int = TRUE, col = c("black", "red"), mark.time = TRUE,
       xaxt = "n", xlab = "Months", ylab = "Survival")
  axis(1, at = seq(0, 36, 6))
})
draw("lung-one", function() {
  plot(one_fit, mark.time = TRUE, yscale = 100, xlab = "Months", ylab = "Survival, %")
  abline(h = 0.5, lty = 3)
  grid()
})

curve_of <- function(fit, stratum) {
  rows <- if (is.null(stratum)) seq_along(fit$time) else {
    last <- cumsum(fit$strata)
    seq(c(0, last)[stratum] + 1, last[stratum])
  }
  at <- fit$n.event[rows] > 0
  list(drop_times = I(fit$time[rows][at]), survival = I(fit$surv[rows][at]),
       censored = I(fit$time[rows][fit$n.censor[rows] > 0]), end = max(fit$time[rows]))
}
truth <- list(
  r = R.version.string, survival = as.character(packageVersion("survival")),
  `aml-colours` = lapply(1:2, function(k) curve_of(aml_fit, k)),
  `lung-dashes` = lapply(1:2, function(k) curve_of(lung_fit, k)),
  `lung-limits` = lapply(1:2, function(k) curve_of(lung_fit, k)),
  `lung-one` = list(curve_of(one_fit, NULL))
)
write_json(truth, file.path(folder, "curves.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
