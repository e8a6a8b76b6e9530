# Reference values for tests/unit/test_meta_analysis.py.
# Run from the project's root: Rscript tests/reference/make_meta_analysis.R
# Data sets are those of R's metadat package and three printed in papers. metafor's iterations
# are tightened to 1e-12 of the estimates' variance; its Q-profile and Paule-Mandel searches
# (tol = .Machine$double.eps^0.25 by default) to 1e-12.
suppressPackageStartupMessages({library(metafor); library(metadat); library(jsonlite)})

pair <- function(yi, vi) data.frame(yi = yi, vi = vi)
yusuf <- subset(dat.yusuf1985, table == "6" & ai + ci > 0)
axfors <- subset(dat.axfors2021, hcq_cq == "hcq" & hcq_arm_event + control_arm_event > 0)
clasp <- data.frame(n1i = c(156, 303, 565, 1570, 103, 4659), n2i = c(74, 303, 477, 1565, 105, 4650),
                    ai = c(5, 5, 12, 69, 9, 313), ci = c(8, 17, 9, 94, 11, 352))
normand <- within(dat.normand1999,
  sdpi <- sqrt(((n1i - 1) * sd1i^2 + (n2i - 1) * sd2i^2) / (n1i + n2i - 2)))
bcg <- escalc("RR", data = dat.bcg, ai = tpos, bi = tneg, ci = cpos, di = cneg)

sets <- list(
  anand1999 = escalc("OR", data = dat.anand1999, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  axfors2021 = escalc("OR", data = axfors, ai = hcq_arm_event, n1i = hcq_arm_total,
                      ci = control_arm_event, n2i = control_arm_total),
  bangertdrowns2004 = dat.bangertdrowns2004,
  baskerville2012 = pair(dat.baskerville2012$smd, dat.baskerville2012$se^2),
  bcg = bcg,
  bcg_first_two = bcg[1:2, ],
  bcg_first_three = bcg[1:3, ],
  begg1989 = dat.begg1989,
  berkey1998_pd = subset(dat.berkey1998, outcome == "PD"),
  bonett2010 = escalc("ARAW", data = dat.bonett2010, ai = ai, mi = mi, ni = ni),
  bourassa_like_cohen1981 = escalc("ZCOR", data = dat.cohen1981, ri = ri, ni = ni),
  cannon2006 = escalc("OR", data = dat.cannon2006, ai = ep1t, n1i = nt, ci = ep1c, n2i = nc),
  clasp = escalc("OR", data = clasp, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  colditz1994 = escalc("OR", data = dat.colditz1994, ai = tpos, bi = tneg, ci = cpos, di = cneg),
  collins1985a = escalc("OR", data = dat.collins1985a, ai = b.xti, n1i = nti, ci = b.xci, n2i = nci),
  collins1985b = escalc("OR", data = dat.collins1985b, ai = pre.xti, n1i = pre.nti,
                        ci = pre.xci, n2i = pre.nci),
  curtis1998_light = head(escalc("ROM", data = dat.curtis1998, m1i = m2i, sd1i = sd2i, n1i = n2i,
                                 m2i = m1i, sd2i = sd1i, n2i = n1i), 40),
  damico2009 = escalc("OR", data = dat.damico2009, ai = xt, n1i = nt, ci = xc, n2i = nc),
  debruin2009 = escalc("PLO", data = dat.debruin2009, xi = xi, ni = ni),
  dorn2007 = escalc("RR", data = dat.dorn2007, ai = x.a, n1i = n.a, ci = x.p, n2i = n.p),
  egger2001 = escalc("OR", data = dat.egger2001, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  gibson2002 = escalc("SMD", data = dat.gibson2002, m1i = m1i, sd1i = sd1i, n1i = n1i,
                      m2i = m2i, sd2i = sd2i, n2i = n2i),
  graves2010 = escalc("RR", data = dat.graves2010, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  hackshaw1998 = dat.hackshaw1998,
  hahn2001 = escalc("RR", data = dat.hahn2001, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  hannum2020 = escalc("PLO", data = dat.hannum2020, xi = xi, ni = ni),
  hart1999 = escalc("IRR", data = dat.hart1999, x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i),
  hine1989_percent = escalc("RD", data = dat.hine1989, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  kalaian1996_verbal = subset(dat.kalaian1996, outcome == "verbal"),
  konstantopoulos2011 = dat.konstantopoulos2011,
  landenberger2005 = escalc("OR", data = dat.landenberger2005, ai = n.cbt.non, bi = n.cbt.rec,
                            ci = n.ctrl.non, di = n.ctrl.rec),
  laopaiboon2015 = escalc("RR", data = dat.laopaiboon2015, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  lau1992 = escalc("OR", data = dat.lau1992, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  lee2004 = escalc("OR", data = dat.lee2004, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  li2007 = escalc("OR", data = dat.li2007, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  linde2005 = escalc("RR", data = dat.linde2005, ai = ai, n1i = n1i, ci = ci, n2i = n2i)[c(7:10, 13:25), ],
  mcdaniel1994_structured = head(escalc("ZCOR", data = subset(dat.mcdaniel1994, struct == "s"),
                                        ri = ri, ni = ni), 50),
  molloy2014 = escalc("ZCOR", data = dat.molloy2014, ri = ri, ni = ni),
  nakagawa2007 = escalc("ZCOR", data = dat.nakagawa2007, ri = Correlation, ni = SampleSize),
  nielweise2007 = escalc("OR", data = dat.nielweise2007, ai = ai, n1i = n1i, ci = ci, n2i = n2i),
  nielweise2008 = escalc("IRR", data = dat.nielweise2008, x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i),
  normand1999 = escalc("MD", data = normand, m1i = m1i, sd1i = sdpi, n1i = n1i,
                       m2i = m2i, sd2i = sdpi, n2i = n2i),
  pignon2000 = with(dat.pignon2000, pair(OmE / V, 1 / V)),
  pignon2000_adjuvant = with(subset(dat.pignon2000, grp == 1), pair(OmE / V, 1 / V)),
  pignon2000_concomitant = with(subset(dat.pignon2000, grp == 3), pair(OmE / V, 1 / V)),
  pritz1997 = escalc("PLO", data = dat.pritz1997, xi = xi, ni = ni),
  raudenbush1985 = dat.raudenbush1985,
  riley2003_dfs = subset(dat.riley2003, outcome == "DFS"),
  vanhowe1999 = escalc("OR", data = dat.vanhowe1999, ai = cir.pos, bi = cir.neg, ci = non.pos, di = non.neg),
  viechtbauer2005_first = pair(
    c(-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232),
    c(0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040)),
  viechtbauer2005_second = pair(
    c(0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056,
      0.045, 0.103, 0.121, -0.482, 0.290, 0.342),
    c(0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034,
      0.039, 0.167, 0.134, 0.096, 0.016, 0.035)),
  viechtbauer2021 = escalc("OR", data = dat.viechtbauer2021, ai = xTi, n1i = nTi, ci = xCi, n2i = nCi),
  yusuf1985_table6 = escalc("PETO", data = yusuf, ai = ai, n1i = n1i, ci = ci, n2i = n2i)
)
sets$hine1989_percent <- with(sets$hine1989_percent, pair(100 * yi, 100^2 * vi))
names(sets)[names(sets) == "bourassa_like_cohen1981"] <- "cohen1981"
deep <- c("bcg", "bcg_first_three", "clasp", "cohen1981", "collins1985b", "hart1999",
          "hine1989_percent", "normand1999", "pignon2000_adjuvant", "raudenbush1985")
proportions <- list(debruin2009 = with(dat.debruin2009, list(events = xi, patients = ni)),
                    hannum2020 = with(dat.hannum2020, list(events = xi, patients = ni)),
                    pritz1997 = with(dat.pritz1997, list(events = xi, patients = ni)))

control <- function(yi) list(threshold = 1e-12 * max(1, var(yi)), maxiter = 100000, tol = 1e-12,
                             tau2.max = 1e8)
fit <- function(d, method, test) rma(yi, vi, data = d, method = method, test = test,
                                     control = control(d$yi))
summarise <- function(d, method) {
  res <- fit(d, method, "z")
  out <- list(estimate = c(res$beta), se = res$se, low = res$ci.lb, high = res$ci.ub,
              i2 = res$I2 / 100, q = res$QE, q_p = res$QEp)
  if (method == "EE") return(out)
  ci <- confint(res, control = list(tol = 1e-12, tau2.max = 1e8))$random
  higgins <- predict(res, pi.type = "riley")
  c(out, list(tau2 = res$tau2, tau2_ci = ci["tau^2", 2:3], i2_ci = ci["I^2(%)", 2:3] / 100,
              pi = c(higgins$pi.lb, higgins$pi.ub),
              knapp_hartung = t_interval(d, method, "knha"),
              modified_knapp_hartung = t_interval(d, method, "adhoc")))
}
t_interval <- function(d, method, test) {
  res <- fit(d, method, test)
  higgins <- predict(res, pi.type = "riley")
  list(se = res$se, low = res$ci.lb, high = res$ci.ub, pi = c(higgins$pi.lb, higgins$pi.ub))
}
sensitivity <- function(d) {
  res <- fit(d, "REML", "z")
  loo <- leave1out(res); cum <- cumul(res); inf <- influence(res)
  list(leave_one_out = list(estimate = loo$estimate, se = loo$se, tau2 = loo$tau2, q = loo$Q,
                            i2 = loo$I2 / 100),
       cumulative = list(estimate = cum$estimate, se = cum$se, tau2 = cum$tau2),
       influence = list(studentised_residual = inf$inf$rstudent, dffits = inf$inf$dffits,
                        cooks_distance = inf$inf$cook.d, covariance_ratio = inf$inf$cov.r,
                        tau2_without = inf$inf$tau2.del, q_without = inf$inf$QE.del,
                        hat = inf$inf$hat, dfbetas = inf$dfbs$intrcpt,
                        influential = unname(inf$is.infl)))
}
regression <- function(res, predictor) {
  test <- regtest(res, model = "lm", predictor = predictor)
  line <- coef(summary(test$fit))
  list(slope = line[2, 1], se = line[2, 2], limit = line[1, 1], t = test$zval, df = test$dfs,
       p = test$pval)
}
one <- function(name) {
  d <- sets[[name]]
  d <- data.frame(yi = as.numeric(d$yi), vi = as.numeric(d$vi))
  d <- d[complete.cases(d), ]
  out <- list(yi = d$yi, vi = d$vi, EE = summarise(d, "EE"), REML = summarise(d, "REML"),
              DL = summarise(d, "DL"), PM = summarise(d, "PM"))
  if (name %in% deep) out$sensitivity <- sensitivity(d)
  if (nrow(d) >= 10) out$egger <- regression(fit(d, "EE", "z"), "sei")
  out
}
peters <- lapply(proportions, function(x)
  c(x, regression(rma(measure = "PLO", xi = x$events, ni = x$patients, method = "EE"), "ninv")))
calls <- c("rma(yi, vi, method = m, test = 'z' | 'knha' | 'adhoc', control = list(threshold = 1e-12 * max(1, var(yi)), maxiter = 1e5, tol = 1e-12, tau2.max = 1e8))",
           "confint(fit, control = list(tol = 1e-12, tau2.max = 1e8))",
           "predict(fit, pi.type = 'riley')", "leave1out(fit)", "cumul(fit)", "influence(fit)",
           "regtest(fit, model = 'lm', predictor = 'sei' | 'ninv')")
out <- list(r = R.version.string, metafor = as.character(packageVersion("metafor")),
            metadat = as.character(packageVersion("metadat")), calls = calls,
            sets = sapply(names(sets), one, simplify = FALSE), peters = peters)
write(toJSON(out, auto_unbox = TRUE, digits = 14, na = "null"), "tests/reference/meta_analysis.json")
