"""The judge of a reader: what it may do with an input, and what counts as a finding.

A reader gives a value or raises `SegDeskError` with a sentence in one line. Anything else is a finding: another
exception, more processor time or memory than the limits, a file written, changed or removed outside of where it may,
a file opened that the input points to outside of its folder, a program started, a pickle's name looked up, a line to
another machine. `Watch` sees what Python does (`sys.addaudithook`), `snapshot` what has become of the files.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from segdesk.domain.errors import SegDeskError
from tests.fuzz.mutate import Content, Files, Link

SECONDS = 5.0  # of processor time for one input
EVERY = 8  # inputs: so often the folder of the input is compared, too
LONGEST = 1200  # characters of a sentence that a person can still read
STARTED = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
LINES = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Finding:
    """What was wrong: `kind` and `where` tell two faults apart, `words` describe this one."""

    kind: str
    where: str
    words: str


@dataclass(frozen=True)
class Cost:
    """What an input took: seconds (of processor time where they are many), bytes of memory at the most above the
    start."""

    seconds: float
    bytes: int


@dataclass
class Arena:
    """The folders of one run. `input` holds the files; `outside` lies beside it and must stay as it is; `cache` and
    `temporary` may be written to."""

    root: Path
    input: Path = field(init=False)
    outside: Path = field(init=False)
    cache: Path = field(init=False)
    temporary: Path = field(init=False)
    _laid: dict[str, Content] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.root = Path(os.path.realpath(self.root))
        for name in ("input", "outside", "cache", "temporary"):
            folder = self.root / name
            folder.mkdir(parents=True, exist_ok=True)
            setattr(self, name, folder)
        (self.outside / "secret.png").write_bytes(b"nobody may read this")
        (self.outside / "keep.txt").write_text("nobody may change this", encoding="utf-8")

    def lay(self, files: Files) -> None:
        """Make the folder of the input hold these files; what no file system takes is left out. What lies there already
        as it should is left alone, which saves most of the time where readers do not write."""
        if any(files.get(name) != data for name, data in self._laid.items()):
            self._take_away(files)
        for name, data in files.items():
            target = self.input / name
            if name in self._laid or not os.path.normpath(target).startswith(str(self.input)):
                continue
            with suppress(OSError, ValueError):
                target.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(data, Link):
                    target.symlink_to(data.target)
                else:
                    target.write_bytes(data)
                self._laid[name] = data

    def forget(self) -> None:
        """Begin with an empty folder the next time."""
        self._laid.clear()
        clear(self.input)

    def _take_away(self, files: Files) -> None:
        """Remove the files that are not wanted any more; all of them where folders and links may be in the way."""
        if any(isinstance(data, Link) for data in self._laid.values()) or not files.keys() <= self._laid.keys():
            self.forget()
            return
        for name in [n for n, data in self._laid.items() if files.get(n) != data]:
            (self.input / name).unlink()
            del self._laid[name]


def clear(folder: Path) -> None:
    """Remove all that is in a folder."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            clear(Path(entry.path))
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)


def snapshot(folder: Path, without: Path | None = None) -> dict[str, tuple[int, int]]:
    """Each file and folder below: size and time of change; but what is in the folder `without`."""
    found: dict[str, tuple[int, int]] = {}
    waiting, left_out = [str(folder)], str(without)
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                is_folder = entry.is_dir(follow_symlinks=False)
                found[entry.path] = (-1, 0) if is_folder else (info.st_size, info.st_mtime_ns)
                if is_folder and entry.path != left_out:
                    waiting.append(entry.path)
    return found


class Watch:
    """Listens to the interpreter's audit events while a reader runs. There is one for a process: a hook stays."""

    def __init__(self, arena: Arena, *, writes: bool) -> None:
        self.seen: list[Finding] = []
        self._arena = arena
        self._on = self._network = False
        allowed = [arena.cache, arena.temporary, *([arena.input] if writes else [])]
        self._allowed = tuple(f"{folder}{os.sep}" for folder in allowed)
        self._outside = f"{arena.outside}{os.sep}"
        sys.addaudithook(self._hook)

    def change(self, *, writes: bool, network: bool) -> None:
        """Whether the next reader may write into the folder of the input, and call this machine."""
        self._network = network
        folders = [self._arena.cache, self._arena.temporary, *([self._arena.input] if writes else [])]
        self._allowed = tuple(f"{folder}{os.sep}" for folder in folders)

    @contextmanager
    def listening(self):  # type: ignore[no-untyped-def]
        """Note what happens within."""
        self.seen, self._on = [], True
        try:
            yield
        finally:
            self._on = False

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            self._opened(arguments)
        elif event in CHANGES:
            self._changed(event, arguments)
        elif self._network and (event == "urllib.Request" or "'127.0.0.1'" in repr(arguments)):
            return
        elif event in STARTED or event in LINES or event == "pickle.find_class":
            self.seen.append(Finding("code run" if event not in LINES else "network", event, repr(arguments)[:300]))

    def _opened(self, arguments: tuple[object, ...]) -> None:
        path, mode, flags = arguments
        if not isinstance(path, (str, bytes)):
            return
        full = os.path.abspath(os.fsdecode(path))
        by_mode = isinstance(mode, str) and bool(set(mode) & set("wax+"))
        writing = by_mode or (isinstance(flags, int) and bool(flags & _WRITING))
        if full.startswith(self._outside):
            self.seen.append(Finding("path outside", "open", full))
        elif writing and not full.startswith(self._allowed) and full != os.devnull:
            self.seen.append(Finding("write", "open", f"{full} {mode} {flags}"))

    def _changed(self, event: str, arguments: tuple[object, ...]) -> None:
        for path in arguments:
            if not isinstance(path, (str, bytes, os.PathLike)):
                continue
            full = os.path.abspath(os.fsdecode(path))
            if not f"{full}{os.sep}".startswith(self._allowed):
                self.seen.append(Finding("write", event, full))


class Judge:
    """Runs a reader on inputs and says what was wrong."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self.watch = Watch(arena, writes=False)
        self.memory = Memory()
        self._count = 0

    def judge(
        self,
        files: Files,
        read: Callable[[Path], object],
        *,
        writes: bool = False,
        network: bool = False,
        most_bytes: int = 400 << 20,
    ) -> tuple[list[Finding], Cost]:
        """Lay the files out, read them, look at what has happened. `writes`: the reader may change its own input;
        `network`: it may call this machine."""
        arena = self.arena
        arena.lay(files)
        self.watch.change(writes=writes, network=network)
        self._count += 1
        without = None if self._count % EVERY == 1 else arena.input  # what Python writes there is seen anyway
        before = snapshot(arena.root, without)
        self.memory.begin()
        started = time.perf_counter()
        with self.watch.listening():
            found = _tried(read, arena.input)
        cost = Cost(time.perf_counter() - started, self.memory.most())
        linked = any(isinstance(data, Link) for data in files.values())  # a person's own links are followed
        found += [f for f in self.watch.seen if not (linked and f.kind == "path outside")]
        found += self._left(before, snapshot(arena.root, without), writes=writes)
        if cost.seconds > SECONDS:
            cost = Cost(_processor_seconds(read, arena.input), cost.bytes)
        if cost.seconds > SECONDS:
            found.append(Finding("slow", "", f"{cost.seconds:.1f} s"))
        if cost.bytes > most_bytes:
            found.append(Finding("memory", "", f"{cost.bytes >> 20} MB"))
        if writes or found:
            arena.forget()
        clear(arena.cache)
        clear(arena.temporary)
        return found, cost

    def _left(
        self, before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], *, writes: bool
    ) -> list[Finding]:
        free = (str(self.arena.cache), *([str(self.arena.input)] if writes else []))
        names = set(before.keys() ^ after.keys()) | {n for n in before if before[n] != after.get(n)}
        return [Finding("files changed", "", name) for name in sorted(names) if not name.startswith(free)][:3]


def _processor_seconds(read: Callable[[Path], object], folder: Path) -> float:
    """What an input takes of a processor that others use, too: read once more."""
    started = time.process_time()
    _tried(read, folder)
    return time.process_time() - started


def _tried(read: Callable[[Path], object], folder: Path) -> list[Finding]:
    try:
        read(folder)
    except SegDeskError as error:
        return sentence_faults(error)
    except AssertionError as error:
        return [Finding("wrong value", _place(error), f"{error}"[:300])]
    except Exception as error:
        return [Finding(type(error).__name__, _place(error), f"{error}"[:300])]
    finally:
        gc.collect(0)
    return []


def sentence_faults(error: SegDeskError) -> list[Finding]:
    """What keeps an error's words from being shown, printed or stored."""
    text = error.text() + error.hint_text()
    where = error.message
    if len(text) > LONGEST:
        return [Finding("sentence", where, f"{len(text)} characters")]
    if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text):
        return [Finding("sentence", where, repr(text)[:300])]
    return []


def _place(error: BaseException) -> str:
    """The innermost line of the program itself, and the innermost at all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f"{os.sep}segdesk{os.sep}" in f.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno} {own[-1].name} < {Path(frames[-1].filename).name}"


class Memory:
    """The most memory that was resident since `begin`, where the system tells (Linux); else 0."""

    def __init__(self) -> None:
        self._before = 0

    def begin(self) -> None:
        """Start to watch. The mark is set back (which walks all pages) only where an earlier input left it high."""
        resident, mark = self._read()
        if mark > resident + (16 << 20):
            with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
                file.write("5")
        self._before = resident

    def most(self) -> int:
        """Bytes above those at the beginning."""
        return max(0, self._read()[1] - self._before)

    @staticmethod
    def _read() -> tuple[int, int]:
        """(resident, the most that was resident) in bytes."""
        try:
            with open("/proc/self/status", encoding="ascii", errors="replace") as file:
                found = dict(line.split(":", 1) for line in file)
            return int(found["VmRSS"].split()[0]) << 10, int(found["VmHWM"].split()[0]) << 10
        except (OSError, KeyError):
            return 0, 0
