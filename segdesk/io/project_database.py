"""The open database of a project: one connection, one lock, transactions, and clear errors instead of SQLite's."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import project_schema as schema
from segdesk.io import project_sums as sums
from segdesk.io.atomic import explain_os_error, replacing

WAIT_SECONDS = 1.0  # a program that is just closing the project gets this long
COPIED_AT_ONCE = 4096  # pages of a copy, 16 MB
TRACE, SEARCHED = b"CREATE TABLE pictures (", 1 << 16  # bytes; what is at the beginning of every project file
NO_VERSION = 1000  # no program will ever write this one
LOG_PAGES = 1000  # of the write-ahead log, which is then folded into the file; SQLite's usual number
LOOK_STEPS = 10_000  # of SQLite's machine, well under a millisecond, between two looks at whether to go on
_open_here: set[Path] = set()  # by real path; see `_claim`
_looked_at: set[Path] = set()  # read for a moment; whoever opens waits for the end of it
_open_here_lock = threading.Condition()


class Database:
    """A project file that this program alone has open.

    The lock is SQLite's own (exclusive locking mode), so the system releases it when the program dies. `read_only` is
    set on a read-only medium. `look`: only to read for a moment, as from a read-only medium, without any lock; refused
    while this program has the project open.
    """

    def __init__(self, path: Path, *, look: bool = False, only_read: bool = False) -> None:
        """`only_read`: for reading also where it could be written to, because it is damaged; sets `read_only`, too."""
        self.path = path
        self.read_only = self._look = look
        self.only_read = only_read
        self.commits = 0  # transactions so far
        self._lock = threading.RLock()
        self._lookers = 0
        self._closing = False
        self._looked = threading.Condition()
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
        """Close the file; the journal of SQLite is folded into it, so that it is one file again. Safe to call twice.
        What goes on in a `frozen` block is ended first."""
        with self._looked:
            self._closing = True
            self._looked.wait_for(lambda: not self._lookers)
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
                self.commits += 1
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

    @contextmanager
    def frozen(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[sqlite3.Connection]:
        """A second connection that sees the project as it is now, for a long look or copy in any thread: nobody waits
        for it, for what is written meanwhile stays in the log beside the file. Where there is no such log, it is the
        first connection, and writers wait. Statements end with `Cancelled` when `cancelled()` or at `close`."""
        with self._looked:
            if self._closing:
                raise Cancelled
            self._lookers += 1
        try:
            with self.reading() as db:
                logged = self.read_only or _hold_log(db)
                if not logged:
                    yield db
                    return
            looker = self._looker(lambda: self._closing or cancelled())
            try:
                yield looker
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                    raise Cancelled from error
                raise explain(error, self.path) from error
            finally:
                looker.close()
        finally:
            with self._lock, suppress(sqlite3.Error):
                if self._connection is not None and not self.read_only and self._lookers == 1:
                    self._connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            with self._looked:
                self._lookers -= 1
                self._looked.notify_all()

    def _looker(self, ended: Callable[[], bool]) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        sums.install(connection, write=False)
        connection.set_progress_handler(lambda: 1 if ended() else 0, LOOK_STEPS)
        return connection

    def _check_writable(self) -> None:
        if self.only_read:
            raise SegDeskError(
                "The project {name} was opened for reading only, because it is damaged.",
                "Recover what is readable, and go on in the recovered copy.",
                name=self.path.name,
            )
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
            self.read_only = self._look or self.only_read or not writable
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
        if self.only_read and _has_unfinished_work(self.path):
            mode = "mode=ro"
        elif self.read_only and _has_unfinished_work(self.path):
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
        if schema.version(connection) > NO_VERSION:
            raise damaged(self.path)
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


def _hold_log(connection: sqlite3.Connection) -> bool:
    """Fold the write-ahead log into the file, and keep what is written from now on in the log. False: there is none."""
    if connection.in_transaction or connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        return False
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


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


class DamagedProject(SegDeskError):
    """A project file that cannot be made sense of, or not of all of it. `path`: the file."""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(str(self.values["path"]))


def damaged(path: Path) -> DamagedProject:
    """The error for a file that cannot be made sense of."""
    return DamagedProject(
        "The project file {name} is damaged.",
        "Recover what is readable, or open the backup copy.",
        name=path.name,
        path=str(path.absolute()),
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
    """What is told of a file that is none of ours, or is one of ours whose head is damaged."""
    with suppress(OSError), path.open("rb") as file:
        if TRACE in file.read(SEARCHED):
            return damaged(path)
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
