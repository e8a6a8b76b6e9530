# Reference values for tests/unit/test_two_by_two.py.
# Run from the project's root: Rscript tests/reference/make_two_by_two.R
# Tables: the toxicity table of Bhatia 2024 (re-SRS against Cs-131), Fisher's tea-tasting lady,
# and draws that hold an empty cell, an empty row of events and large counts.
suppressMessages(library(jsonlite))

tables <- list(
  steroids = c(22, 43, 3, 12), neurotoxicity = c(11, 43, 1, 12), imaging = c(14, 43, 2, 12),
  necrosis = c(4, 43, 0, 12), progression = c(2, 43, 2, 12), tea = c(3, 4, 1, 4),
  none = c(0, 20, 0, 15), all = c(20, 20, 15, 15), one_side = c(0, 9, 7, 11),
  large = c(143, 900, 96, 870))
fisher <- lapply(tables, function(x) {
  fit <- fisher.test(matrix(c(x[1], x[2] - x[1], x[3], x[4] - x[3]), 2))
  list(counts = x, p = fit$p.value, odds_ratio = unname(fit$estimate),
       low = fit$conf.int[1], high = fit$conf.int[2])
})
wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int)
difference <- lapply(list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(22, 43, 3, 12)), function(x) {
  first <- c(x[1] / x[2], wilson(x[1], x[2])); second <- c(x[3] / x[4], wilson(x[3], x[4]))
  value <- first[1] - second[1]
  list(counts = x, first = first, second = second, value = value,
       low = value - sqrt((first[1] - first[2])^2 + (second[3] - second[1])^2),
       high = value + sqrt((first[3] - first[1])^2 + (second[1] - second[2])^2))
})
write_json(list(
  made_by = "Rscript tests/reference/make_two_by_two.R",
  versions = list(R = paste(R.version$major, R.version$minor, sep = ".")),
  calls = list(
    fisher = "fisher.test(matrix(c(x1, n1 - x1, x2, n2 - x2), 2))",
    difference = "prop.test(x, n, correct = FALSE)$conf.int; limits by Newcombe 1998, method 10"),
  fisher = fisher, difference = difference),
  "tests/reference/two_by_two.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
