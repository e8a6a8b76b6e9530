"""The built site on this machine only."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from analysis_lib.book.site import SITE
from analysis_lib.exceptions import InvalidInputError, ReviewError


def serve(port: int) -> int:
    """Serve ``_build/html`` on 127.0.0.1 until interrupted; returns the exit code.

    Raises
    ------
    ReviewError
        Nothing was built yet, or the port is taken.
    InvalidInputError
        The number is no port.
    """
    if not (SITE / "index.html").is_file():
        raise ReviewError("no site yet: run make book first")
    if not 0 < port < 65536:
        raise InvalidInputError(f"--port must be in 1..65535, was {port}")
    handler = partial(SimpleHTTPRequestHandler, directory=str(SITE))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise ReviewError(f"cannot serve on port {port}: {error}; try --port 8001") from error
    with server:
        print(f"open http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0
