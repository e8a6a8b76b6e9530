"""PubMed and Europe PMC, on hand-written answers of the services' shape; no network here."""

import http.client
import json
import urllib.parse
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from analysis_lib.search import europepmc, pubmed
from analysis_lib.search.transport import Answer, SearchServiceError, Transport, open_address

EXPORTS = Path(__file__).parent / "exports"
SPAN = {"start": date(2026, 10, 1), "end": date(2026, 11, 22), "email": "a@example.org"}
HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"


class Service:
    """Answers in order, remembers what was asked, and whose clock only waiting moves."""

    def __init__(self, *answers, per_second=3.0):
        self.answers, self.asked, self.slept, self.now = list(answers), [], [], 0.0
        self.transport = Transport(
            "Service", per_second=per_second, opener=self.open,
            clock=lambda: self.now, sleep=self.sleep,
        )  # fmt: skip

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def open(self, url, data, timeout):
        self.asked.append((url, dict(urllib.parse.parse_qsl(data.decode())), self.now))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(self.asked[-1][1])
        return answer if isinstance(answer, Answer) else Answer(200, {}, answer)


def esearch(count, **more):
    result = {
        "count": str(count), "retmax": "0", "retstart": "0", "querykey": "1",
        "webenv": "MCID_synthetic", "idlist": [], "querytranslation": "synthetic",
    }  # fmt: skip
    header = {"type": "esearch", "version": "0.3"}
    return json.dumps({"header": header, "esearchresult": result | more}).encode()


def articles(first, count):
    one = (
        "<PubmedArticle><MedlineCitation><PMID>{}</PMID><Article><ArticleTitle>Synthetic {}"
        "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )
    body = "".join(one.format(n, n) for n in range(first + 1, first + count + 1))
    return f'<?xml version="1.0" ?><PubmedArticleSet>{body}</PubmedArticleSet>'.encode()


def pages(asked):
    return articles(int(asked["retstart"]), min(int(asked["retmax"]), 450 - int(asked["retstart"])))


def test_pubmed_is_searched_by_entry_date_and_paged():
    service = Service(esearch(450), pages)
    found = pubmed.search_pubmed("brain[tiab]", **SPAN, transport=service.transport)
    assert found.hits == len(found.candidates) == 450
    assert [c.pmid for c in found.candidates[:2]] == ["1", "2"]
    assert len({c.id for c in found.candidates}) == 450
    asked = service.asked[0][1]
    assert (asked["datetype"], asked["mindate"], asked["maxdate"]) == (
        "edat", "2026/10/01", "2026/11/22",
    )  # fmt: skip
    assert asked["email"] == "a@example.org"
    assert asked["usehistory"] == "y"
    fetched = [a["retstart"] for _, a, _ in service.asked[1:]]
    assert fetched == ["0", "200", "400"]
    assert service.asked[1][1]["WebEnv"] == "MCID_synthetic"


def test_no_more_than_three_questions_a_second():
    service = Service(esearch(450), pages)
    pubmed.search_pubmed("brain", **SPAN, transport=service.transport)
    times = [when for _, _, when in service.asked]
    assert all(b - a >= 1 / 3 - 1e-9 for a, b in pairwise(times))


def test_a_result_too_large_is_asked_for_in_shorter_ranges():
    spans = []

    def answer(asked):
        if "term" in asked:
            spans.append((asked["mindate"], asked["maxdate"]))
            return esearch(10_000 if len(spans) == 1 else 1)
        return articles(len(spans) * 10, 1)

    found = pubmed.search_pubmed("brain", **SPAN, transport=Service(answer).transport)
    assert found.hits == 2
    assert spans[1:] == [("2026/10/01", "2026/10/27"), ("2026/10/28", "2026/11/22")]


def test_a_day_too_large_is_refused_with_what_to_do():
    span = SPAN | {"start": date(2026, 11, 22)}
    with pytest.raises(SearchServiceError, match="narrow the query"):
        pubmed.search_pubmed("brain", **span, transport=Service(esearch(10_000)).transport)


def test_remarks_on_the_query_are_kept():
    remark = {"errorlist": {"phrasesnotfound": ["litttt"], "fieldsnotfound": []}}
    found = pubmed.search_pubmed("x", **SPAN, transport=Service(esearch(0, **remark)).transport)
    assert found.notes == ("phrasesnotfound: litttt",)
    assert found.candidates == ()


def test_real_shape_of_an_article():
    body = (EXPORTS / "pubmed.xml").read_bytes()
    found = pubmed.search_pubmed("x", **SPAN, transport=Service(esearch(2), body).transport)
    assert found.candidates[0].abstract.startswith("BACKGROUND: Invented. RESULTS: Survival")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([OSError("no route to host")], "cannot be reached"),
        ([TimeoutError("timed out")], "timed out"),
        ([Answer(429, {}, b"")], "status 429"),
        ([Answer(503, {}, b"")], "status 503"),
        ([HTML], "a web page, not with data"),
        ([esearch(3)[:60]], "half an answer"),
        ([b"[1]"], "another shape"),
        ([esearch(3, ERROR="Search Backend failed")], "Search Backend failed"),
        ([b'{"esearchresult": {"count": "3"}}'], "no count or no key"),
        ([b'{"error": "API rate limit exceeded", "count": "4"}'], "API rate limit exceeded"),
        ([esearch(3), articles(0, 2)], "sent 2 of 3 records"),
        ([esearch(3), articles(0, 3)[:100]], "half an answer"),
        ([esearch(3), HTML], "a web page, not with data"),
    ],
)
def test_pubmed_faults_end_in_one_clear_error(answers, said):
    service = Service(*answers)
    with pytest.raises(SearchServiceError, match=said) as error:
        pubmed.search_pubmed("x", **SPAN, transport=service.transport)
    assert "nothing was written: try again later" in str(error.value)
    assert len(service.asked) - len(answers) + 1 == 5
    assert max(service.slept) <= 60


def test_a_fault_that_passes_is_survived_and_retry_after_is_obeyed():
    service = Service(
        Answer(429, {"retry-after": "7"}, b""), HTML, esearch(1), OSError("reset"), articles(0, 1)
    )
    found = pubmed.search_pubmed("x", **SPAN, transport=service.transport)
    assert found.hits == 1
    assert service.slept[0] == 7
    service = Service(Answer(429, {"retry-after": "99999"}, b""), esearch(0))
    pubmed.search_pubmed("x", **SPAN, transport=service.transport)
    assert service.slept[0] == 60


def test_a_refusal_is_not_repeated():
    service = Service(Answer(400, {}, b""))
    with pytest.raises(SearchServiceError, match="status 400"):
        pubmed.search_pubmed("x", **SPAN, transport=service.transport)
    assert len(service.asked) == 1


def europe(count, cursor, numbers):
    result = [{"id": str(n), "source": "MED", "pmid": str(n), "title": f"S {n}"} for n in numbers]
    raw = {"version": "6.9", "hitCount": count, "resultList": {"result": result}}
    return json.dumps(raw | ({"nextCursorMark": cursor} if cursor else {})).encode()


def test_europe_pmc_is_paged_by_cursor():
    service = Service(europe(3, "A", [1, 2]), europe(3, "B", [3]))
    found = europepmc.search_europepmc("brain", **SPAN, transport=service.transport)
    assert [c.pmid for c in found.candidates] == ["1", "2", "3"]
    assert [asked["cursorMark"] for _, asked, _ in service.asked] == ["*", "A"]
    query = service.asked[0][1]["query"]
    assert query == "(brain) AND (FIRST_IDATE:[2026-10-01 TO 2026-11-22])"


def test_europe_pmc_with_nothing_new():
    service = Service(europe(0, None, []))
    assert europepmc.search_europepmc("x", **SPAN, transport=service.transport).hits == 0


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([europe(3, "A", [1, 2]), europe(3, "A", [])], "sent 2 of 3"),
        ([europe(3, None, [1, 2])], "sent 2 of 3"),
        ([HTML], "a web page"),
        ([b'{"errCode": 404, "errMsg": "bad query"}'], "bad query"),
        ([b'{"hitCount": 1, "resultList": null}'], "another shape"),
        ([europe(3, "A", [1])[:50]], "half an answer"),
        ([OSError("gone")], "cannot be reached"),
    ],
)
def test_europe_pmc_faults_end_in_one_clear_error(answers, said):
    with pytest.raises(SearchServiceError, match=said) as error:
        europepmc.search_europepmc("x", **SPAN, transport=Service(*answers).transport)
    assert "nothing was written" in str(error.value)


class Response:
    """What urlopen gives, as far as it is used."""

    def __init__(self, read):
        self.read, self.status, self.headers = read, 200, {"Retry-After": "3"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_only_https_is_asked_and_answers_are_bounded(monkeypatch):
    with pytest.raises(SearchServiceError, match="https"):
        open_address("http://127.0.0.1/", b"", 1)
    whole = Response(lambda n: b"{}")
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: whole)
    answer = open_address("https://service.invalid/", b"", 1)
    assert (answer.body, answer.headers) == (b"{}", {"retry-after": "3"})
    whole.read = lambda n: b"x" * n
    with pytest.raises(SearchServiceError, match="longer than 10 bytes"):
        open_address("https://service.invalid/", b"", 1, max_bytes=10)


def test_an_answer_that_breaks_off_is_an_error_that_may_pass(monkeypatch):
    def read(n):
        raise http.client.IncompleteRead(b"half")

    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: Response(read))
    with pytest.raises(OSError, match="broke off"):
        open_address("https://service.invalid/", b"", 1)
