# Reference values for tests/unit/test_screening.py.
# Run from the project's root: Rscript tests/reference/make_kappa.R
# Base R has no kappa with an interval. Kappa is written as a function of the cells' shares, and its
# standard error is the delta method of the multinomial with a numerical gradient: another road than
# the closed form of Fleiss, Cohen and Everitt (1969) that the library takes.
suppressMessages(library(jsonlite))

kappa <- function(p) { p <- p / sum(p)
  chance <- sum(rowSums(p) * colSums(p)); (sum(diag(p)) - chance) / (1 - chance) }
standard_error <- function(x, h = 1e-6) {
  p <- x / sum(x); gradient <- p
  for (i in seq_along(p)) { up <- p; down <- p; up[i] <- p[i] + h; down[i] <- p[i] - h
    gradient[i] <- (kappa(up) - kappa(down)) / (2 * h) }
  sqrt((sum(p * gradient^2) - sum(p * gradient)^2) / sum(x)) }

set.seed(6)
tables <- list(
  fleiss1981 = matrix(c(75, 5, 0, 1, 4, 0, 4, 1, 10), 3),
  mostly_excluded = matrix(c(31, 2, 3, 4, 250, 1, 2, 5, 6), 3),
  without_unsure = matrix(c(12, 3, 0, 4, 41, 0, 0, 0, 0), 3),
  against_each_other = matrix(c(2, 9, 1, 11, 3, 0, 1, 2, 1), 3),
  drawn = matrix(rpois(9, 8), 3))
sets <- lapply(tables, function(x) list(table = x, kappa = kappa(x), standard_error = standard_error(x)))
made <- list(R = as.character(getRversion()), call = "kappa(x), standard_error(x) of make_kappa.R",
  sets = sets)
write(toJSON(made, digits = 10, auto_unbox = TRUE, pretty = TRUE), "tests/reference/kappa.json")
