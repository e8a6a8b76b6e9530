"""Questions to a public service, asked politely: spaced, retried, bounded, timed out.

Clock, sleep and opener are arguments, so that tests run without network and waiting.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis_lib.exceptions import ReviewError

#: Too many questions, or a fault of the service that may pass.
_RETRIED = {408, 429, 500, 502, 503, 504}


class SearchServiceError(ReviewError):
    """A database did not answer, or not with what was asked for; nothing was written."""


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


#: ``(address, form data, seconds) -> Answer``; raises OSError when nothing answers.
Opener = Callable[[str, bytes, float], Answer]


def open_address(url: str, data: bytes, timeout: float, *, max_bytes: int = 50_000_000) -> Answer:
    """Post ``data`` to ``url``; an HTTP error is an answer too, no answer raises OSError."""
    request = urllib.request.Request(url, data=data, headers={"User-Agent": "lsr"})
    if not url.startswith("https://"):
        raise SearchServiceError(f"{url}: only https addresses are asked")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return _answer(response.status, response, max_bytes)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error, max_bytes)
    except http.client.HTTPException as error:
        raise OSError(f"the answer broke off ({type(error).__name__})") from error


def _answer(status: int, response: Any, max_bytes: int) -> Answer:
    body = response.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise SearchServiceError(f"the answer is longer than {max_bytes:,} bytes; refused")
    return Answer(status, {k.lower(): v for k, v in response.headers.items()}, body)


@dataclass
class Transport:
    """Asks one service, never faster than allowed.

    Attributes
    ----------
    service : str
        Its name in messages.
    per_second : float
        Questions a second at most (E-utilities without a key: 3).
    attempts : int
        How often a question is put before giving up.
    timeout : float
        Seconds to wait for an answer.
    longest_wait : float
        Seconds between two attempts at most, whatever the service asks for.
    """

    service: str
    per_second: float = 3.0
    attempts: int = 5
    timeout: float = 60.0
    longest_wait: float = 60.0
    opener: Opener = open_address
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last: float | None = field(default=None, init=False)

    def ask(
        self, url: str, fields: Mapping[str, Any], *, read: Callable[[bytes], Any] = bytes
    ) -> Any:
        """Put one question and read its answer; a broken answer is asked for again.

        Parameters
        ----------
        url : str
            Address.
        fields : mapping
            Sent as a form: queries are longer than addresses may be.
        read : callable
            Makes the result from the body; raises ValueError when the body is broken.

        Raises
        ------
        SearchServiceError
            After the last attempt, with what went wrong and what to do.
        """
        data, wrong = urllib.parse.urlencode(fields).encode(), ""
        for attempt in range(self.attempts):
            wait = 2.0**attempt
            try:
                self._space_out()
                answer = self.opener(url, data, self.timeout)
                if answer.status == 200:
                    return read(answer.body)
                wrong = f"answered with status {answer.status}"
                if answer.status not in _RETRIED:
                    raise SearchServiceError(f"{self.service} {wrong}; nothing was written")
                wait = _retry_after(answer.headers) or wait
            except OSError as error:
                wrong = f"cannot be reached ({getattr(error, 'reason', None) or error})"
            except ValueError as error:
                wrong = str(error)
            if attempt + 1 < self.attempts:
                self.sleep(min(wait, self.longest_wait))
        raise SearchServiceError(
            f"{self.service} {wrong}, {self.attempts} times; nothing was written: try again later"
        )

    def _space_out(self) -> None:
        if self._last is not None:
            wait = self._last + 1 / self.per_second - self.clock()
            if wait > 0:
                self.sleep(wait)
        self._last = self.clock()


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait; dates are not read, backing off covers them."""
    said = headers.get("retry-after", "")
    return float(said) if said.isdecimal() else None


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object; ValueError says what came instead."""
    if body.lstrip()[:1] == b"<":
        raise ValueError("answered with a web page, not with data")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ValueError("sent half an answer, or no JSON") from error
    if not isinstance(found, dict):
        raise ValueError("sent JSON of another shape")
    return found
