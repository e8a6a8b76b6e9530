# Reference values for tests/unit/test_cox_model.py and test_proportional_hazards.py.
# Run from the project's root: Rscript tests/reference/make_cox.R
# Data sets are those of R's survival and MASS packages (the first 250 complete rows of
# long ones) and draws under a fixed seed. Columns are rounded before R fits them.
library(survival)
library(jsonlite)

control <- coxph.control(eps = 1e-11, iter.max = 50)
transforms <- c("km", "identity", "rank", "log")

prepared <- function(..., rows = 250) {
  frame <- data.frame(...)
  frame <- frame[complete.cases(frame), ]
  frame <- head(frame, rows)
  frame[] <- lapply(frame, function(column) round(as.numeric(column), 3))
  stopifnot(all(frame$time > 0), all(frame$event %in% 0:1))
  frame
}

set.seed(41)
heavy <- data.frame(group = rep(0:1, 60), age = round(rnorm(120, 60, 9)))
heavy$time <- ceiling(rexp(120, 0.25 * (1 + heavy$group)))
heavy$event <- rbinom(120, 1, 0.75)
# Twelve "studies", four of them with one group only.
studies <- data.frame(study = rep(1:12, each = 18))
studies$group <- ifelse(studies$study <= 8, rbinom(216, 1, 0.5), studies$study %% 2)
hazard <- exp(-0.4 * studies$group + rnorm(12, 0, 0.5)[studies$study])
studies$time <- ceiling(10 * rexp(216, 0.1 * hazard)) / 10
studies$event <- rbinom(216, 1, 0.8)

deaths <- subset(colon, etype == 2)
first_cgd <- subset(cgd, enum == 1)
data <- list(
  lung = with(lung, prepared(time, event = status - 1, inst, age, sex = sex - 1, ecog = ph.ecog)),
  # A stratum of one patient says nothing, so that an unknown institution can be one.
  lung_weight = with(lung, prepared(time, event = status - 1, age, sex, weight_loss = wt.loss,
    inst = ifelse(is.na(inst), 0, inst))),
  veteran = with(veteran, prepared(time, event = status, treatment = trt - 1, karno, diagtime, age,
    prior = prior / 10, celltype = as.integer(celltype), small = celltype == "smallcell",
    adeno = celltype == "adeno", large = celltype == "large")),
  ovarian = with(ovarian, prepared(time = futime, event = fustat, rx = rx - 1, age, residual = resid.ds - 1)),
  aml = with(aml, prepared(time, event = status, not_maintained = as.integer(x) - 1)),
  gehan = with(MASS::gehan, prepared(time, event = cens, control = treat == "control", pair)),
  melanoma = with(MASS::Melanoma, prepared(time, event = status == 1, male = sex, thickness, ulcer)),
  kidney = with(kidney, prepared(time, event = status, age, female = sex - 1, id)),
  colon = with(deaths, prepared(time, event = status, lev = rx == "Lev", lev5fu = rx == "Lev+5FU",
    obstruct, nodes, extent)),
  pbc = with(pbc, prepared(time, event = status == 2, age, edema, bili, albumin)),
  gbsg = with(gbsg, prepared(time = rfstime, event = status, hormon, age, nodes, grade)),
  rotterdam = with(rotterdam, prepared(time = dtime, event = death, hormon, age, grade,
    size = as.integer(size))),
  retinopathy = with(retinopathy, prepared(time = futime, event = status, trt, risk, id)),
  diabetic = with(diabetic, prepared(time, event = status, trt, age, id)),
  rats = with(subset(rats, sex == "f"), prepared(time, event = status, rx, litter)),
  bladder = with(bladder, prepared(time = stop, event, thiotepa = rx - 1, number, size, enum, id,
    rows = 340)),
  mgus = with(mgus, prepared(time = futime, event = death, age, male = sex == "male", hgb)),
  mgus2 = with(mgus2, prepared(time = futime, event = death, age, male = sex == "M", creat)),
  stanford2 = with(stanford2, prepared(time, event = status, age, t5)),
  myeloid = with(myeloid, prepared(time = futime, event = death, trt_b = trt == "B",
    male = sex == "m")),
  nafld = with(nafld1, prepared(time = futime, event = status, age, male, bmi)),
  cgd = with(first_cgd, prepared(time = tstop, event = status, treated = treat == "rIFN-g", age,
    center = as.integer(center))),
  udca = with(subset(udca1, futime > 0), prepared(time = as.numeric(futime), event = status, trt,
    stage, bili)),
  nwtco = with(nwtco, prepared(time = edrel, event = rel, unfavourable = histol - 1, stage)),
  heavy_ties = with(heavy, prepared(time, event, group, age)),
  studies = with(studies, prepared(time, event, group, study))
)

# Data set, terms (columns of a term together), strata, cluster.
model <- function(data, ..., strata = NULL, cluster = NULL) {
  terms <- list(...)
  if (is.null(names(terms))) names(terms) <- unlist(terms)
  list(data = data, terms = terms, strata = strata, cluster = cluster)
}
celltypes <- c("small", "adeno", "large")
models <- list(
  lung_sex = model("lung", "sex"),
  lung_three = model("lung", "age", "sex", "ecog"),
  lung_by_institution = model("lung", "sex", strata = "inst", cluster = "inst"),
  lung_clustered = model("lung", "age", "sex", cluster = "inst"),
  lung_weight = model("lung_weight", "age", "sex", "weight_loss"),
  lung_weight_by_institution = model("lung_weight", "age", "sex", "weight_loss", strata = "inst"),
  veteran_treatment = model("veteran", "treatment"),
  veteran_full = model("veteran", treatment = "treatment", celltype = celltypes, karno = "karno",
    diagtime = "diagtime", age = "age", prior = "prior"),
  veteran_three = model("veteran", treatment = "treatment", celltype = celltypes, karno = "karno"),
  veteran_by_celltype = model("veteran", "treatment", strata = "celltype", cluster = "celltype"),
  veteran_by_celltype_adjusted = model("veteran", "treatment", "karno", strata = "celltype"),
  ovarian_rx = model("ovarian", "rx"),
  ovarian_three = model("ovarian", "rx", "age", "residual"),
  aml = model("aml", "not_maintained"),
  gehan = model("gehan", "control"),
  gehan_pairs = model("gehan", "control", strata = "pair", cluster = "pair"),
  melanoma = model("melanoma", "male", "thickness", "ulcer"),
  kidney_clustered = model("kidney", "age", "female", cluster = "id"),
  colon = model("colon", rx = c("lev", "lev5fu"), obstruct = "obstruct", nodes = "nodes"),
  colon_by_extent = model("colon", "lev5fu", "nodes", strata = "extent"),
  pbc = model("pbc", "age", "edema", "bili", "albumin"),
  gbsg = model("gbsg", "hormon", "age", "nodes"),
  gbsg_by_grade = model("gbsg", "hormon", strata = "grade", cluster = "grade"),
  rotterdam = model("rotterdam", "hormon", "age", "grade", strata = "size"),
  retinopathy_clustered = model("retinopathy", "trt", "risk", cluster = "id"),
  retinopathy_pairs = model("retinopathy", "trt", strata = "id", cluster = "id"),
  diabetic_clustered = model("diabetic", "trt", "age", cluster = "id"),
  diabetic_pairs = model("diabetic", "trt", strata = "id", cluster = "id"),
  rats_by_litter = model("rats", "rx", strata = "litter", cluster = "litter"),
  rats_clustered = model("rats", "rx", cluster = "litter"),
  bladder_wei_lin_weissfeld = model("bladder", "thiotepa", "number", "size", strata = "enum",
    cluster = "id"),
  mgus = model("mgus", "age", "male", "hgb"),
  mgus2 = model("mgus2", "age", "male", "creat"),
  stanford2 = model("stanford2", "age", "t5"),
  myeloid = model("myeloid", "trt_b", strata = "male"),
  nafld = model("nafld", "age", "male", "bmi"),
  cgd_by_centre = model("cgd", "treated", strata = "center", cluster = "center"),
  cgd_two = model("cgd", "treated", "age", cluster = "center"),
  udca = model("udca", "trt", "stage", "bili"),
  nwtco = model("nwtco", "unfavourable", "stage"),
  heavy_ties = model("heavy_ties", "group"),
  heavy_ties_two = model("heavy_ties", "group", "age"),
  studies = model("studies", "group"),
  studies_stratified = model("studies", "group", strata = "study", cluster = "study")
)

fitted <- function(case) {
  frame <- data[[case$data]]
  right <- vapply(case$terms, function(columns) {
    if (length(columns) == 1) columns else sprintf("cbind(%s)", paste(columns, collapse = ", "))
  }, "")
  if (!is.null(case$strata)) right <- c(right, sprintf("strata(%s)", case$strata))
  formula <- as.formula(paste("Surv(time, event) ~", paste(right, collapse = " + ")))
  arguments <- list(formula = formula, data = frame, ties = "efron", control = control)
  if (!is.null(case$cluster)) arguments$cluster <- frame[[case$cluster]]
  fit <- do.call(coxph, arguments)
  robust <- !is.null(case$cluster)
  zph <- lapply(setNames(transforms, transforms), function(transform) {
    table <- cox.zph(fit, transform = transform)$table
    list(chisq = I(unname(table[, "chisq"])), df = I(unname(table[, "df"])), p = I(unname(table[, "p"])))
  })
  c(list(data = case$data, terms = lapply(case$terms, I), strata = case$strata, cluster = case$cluster),
    list(coefficients = I(unname(coef(fit))),
         standard_errors = I(unname(sqrt(diag(if (robust) fit$naive.var else fit$var)))),
         robust_standard_errors = if (robust) I(unname(sqrt(diag(fit$var)))),
         covariance = unname(if (robust) fit$naive.var else fit$var),
         log_likelihood = fit$loglik, n = fit$n, n_events = fit$nevent, zph = zph))
}

# Nobody dies in group 1: its coefficient has no maximum, the other's is finite.
set.seed(7)
separated <- data.frame(group = rep(0:1, each = 25), age = round(rnorm(50, 60, 9)))
separated$time <- ceiling(rexp(50, 0.1))
separated$event <- ifelse(separated$group == 1, 0, 1)
no_maximum <- suppressWarnings(
  coxph(Surv(time, event) ~ group + age, data = separated, ties = "efron", control = control))

calls <- c(paste("coxph(Surv(time, event) ~ <terms> [+ strata(<strata>)], ties = 'efron',",
                 "[cluster = <cluster>,] control = coxph.control(eps = 1e-11, iter.max = 50))"),
           "cox.zph(fit, transform = <km, identity, rank, log>)")
out <- list(r = R.version.string, survival = as.character(packageVersion("survival")), calls = calls,
            data = data, models = lapply(models, fitted),
            separated = list(data = separated, age = coef(no_maximum)[["age"]],
              age_standard_error = sqrt(no_maximum$var[2, 2]),
              log_likelihood = no_maximum$loglik))
write(toJSON(out, auto_unbox = TRUE, digits = I(13), na = "null", null = "null", dataframe = "columns"),
      "tests/reference/cox.json")
