"""Sessions of ``lsr screen``: walk the candidates, settle disputes, tell where all stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from pathlib import Path

from analysis_lib.cli.exits import GOOD
from analysis_lib.cli.terminal import END, candidate_text, one_key_each, read_key, shortened
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.search.decisions import AppendedFile, moment_now, open_decisions, reader_name
from analysis_lib.search.prisma import became_studies
from analysis_lib.search.screening import (
    DISPUTED,
    EXCLUDED,
    INCLUDED,
    WAITING,
    Standing,
    agreements,
    standings,
    to_screen,
)
from analysis_lib.search.strategy import Strategy, strategy_of
from analysis_lib.search.triage import reading_order
from analysis_lib.study_records import DATA, load_records, load_search_files
from analysis_lib.study_records.search_files import REPORTS, SETTLED, decision_file, search_folder

_KEYS = "[i]nclude  [e]xclude  [u]nsure  [b]ack  [s]kip  [q]uit"
_SETTLE_KEYS = "[i]nclude  [e]xclude  [b]ack  [s]kip  [q]uit"
_REASON_KEYS = "123456789acdfghjklmnop"

ReadKey = Callable[[], str]


def screen(reader: str, *, data: Path = DATA, read: ReadKey = read_key) -> int:
    """Walk one reader through what they have not judged; every key is kept before the next."""
    name = reader_name(reader)
    with open_decisions(name, data=data) as kept:
        _tell_torn(kept)
        files = load_search_files(data)
        strategy, found = strategy_of(files), standings(files)
        order, told = reading_order(found)
        queue = {standing.id: standing for standing in to_screen(found, name)}
        waiting = [queue[id] for id in order if id in queue]
        print(f"{len(waiting)} candidates for reader {name}; {told}")

        def keep(standing: Standing, decision: str, reason: str | None) -> None:
            entry = {"candidate": standing.id, "decision": decision, "reason": reason}
            kept.append(entry | {"at": moment_now()})

        with one_key_each():
            _walk(waiting, strategy, keep, read, keys=_KEYS, heading=_source(strategy))
    return GOOD


def settle(reader: str, *, data: Path = DATA, read: ReadKey = read_key) -> int:
    """Walk through the disagreements, both judgements shown; a settlement is final."""
    name = reader_name(reader)
    with AppendedFile(decision_file(SETTLED, data)) as kept:
        _tell_torn(kept)
        files = load_search_files(data)
        strategy = strategy_of(files)
        disputed = [s for s in standings(files) if s.state == DISPUTED]
        print(f"{len(disputed)} disagreements to settle")

        def keep(standing: Standing, decision: str, reason: str | None) -> None:
            entry = {"candidate": standing.id, "decision": decision, "reason": reason}
            kept.append(entry | {"by": name, "at": moment_now()})

        with one_key_each():
            _walk(disputed, strategy, keep, read, keys=_SETTLE_KEYS, heading=_judgements(strategy))
    return GOOD


def _tell_torn(kept: AppendedFile) -> None:
    if kept.torn:
        half = shortened(kept.torn, 60)
        print(f"the last line of {kept.path.name} was cut off while written ({half}); asked again")


def _walk(
    queue: Sequence[Standing],
    strategy: Strategy,
    keep: Callable[[Standing, str, str | None], None],
    read: ReadKey,
    *,
    keys: str,
    heading: Callable[[Standing], str],
) -> None:
    """Show, read a key, keep, go on; until the queue or the reader ends."""
    decisions = {"i": "include", "e": "exclude"} | ({"u": "unsure"} if "[u]" in keys else {})
    place, done = 0, set()
    while place < len(queue):
        standing = queue[place]
        where = f"[{place + 1} of {len(queue)}] {heading(standing)}"
        print(f"\n{candidate_text(standing.entry, heading=where)}\n\n{keys}", flush=True)
        while (key := read()) not in (*decisions, "b", "s", "q", END):
            print(f"no such key; {keys}", flush=True)
        if key in ("q", END):
            break
        if key in decisions:
            reason = _reason(strategy, read) if key == "e" else None
            if key == "e" and reason is None:
                continue
            keep(standing, decisions[key], reason)
            done.add(standing.id)
            why = f" ({strategy.reasons[reason]})" if reason else ""
            print(f"kept: {standing.id} {decisions[key]}{why}", flush=True)
        place = max(0, place - 1) if key == "b" else place + 1
    print(f"{len(done)} candidates judged in this session; {len(queue) - len(done)} left")


def _reason(strategy: Strategy, read: ReadKey) -> str | None:
    """The first reason of the closed list that holds; None when the reader goes back."""
    codes = dict(zip(_REASON_KEYS, strategy.reasons, strict=False))
    for key, code in codes.items():
        print(f"  [{key}] {strategy.reasons[code]}")
    print("  the first that holds; [b]ack", flush=True)
    while (key := read()) not in (*codes, "b", END):
        print("no such reason", flush=True)
    return codes.get(key)


def _source(strategy: Strategy) -> Callable[[Standing], str]:
    """Where a candidate came from; never what another reader said of it."""
    return lambda s: f"{s.id}, {strategy.label(s.entry['database'])}, found {s.found_on}"


def _judgements(strategy: Strategy) -> Callable[[Standing], str]:
    return lambda s: f"{s.id}: {_said(s, strategy)}"


def _said(standing: Standing, strategy: Strategy) -> str:
    parts = []
    for name, told in standing.by_reader.items():
        reason = f" ({strategy.reasons[told['reason']]})" if told["reason"] else ""
        parts.append(f"{name}: {told['decision']}{reason}")
    return "; ".join(parts)


def status(*, data: Path = DATA) -> int:
    """Print where every candidate stands, agreement of readers, and what is to be done."""
    files = load_search_files(data)
    strategy, found = strategy_of(files), standings(files)
    if not files.searches:
        print("no search yet: lsr search run, or lsr search import FILE")
        return GOOD
    states = Counter(standing.state for standing in found)
    told = ", ".join(f"{states[s]} {s}" for s in (WAITING, DISPUTED, INCLUDED, EXCLUDED))
    noun = "search" if len(files.searches) == 1 else "searches"
    print(f"{len(found)} candidates of {len(files.searches)} {noun}: {told}")
    for name in sorted(files.decisions):
        print(f"reader {name}: {sum(name in s.by_reader for s in found)} judged")
    for first, second, agreement in agreements(found):
        print(f"{first} and {second}: {_agreement_text(agreement)}")
    reasons = Counter(s.reason for s in found if s.state == EXCLUDED)
    for code, label in strategy.reasons.items():
        if reasons[code]:
            print(f"excluded, {label}: {reasons[code]}")
    _list(
        "disagreements (lsr screen --settle --reader NAME)",
        [
            f"{s.id}  {_said(s, strategy)}  {shortened(s.entry['title'], 60)}"
            for s in found
            if s.state == DISPUTED
        ],
    )
    done = {r["candidate"] for r in files.reports}
    done |= became_studies(found, files, load_records(data)).keys()
    _list(
        "reports to be had and read (lsr screen --report CANDIDATE ...)",
        [
            f"{s.id}  {shortened(s.entry['title'], 80)}"
            for s in found
            if s.state == INCLUDED and s.id not in done
        ],
    )
    return GOOD


def _agreement_text(agreement: object) -> str:
    if isinstance(agreement, str):
        return agreement
    a = agreement
    return (
        f"{a.n} judged by both, {100 * a.observed:.0f}% alike; Cohen's kappa {a.kappa:.2f} "
        f"(95% interval {a.low:.2f} to {a.high:.2f})"
    )


def _list(title: str, lines: Sequence[str]) -> None:
    if lines:
        print(f"{title}: {len(lines)}")
        print("\n".join(f"  {line}" for line in lines))


def report(
    candidate: str,
    *,
    study: str | None = None,
    not_retrieved: bool = False,
    excluded: str | None = None,
    data: Path = DATA,
) -> int:
    """Keep what became of an included candidate: a study, not to be had, or excluded.

    Raises
    ------
    InvalidInputError
        No such included candidate, study or reason, or not exactly one outcome.
    """
    said = [study is not None, not_retrieved, excluded is not None]
    if sum(said) != 1:
        raise InvalidInputError("give one of --study ID, --not-retrieved, --excluded REASON")
    with AppendedFile(search_folder(data) / f"{REPORTS}.yaml") as kept:
        _tell_torn(kept)
        files = load_search_files(data)
        included = {s.id for s in standings(files) if s.state == INCLUDED}
        reasons = strategy_of(files).report_reasons
        rule = "an included candidate; lsr screen --status lists them"
        _known("--report", candidate, included, rule)
        if study is not None:
            _known("--study", study, {r.id for r in load_records(data)}, "the id of a study record")
        if excluded is not None:
            _known("--excluded", excluded, reasons, f"one of {', '.join(reasons)}")
        outcome = ("study", "not_retrieved", "excluded")[said.index(True)]
        entry = {"candidate": candidate, "outcome": outcome, "study": study, "reason": excluded}
        kept.append(entry | {"at": moment_now()})
    print(f"kept: {candidate} {outcome} {study or excluded or ''}".rstrip())
    return GOOD


def _known(option: str, value: str, known: Container[str], rule: str) -> None:
    if value not in known:
        raise InvalidInputError(f"{option} must be {rule}, was {value[:60]!r}")
