"""`segdesk run --ray`: the same run on many machines. The work is `segdesk.app.cluster`'s."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segdesk.app.batch import Choice
from segdesk.app.cluster import ClusterOrder, default_out
from segdesk.app.cluster_driver import Crew, connected
from segdesk.app.cluster_parts import FORMATS
from segdesk.app.cluster_source import Listing, listing
from segdesk.app.cluster_store import absolute, require
from segdesk.app.reports import BatchResult
from segdesk.app.session import Session
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError
from segdesk.io.project import SUFFIX

HERE = "here"
WORDS = (HERE, "auto", "local")


def ray_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `segdesk run` that are for a cluster."""
    group = command.add_argument_group(
        "on many machines",
        "With --ray, FOLDER may also be a URL of an object store, or a list of paths and URLs (.txt, .csv, .tsv,"
        " .parquet). The same command goes on where a run was cut off. See docs/cluster.md.",
    )
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        nargs="?",
        const=HERE,
        type=_address,
        help="run on the Ray cluster at HOST:PORT, or auto (that of this machine); without an address: on workers that"
        " are started here",
    )
    group.add_argument("--out", metavar="PLACE", help="folder or URL of the parts (default: beside the project)")
    group.add_argument("--shards", choices=FORMATS, default=FORMATS[0], help="format of the parts (%(default)s)")
    group.add_argument("--shard-size", metavar="N", type=_positive, default=64, help="pictures a part (%(default)s)")
    text = "how many workers (default: one a graphics card, or one a machine)"
    group.add_argument("--workers", metavar="N", type=_positive, default=0, help=text)
    group.add_argument("--cores", metavar="N", type=_positive, default=0, help="processor cores of each worker")
    text = "threads of a picture's forward pass (default: as on this machine); answers depend on it in their last bits"
    group.add_argument("--threads", metavar="N", type=_positive, default=0, help=text)
    text = "how often a picture is tried, on different workers (%(default)s)"
    group.add_argument("--tries", metavar="N", type=_positive, default=3, help=text)


@dataclass(frozen=True)
class Far:
    """A run on a cluster as the arguments ask for it. `found`: pictures that do not lie in a folder of this machine."""

    order: ClusterOrder
    source: str
    project: Path | None
    found: Listing | None
    choice: Choice

    @classmethod
    @contextmanager
    def asked(cls, arguments: argparse.Namespace) -> Iterator[Far | None]:
        """The run, with a connection to its cluster; None where the arguments ask for no cluster. Raises
        `SegDeskError`, also where Ray is not installed, or there is nothing to segment."""
        if arguments.ray is None:
            _refuse_far_words(arguments)
            yield None
            return
        require("ray")
        far = cls._of(arguments)
        with connected(far.order.crew):
            yield far

    @classmethod
    def _of(cls, arguments: argparse.Namespace) -> Far:
        source = absolute(arguments.folder)
        found = listing(source)
        project = Path(arguments.project).absolute() if arguments.project else None
        if found is not None and project is None:
            project = Path.cwd() / f"{found.title}{SUFFIX}"
        order = ClusterOrder(
            out=absolute(arguments.out) if arguments.out else "",
            source=source,
            crew=Crew("" if arguments.ray == HERE else arguments.ray, arguments.workers, arguments.cores),
            parts=arguments.shards,
            part_size=arguments.shard_size,
            tries=arguments.tries,
            threads=arguments.threads,
        )
        return cls(
            order, source, project, found, Choice(again=arguments.again, limit=arguments.limit, failed=arguments.failed)
        )

    def open(self, session: Session) -> int:
        """Open the project that the labels go to; a job."""
        if self.found is not None and self.project is not None:
            return session.cluster.open(self.found, self.project)
        return session.open(Path(self.source), self.project)

    def run(self, session: Session) -> int:
        """Run the chosen model; a job."""
        return session.cluster.run_all(self._placed(session), self.found, self.choice)

    def _placed(self, session: Session) -> ClusterOrder:
        if self.order.out or session.project is None:
            return self.order
        return self.order.at(default_out(session.project.path))

    def tell(self, session: Session, result: BatchResult, output: Output) -> None:
        """Where the parts are, and how fast it was."""
        done = result.answered + len(result.failed)
        pace = f" ({done / result.seconds:.2f} pictures a second)" if done and result.seconds else ""
        output.line(f"parts: {self._placed(session).out}{pace}")


def _address(text: str) -> str:
    bare = text.removeprefix("ray://")
    host, colon, port = bare.rpartition(":")
    if text in WORDS or (colon and host and port.isdigit()):
        return text
    raise argparse.ArgumentTypeError(f"{text} is not an address such as 10.0.0.1:6379 (put FOLDER before --ray)")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return value


def _refuse_far_words(arguments: argparse.Namespace) -> None:
    """Options of a cluster without a cluster are a mistake that a person should hear of."""
    if arguments.out or arguments.workers or arguments.cores or arguments.threads:
        raise SegDeskError("--out, --workers, --cores and --threads are for runs on a cluster.", "Add --ray to them.")
