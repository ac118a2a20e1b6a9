"""The open database of a project: one connection, one lock, transactions, and clear errors instead of SQLite's."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from segdesk.domain.errors import SegDeskError
from segdesk.io import project_schema as schema
from segdesk.io import project_sums as sums
from segdesk.io.atomic import explain_os_error, replacing

WAIT_SECONDS = 1.0  # a program that is just closing the project gets this long
COPIED_AT_ONCE = 4096  # pages of a copy, 16 MB
_open_here: set[Path] = set()  # by real path; see `_claim`
_looked_at: set[Path] = set()  # read for a moment; whoever opens waits for the end of it
_open_here_lock = threading.Condition()


class Database:
    """A project file that this program alone has open.

    The lock is SQLite's own (exclusive locking mode), so the system releases it when the program dies. `read_only` is
    set on a read-only medium. `look`: only to read for a moment, as from a read-only medium, without any lock; refused
    while this program has the project open.
    """

    def __init__(self, path: Path, *, look: bool = False) -> None:
        self.path = path
        self.read_only = self._look = look
        self._lock = threading.RLock()
        self._claimed = _claim(path, look=look)
        try:
            self._connection: sqlite3.Connection | None = self._connect()
        except BaseException:
            _release(self._claimed)
            raise

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty project file; it appears complete or not at all. Refuses a path that exists."""
        if os.path.lexists(path):
            raise SegDeskError("{name} exists already.", "Open it, or choose another name.", name=str(path))
        part = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
            os.close(handle)
            part = Path(name)
            connection = sqlite3.connect(part, isolation_level=None)
            try:
                schema.migrate(connection)
            finally:
                connection.close()
            part.chmod(0o644)
            os.replace(part, path)
        except sqlite3.Error as error:
            raise explain(error, path) from error
        except OSError as error:
            raise explain_os_error(error, path) from error
        finally:
            if part is not None:
                part.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; the journal of SQLite is folded into it, so that it is one file again. Safe to call twice."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()
                _release(self._claimed)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock and give the connection; SQLite's errors become `SegDeskError`."""
        with self._lock:
            if self._connection is None:
                raise SegDeskError("The project {name} is closed.", "Open it again.", name=self.path.name)
            try:
                yield self._connection
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise explain(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """As `reading`, in one transaction: committed if the block ends well, taken back if it raises."""
        with self.reading() as connection:
            if connection.in_transaction:  # part of a larger step
                yield connection
                return
            self._check_writable()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has already ended it
                    connection.execute("ROLLBACK")
                raise

    def copy_to(self, target: Path, progress: Callable[[int, int], object] = lambda done, total: None) -> None:
        """Write a complete copy, also when the file itself is gone; it appears complete or not at all. Raises
        `SegDeskError`, or what `progress(done, total)` raises, which is called every few megabytes."""
        if Path(os.path.realpath(target)) in _open_here:
            raise _in_use(target)
        with self.reading() as connection, replacing(target) as part:
            copy = sqlite3.connect(part)
            try:
                connection.backup(
                    copy, pages=COPIED_AT_ONCE, progress=lambda _, left, total: progress(total - left, total)
                )
            except sqlite3.Error as error:
                raise explain(error, target) from error
            finally:
                copy.close()

    def _check_writable(self) -> None:
        if self.read_only:
            raise SegDeskError(
                "The project {name} is on a read-only medium; changes cannot be saved there.",
                "Copy it to a folder where you may write, and open the copy.",
                name=self.path.name,
            )
        try:
            found = os.stat(self.path)
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            # The system would let us write on into a file that nobody can find any more.
            raise SegDeskError(
                "The project file {name} is no longer there.",
                "Bring the drive or folder back, or save a copy elsewhere.",
                name=str(self.path),
            )

    def _connect(self) -> sqlite3.Connection:
        connection = None
        try:
            _check_head(self.path)
            writable = os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
            self.read_only = self._look or not writable
            found = os.stat(self.path)
            self._identity = found.st_dev, found.st_ino
            connection = self._opened()
            self._check_kind(connection)
            if not self.read_only:
                schema.migrate(connection)
            sums.install(connection, write=not self.read_only)
            return connection
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, OSError):
                raise explain_os_error(error, self.path) from error
            if isinstance(error, (sqlite3.Error, UnicodeDecodeError)):
                raise explain(error, self.path) from error
            raise

    def _opened(self) -> sqlite3.Connection:
        mode = "mode=ro&immutable=1" if self.read_only else "mode=rw"
        if self.read_only and _has_unfinished_work(self.path):
            raise SegDeskError(
                "The project {name} was not closed properly and lies on a read-only medium.",
                "Copy it together with the file {other} to a folder where you may write.",
                name=self.path.name,
                other=f"{self.path.name}-wal",
            )
        connection = sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?{mode}",
            uri=True,
            timeout=WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        if not self.read_only:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            set_journal_mode(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays

    def _check_kind(self, connection: sqlite3.Connection) -> None:
        if schema.application(connection) != schema.APPLICATION_ID:
            raise _not_a_project(self.path)
        if schema.version(connection) > len(schema.STEPS):
            raise SegDeskError(
                "The project {name} was made by a newer version of SegDesk.",
                "Update SegDesk to open it.",
                name=self.path.name,
            )
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def set_journal_mode(connection: sqlite3.Connection) -> str:
    """Write-ahead log where it works; a rollback journal on drives that cannot do that (some network drives)."""
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.OperationalError as error:
        if _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        mode = ""
    if mode != "wal":
        mode = connection.execute("PRAGMA journal_mode = TRUNCATE").fetchone()[0]
    return str(mode)


def explain(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> SegDeskError:
    """What a person should read when SQLite refuses, or gives text that is none."""
    code, name = _primary(error), path.name
    if code == sqlite3.SQLITE_FULL:
        return SegDeskError(
            "The disk is full: {name} could not be saved.",
            "Free some space. Your work is kept in memory until it is saved.",
            name=name,
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return _in_use(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return damaged(path)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH):
        return SegDeskError(
            "There is no permission to open or change {name}.", "Change its rights or copy it elsewhere.", name=name
        )
    if code == sqlite3.SQLITE_IOERR:
        return SegDeskError(
            "The disk did not accept {name}.",
            "Check that the drive is connected and has space. Your work is kept in memory until it is saved.",
            name=name,
        )
    return SegDeskError("The project {name} failed: {reason}.", "Try again.", name=name, reason=str(error))


def damaged(path: Path) -> SegDeskError:
    """The error for a file that cannot be made sense of."""
    return SegDeskError(
        "The project file {name} is damaged.", "Open a backup copy of it, or start a new project.", name=path.name
    )


def _primary(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """SQLite's primary result code; extended codes keep it in their low byte."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _claim(path: Path, *, look: bool = False) -> Path:
    """Refuse a second opening inside this program before the file is touched at all: closing any other handle of a file
    would release the locks that SQLite holds on it (POSIX record locks belong to the process)."""
    real = Path(os.path.realpath(path))
    with _open_here_lock:
        _open_here_lock.wait_for(lambda: real not in _looked_at)
        if real in _open_here:
            raise _in_use(path)
        (_looked_at if look else _open_here).add(real)
    return real


def _release(real: Path) -> None:
    with _open_here_lock:
        _open_here.discard(real)
        _looked_at.discard(real)
        _open_here_lock.notify_all()


def _in_use(path: Path) -> SegDeskError:
    return SegDeskError(
        "The project {name} is already open, here or in another program.",
        "Close it there first; two programs must not change one project.",
        name=path.name,
    )


def _not_a_project(path: Path) -> SegDeskError:
    return SegDeskError("{name} is not a SegDesk project.", "Choose a file that ends in .segdesk.", name=path.name)


def _check_head(path: Path) -> None:
    """Tell what is no SQLite file at all before SQLite touches it."""
    if path.is_dir():
        raise _not_a_project(path)
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise _not_a_project(path)


def _has_unfinished_work(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0
