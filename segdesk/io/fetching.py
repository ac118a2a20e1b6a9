"""Fetches one file from the network into a `.part` file, from where it stopped the last time."""

from __future__ import annotations

import http.client
import io
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from segdesk.domain.errors import Cancelled, SegDeskError

BLOCK = 1 << 18
TIMEOUT_SECONDS = 20.0
TOO_MUCH = 2.0  # times the bytes that a card names: a server that sends more does not send that file

Progress = Callable[[int, int], None]


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address, but never from an encrypted line to an open one. `told`: the SHA-256 that
    a hub gives of a file on the way to it, "" if none."""

    told = ""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # urllib's own
        """As urllib does it. Raises URLError."""
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise urllib.error.URLError("the server leads to an address that is not encrypted")
        self.told = _sha(headers.get("X-Linked-ETag")) or self.told
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req, fp, code, msg, headers):  # type: ignore[no-untyped-def]  # urllib's own
        """As urllib does it, which would also read what such an answer holds into memory, however much it is."""
        fp.close()
        return super().http_error_302(req, io.BytesIO(), code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _sha(tag: str | None) -> str:
    """The SHA-256 in a tag of a file, "" if it is another tag."""
    digits = (tag or "").removeprefix("W/").strip('"').lower()
    return digits if len(digits) == 64 and not set(digits) - set("0123456789abcdef") else ""


def _length(headers: http.client.HTTPMessage) -> int:
    """The bytes that the server says it sends, 0 if it does not."""
    text = (headers.get("Content-Length") or "").strip()
    return int(text) if text.isdecimal() and len(text) < 18 else 0


class Short(Exception):
    """The server closed the line before the end."""


def fetch(url: str, part: Path, size: int, progress: Progress, cancelled: Callable[[], bool]) -> str:
    """Append what is missing to the `.part` file; a server that ignores the range sends everything again.

    `size`: the bytes to expect where the server does not say. `progress(done, total)`. Returns
    the SHA-256 that the server tells of the whole file, "" if none. Raises `SegDeskError` where the
    disk does not take it, `Cancelled`, `Short`, and the errors of `urllib`.
    """
    if not url.startswith(("https://", "http://")):  # urllib would also open files of this computer
        raise urllib.error.URLError("not an address of the web")
    try:
        return _fetched(url, part, size, progress, cancelled)
    except (
        http.client.HTTPException,
        ValueError,
        OverflowError,
    ) as error:  # an answer that is none, an address that is none
        raise urllib.error.URLError(f"{type(error).__name__}: {error}") from error


def _fetched(url: str, part: Path, size: int, progress: Progress, cancelled: Callable[[], bool]) -> str:
    if part.is_symlink():  # nothing that comes from the network is written elsewhere than it seems
        part.unlink()
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        redirects = _Redirects()
        response = urllib.request.build_opener(redirects).open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # nothing is left to send: the part is whole, or not of this file
            return ""
        raise
    with response:
        resumed = response.status == 206
        done = have if resumed else 0
        length = _length(response.headers)
        total = done + length if length else size
        most = int(size * TOO_MUCH) or max(total, 1 << 62)
        if total > most:
            raise urllib.error.URLError("the file is much larger than the card says")
        try:
            with part.open("ab" if resumed else "wb") as sink:
                done = _pump(response, sink, (done, total, most), progress, cancelled)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            raise
        except OSError as error:
            raise unwritable(part.parent, error) from error
    if total and done < total:
        raise Short
    return redirects.told or _sha(response.headers.get("X-Linked-ETag"))


def _pump(
    source: BinaryIO, sink: BinaryIO, count: tuple[int, int, int], progress: Progress, cancelled: Callable[[], bool]
) -> int:
    done, total, most = count
    progress(done, total)
    while True:
        if cancelled():
            raise Cancelled
        block = _block(source)
        if not block:
            return done
        sink.write(block)
        done += len(block)
        if done > most:
            raise urllib.error.URLError("the server sends more than the file has")
        progress(done, total)


def _block(source: BinaryIO) -> bytes:
    """The next bytes from the line. Its errors are no errors of the disk, though they are OSErrors, too (of TLS)."""
    try:
        return source.read(BLOCK)
    except (TimeoutError, ConnectionError):
        raise
    except OSError as error:
        raise urllib.error.URLError(error) from error


def unwritable(folder: Path, error: OSError) -> SegDeskError:
    """The error for a folder that cannot be written to."""
    return SegDeskError(
        "The weights cannot be written to {folder}: {reason}.",
        "Free some space or choose another model folder in the settings.",
        folder=str(folder),
        reason=error.strerror or str(error),
    )
