"""The glossary: every term a reader meets, and links that explain a term in place."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.book.markdown import Heading, Section, page
from analysis_lib.book.places import field_anchor
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import Cell, paragraph

_PAGE = "glossary.html"


@dataclass(frozen=True)
class Entry:
    """A term, what it means in a sentence or two, and other names it goes by."""

    name: str
    meaning: str
    also: tuple[str, ...] = ()


_TREATMENTS = (
    Entry(
        "Re-resection",
        "A second operation that removes a brain metastasis grown again after earlier treatment.",
        ("second resection",),
    ),
    Entry(
        "SRS",
        "Stereotactic radiosurgery: a high dose of radiation aimed at the metastasis alone, in one "
        "session or a few. Repeat SRS gives it a second time to the same place.",
        ("stereotactic radiosurgery", "re-SRS", "repeat SRS", "radiosurgery"),
    ),
    Entry(
        "SRT",
        "Stereotactic radiotherapy in several smaller sessions (hypofractionated).",
        ("stereotactic radiotherapy", "hypofractionated SRT"),
    ),
    Entry(
        "WBRT",
        "Whole-brain radiotherapy: radiation of the entire brain, in ten or so sessions.",
        ("whole-brain radiotherapy", "repeat WBRT"),
    ),
    Entry(
        "LITT",
        "Laser interstitial thermal therapy: a thin laser fibre heats the lesion from inside; "
        "also called laser ablation.",
        ("laser ablation", "laser interstitial thermal therapy"),
    ),
    Entry(
        "Brachytherapy",
        "Small radioactive sources, such as caesium-131 in collagen tiles (GammaTile) or "
        "iodine-125, left in the brain, mostly in the cavity of a resection.",
        ("GammaTile", "Cs-131", "I-125"),
    ),
    Entry(
        "Gross total resection",
        "The surgeon, or the first picture after surgery, sees no tumour left; in a subtotal "
        "resection some remains.",
        ("GTR", "subtotal resection", "STR", "extent of resection"),
    ),
    Entry(
        "Radiation necrosis",
        "Brain or tumour tissue killed by earlier radiation. On a picture it can look like "
        "tumour that has come back; only tissue can tell for certain.",
        ("radionecrosis",),
    ),
    Entry(
        "Systemic therapy",
        "Drugs that reach the whole body: chemotherapy, targeted drugs, immunotherapy.",
        ("drugs only",),
    ),
    Entry(
        "Supportive care",
        "Relief of symptoms without treatment of the tumour itself.",
        ("best supportive care", "palliative care"),
    ),
    Entry(
        "Bevacizumab",
        "A drug against leaking blood vessels, given for the swelling of radiation necrosis.",
    ),
    Entry(
        "Salvage treatment",
        "Treatment of a metastasis that came back or grew after an earlier treatment.",
        ("salvage",),
    ),
)

_OUTCOMES = (
    Entry(
        "Overall survival",
        "Time from time zero to death from any cause.",
        ("OS",),
    ),
    Entry(
        "Local control",
        "No growth at the treated place, whatever happens elsewhere in the brain or body.",
    ),
    Entry(
        "Progression-free survival",
        "Time to growth of the disease or death, whichever comes first; local or intracranial "
        "when only growth there counts.",
        ("PFS", "local progression-free survival", "intracranial progression-free survival"),
    ),
    Entry(
        "Time zero",
        "The day from which survival is counted. Two groups counted from different days, such "
        "as surgery and recurrence, cannot be set against each other.",
    ),
    Entry(
        "Median survival",
        "The time by which half of the patients had died.",
        ("median",),
    ),
    Entry(
        "Landmark",
        "The share of patients alive, or free of growth, at a fixed time such as 12 months.",
        ("survival at a time",),
    ),
    Entry(
        "Censored",
        "Not followed any further without the event: we know only that it had not happened yet.",
        ("censoring",),
    ),
    Entry(
        "Number at risk",
        "How many patients were still followed and free of the event at a given time.",
        ("at risk",),
    ),
    Entry(
        "Kaplan-Meier curve",
        "The usual curve of survival over time, which makes use of patients who were followed "
        "for a part of it only.",
        ("Kaplan-Meier",),
    ),
    Entry(
        "1 - cumulative incidence",
        "Local control where death is a competing event: who dies is not counted as if growth "
        "could still have come. It is not the same number as a Kaplan-Meier estimate.",
        ("cumulative incidence", "competing event", "competing risk"),
    ),
    Entry(
        "RMST",
        "Restricted mean survival time: the average time lived up to a fixed horizon, the area "
        "under the survival curve.",
        ("restricted mean survival time",),
    ),
    Entry(
        "KPS",
        "Karnofsky performance status: how well a patient manages daily life, from 0 to 100.",
        ("performance status", "Karnofsky performance status"),
    ),
)

_STATISTICS = (
    Entry(
        "Hazard ratio",
        "How often the event happens per unit of time in one group relative to another. Below "
        "1: less often in the first group; 1: no difference.",
        ("HR",),
    ),
    Entry(
        "Subdistribution hazard ratio",
        "The hazard ratio of a Fine-Gray model, which counts competing deaths in another way "
        "than a Cox model. The two kinds are never pooled together here.",
        ("subdistribution", "Fine-Gray model"),
    ),
    Entry(
        "Cox model",
        "The usual regression of survival times; it gives hazard ratios.",
    ),
    Entry(
        "Log-rank test",
        "A test of whether two survival curves differ; it gives a p-value and no size.",
        ("log-rank",),
    ),
    Entry(
        "95 % interval",
        "The values that the data do not rule out, as far as chance goes; those near the estimate "
        "fit best. Made in this way, 95 of 100 intervals hold the true value. It says nothing "
        "about bias.",
        ("confidence interval", "95% interval"),
    ),
    Entry(
        "Exact interval",
        "An interval of a proportion computed from the counts themselves (Clopper and Pearson). "
        "It holds for small groups too, even where nobody had the event.",
        ("Clopper-Pearson interval",),
    ),
    Entry(
        "p-value",
        "How often chance alone would give a difference at least this large if there were none.",
        ("p",),
    ),
    Entry(
        "Pooled",
        "Combined from several studies, each weighted by how much it tells.",
        ("meta-analysis", "pool"),
    ),
    Entry(
        "Random effects",
        "A way of pooling that lets the true value differ from study to study.",
    ),
    Entry(
        "tau²",
        "How much the true values differ between studies, on the scale of the pooled figure.",
        ("tau2",),
    ),
    Entry(
        "I²",
        "The part of the scatter between studies that chance does not explain.",
        ("i2",),
    ),
    Entry(
        "Prediction interval",
        "The range in which the true value of another, similar study would be expected.",
    ),
    Entry(
        "Design effect",
        "By how much the information shrinks because several lesions of one patient were counted "
        "as if they were independent.",
    ),
    Entry(
        "E-value",
        "How strongly something unmeasured would have to be tied to both treatment and outcome to "
        "explain a ratio away by itself.",
    ),
    Entry(
        "Immortal time",
        "Time that a patient must survive to enter a group at all, such as the weeks before "
        "radiotherapy after surgery. Counted in, it flatters the group.",
    ),
    Entry(
        "Confounding",
        "The groups differ in what decides the outcome, such as fitness or the number of "
        "metastases, so that a difference is not due to treatment alone.",
        ("confounder", "confounding by indication"),
    ),
    Entry(
        "Naive contrast",
        "One treatment's cohorts set against another's, as if the patients were alike. They are "
        "not; it is shown as a warning and never as an answer.",
    ),
    Entry(
        "Pseudo-patients",
        "Patients made by computer so that together they give back what a paper prints: they "
        "carry its figures and nothing else.",
        ("reconstruction", "reconstructed", "re-derived"),
    ),
    Entry(
        "Rubin's rules",
        "How estimates from several made-up versions of incomplete data are combined so that "
        "the interval tells of the incompleteness too.",
        ("imputations",),
    ),
)

_APPRAISAL = (
    Entry(
        "Direct evidence",
        "Studies that treated patients in both ways and compared them within the study.",
        ("within studies",),
    ),
    Entry(
        "Indirect evidence",
        "Studies of other patients, such as first resections: shown beside, never pooled.",
    ),
    Entry(
        "Case series",
        "Patients treated alike and reported without a group to compare with.",
        ("cohort",),
    ),
    Entry(
        "Level of evidence",
        "What the figures of an arm rest on: a curve with numbers at risk, a curve, a printed "
        "median or share, or a bare count.",
        ("level",),
    ),
    Entry(
        "Risk of bias",
        "How far the way a study was done may have bent its result.",
    ),
    Entry(
        "JBI",
        "The checklist of the Joanna Briggs Institute for case series: ten questions, each "
        "answered yes, no or unclear.",
        ("JBI checklist", "JBI case series checklist"),
    ),
    Entry(
        "ROBINS-I",
        "A tool that judges the risk of bias of comparisons without randomisation, in seven "
        "domains: low, moderate, serious or critical.",
    ),
    Entry(
        "GRADE",
        "A system that rates the certainty of evidence: high, moderate, low or very low.",
        ("certainty",),
    ),
    Entry(
        "Second reading",
        "A value of the record was looked for once more in the paper, without trusting the "
        "first reading.",
    ),
    Entry(
        "Consistency audit",
        "Checks by computer of whether the figures a paper prints can all be true together.",
        ("audit",),
    ),
    Entry(
        "Role",
        "What a figure may be used for: primary figures may enter a pool, figures for sensitivity "
        "only a declared variation, others are shown and never pooled.",
    ),
    Entry(
        "Silent",
        "Said of a guideline whose questions were read and do not hold the one asked. Not the "
        "same as not read: then nothing is known of what it says.",
        ("not read",),
    ),
    Entry(
        "Scenario",
        "A variation of the analysis that was declared beforehand, such as leaving a kind of "
        "study out.",
        ("sensitivity analysis",),
    ),
)

GLOSSARY = (
    ("Treatments", _TREATMENTS),
    ("Outcomes and time", _OUTCOMES),
    ("Statistics", _STATISTICS),
    ("Appraisal of the evidence", _APPRAISAL),
)

_BY_NAME = {
    name.lower(): entry
    for _, entries in GLOSSARY
    for entry in entries
    for name in (entry.name, *entry.also)
}


def glossary_page() -> str:
    """The Markdown of the glossary: one anchored section for each term."""
    blocks = [paragraph("What the words of this review mean. Links of terms lead here.")]
    for heading, entries in GLOSSARY:
        blocks.append(Heading(heading))
        blocks += [_section(entry) for entry in sorted(entries, key=lambda e: e.name.lower())]
    return page("Glossary", *blocks)


def term(name: str, text: str | None = None, *, up: bool = False) -> Cell:
    """A term explained in place: its meaning as a hint, and a link to the glossary.

    Parameters
    ----------
    name : str
        The term or another name of it; case does not matter.
    text : str, optional
        What is shown; ``name`` by default.
    up : bool
        The page stands in a folder of its own.

    Raises
    ------
    InvalidInputError
        The glossary has no such term.
    """
    entry = _BY_NAME.get(name.lower())
    if entry is None:
        raise InvalidInputError(f"the glossary has no term {name!r}")
    href = f"{'../' if up else ''}{_PAGE}#{_anchor(entry)}"
    return Cell(text or name, href=href, title=entry.meaning, class_="lsr-term")


def is_term(name: str) -> bool:
    """Whether the glossary explains it."""
    return name.lower() in _BY_NAME


def _section(entry: Entry) -> Section:
    also = f"Also explained here: {', '.join(entry.also)}." if entry.also else ""
    parts = [paragraph(entry.meaning)] + ([paragraph(also)] if also else [])
    return Section(_anchor(entry), entry.name, tuple(parts), level=3)


def _anchor(entry: Entry) -> str:
    # tau² and I² would lose their squares, and a name may begin with a figure.
    return f"term-{field_anchor(entry.name.replace('²', '2'))}"
