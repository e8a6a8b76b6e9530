"""axe-core finds nothing, in light and dark, on a wide window and on a phone."""

import random
from importlib.resources import files

import pytest

KINDS = (
    "index.html",
    "resection-vs-resrs.html",
    "studies/mdacc-gammatile-2025.html",
    "studies.html",
    "evidence-map.html",
    "explorer.html",
    "dose.html",
    "dose-calculator.html",
    "glossary.html",
    "whats-new.html",
    "cite.html",
    "take-away.html",
    "summaries/resection-vs-resrs.html",
    "flow.html",
    "overlaps.html",
    "audit.html",
    "benchmark-review.html",
    "guidelines.html",
    "necrosis.html",
    "harms.html",
    "other-options.html",
    "plain-words.html",
    "reading-curves.html",
    "methods.html",
    "method-figure-to-patients.html",
    "methods-summaries.html",
    "methods-pooling.html",
    "protocol.html",
    "deviations.html",
    "reporting.html",
    "figures-to-numbers.html",
    "reconstruction-quality.html",
    "worked-example.html",
    "reconstruction-benchmark.html",
    "add-a-study.html",
    "centre.html",
    "search.html?q=radiosurgery",
    "genindex.html",
)
DRAWN = 5

RUN = """async () => (await axe.run(document, {preload: false, resultTypes: ['violations']}))
  .violations.flatMap(found => found.nodes.map(node =>
    [found.id, node.target.join(' '), node.failureSummary].join(' | ')))"""


@pytest.fixture(scope="module")
def axe():
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def findings(reader, names, axe):
    found = []
    for name in names:
        page = reader.open(name)
        page.evaluate(axe)
        found += [f"{name}: {finding}" for finding in page.evaluate(RUN)]
    return found


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_one_page_of_each_kind_and_five_drawn(mode, size, served, visit, page_names, axe):
    others = [name for name in page_names if name not in KINDS]
    names = [*KINDS, *random.Random(20260101).sample(others, DRAWN)]
    found = findings(visit(served, mode=mode, size=size), names, axe)
    assert not found, "\n".join(found[:20])


@pytest.mark.every_page
@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_all_pages(mode, size, served, visit, page_names, axe):
    found = findings(visit(served, mode=mode, size=size), page_names, axe)
    assert not found, "\n".join(found[:40])
