"""PubMed's XML (PubmedArticleSet), from EFetch or saved from the site."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from analysis_lib.search.candidates import Candidate, candidate


def read_pubmed_xml(body: bytes, *, database: str = "pubmed") -> tuple[Candidate, ...]:
    """Every article and book chapter of a set.

    Raises
    ------
    ValueError
        Broken off, of another kind, or with entities declared in it (never expanded).
    """
    try:
        root = fromstring(body)
    except ParseError as error:
        page = b"<html" in body[:2000].lower()
        what = "a web page, not data" if page else "half an answer, or no XML"
        raise ValueError(f"sent {what} ({error})") from error
    except DefusedXmlException as error:
        raise ValueError("sent XML that declares entities; refused") from error
    if root.tag.lower() == "html":
        raise ValueError("answered with a web page, not with data")
    if root.tag not in ("PubmedArticleSet", "PubmedArticle"):
        raise ValueError(f"sent XML of another kind ({root.tag[:40]})")
    kinds = {"PubmedArticle": _article, "PubmedBookArticle": _book}
    entries = [root] if root.tag == "PubmedArticle" else root
    return tuple(
        candidate(database, kinds[entry.tag](entry)) for entry in entries if entry.tag in kinds
    )


def _article(entry: Element) -> dict[str, str | None]:
    cited = entry.find("MedlineCitation")
    article = cited.find("Article") if cited is not None else None
    if cited is None or article is None:
        raise ValueError("sent an article without its citation")
    return {
        "pmid": _text(cited, "PMID"),
        "title": _text(article, "ArticleTitle") or _text(article, "VernacularTitle"),
        "abstract": _abstract(article),
        "authors": _authors(article.find("AuthorList")),
        "journal": _text(article, "Journal/ISOAbbreviation") or _text(article, "Journal/Title"),
        "year": _text(article, "Journal/JournalIssue/PubDate/Year")
        or _text(article, "Journal/JournalIssue/PubDate/MedlineDate")
        or _text(article, "ArticleDate/Year"),
        "doi": _doi(article.findall("ELocationID"), "EIdType")
        or _doi(entry.findall("PubmedData/ArticleIdList/ArticleId"), "IdType"),
    }


def _book(entry: Element) -> dict[str, str | None]:
    book = entry.find("BookDocument")
    if book is None:
        raise ValueError("sent a book chapter without its citation")
    return {
        "pmid": _text(book, "PMID"),
        "title": _text(book, "ArticleTitle") or _text(book, "Book/BookTitle"),
        "abstract": _abstract(book),
        "authors": _authors(book.find("AuthorList")),
        "journal": _text(book, "Book/BookTitle"),
        "year": _text(book, "Book/PubDate/Year"),
        "doi": _doi(book.findall("ArticleIdList/ArticleId"), "IdType"),
    }


def _text(element: Element, path: str) -> str | None:
    """All text below an element: titles hold <i>, <sub> and the like."""
    found = element.find(path)
    return "".join(found.itertext()).strip() or None if found is not None else None


def _abstract(element: Element) -> str | None:
    parts = []
    for part in element.findall("Abstract/AbstractText"):
        label, text = part.get("Label"), "".join(part.itertext()).strip()
        parts.append(f"{label}: {text}" if label else text)
    return " ".join(parts) or None


def _authors(listed: Element | None) -> str | None:
    names = []
    for author in listed if listed is not None else ():
        last, initials = _text(author, "LastName"), _text(author, "Initials")
        names.append(" ".join(filter(None, (last, initials))) or _text(author, "CollectiveName"))
    return ", ".join(filter(None, names)) or None


def _doi(elements: list[Element], kind: str) -> str | None:
    return next((e.text for e in elements if e.get(kind) == "doi" and e.text), None)
