# Reference values for tests/unit/test_harms.py: a pooled proportion without each study in turn.
# Run from the project's root: Rscript tests/reference/make_leave_one_out.R
# Counts: necrosis without viable tumour among resected lesions, by lesion, as in the records
# jagannathan-2010, mitsuya-2020, truong-2006, vecil-2005, bhatia-2024. metafor's leave1out() takes
# no rma.glmm: the model is fitted again for each.
suppressMessages({library(metafor); library(lme4); library(jsonlite)})
study <- c("jagannathan-2010", "mitsuya-2020", "truong-2006", "vecil-2005", "bhatia-2024")
x <- c(5L, 7L, 4L, 6L, 27L)
n <- c(15L, 54L, 32L, 74L, 82L)
control <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
                        check.conv.singular = "ignore")
without <- function(i) {
  keep <- seq_along(x) != i
  fit <- rma.glmm(measure = "PLO", xi = x[keep], ni = n[keep], nAGQ = 7, test = "t")
  at <- predict(fit, transf = transf.ilogit)
  d <- data.frame(x = x[keep], n = n[keep], study = study[keep])
  exact <- glmer(cbind(x, n - x) ~ 1 + (1 | study), data = d, family = binomial, nAGQ = 25,
                 control = control)
  list(left_out = if (i > 0) study[i] else "none", proportion = at$pred, low = at$ci.lb,
       high = at$ci.ub, tau2 = fit$tau2, glmer_mu = unname(fixef(exact)),
       glmer_tau2 = VarCorr(exact)$study[1])
}
version <- function(name) as.character(packageVersion(name))
out <- list(r = R.version.string, metafor = version("metafor"), lme4 = version("lme4"),
  calls = c('rma.glmm(measure = "PLO", xi = x[-i], ni = n[-i], nAGQ = 7, test = "t")',
            paste('glmer(cbind(x, n - x) ~ 1 + (1 | study), family = binomial, nAGQ = 25,',
                  'control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))')),
  studies = study, events = x, totals = n, without = lapply(0:5, without))
write(toJSON(out, auto_unbox = TRUE, digits = 12), "tests/reference/leave_one_out.json")
