"""The session's verbs that write labels out, take labels in and compare them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segdesk.app import discover, exporting, importing
from segdesk.app.desk import Desk
from segdesk.app.discover import BrokenPlugin, Plugin
from segdesk.app.importing import ImportOrder
from segdesk.app.live_report import Comparing
from segdesk.app.models import Models
from segdesk.app.transfer import Comparison
from segdesk.app.workers import Workers
from segdesk.domain.text import N_
from segdesk.io.export_choice import ExportChoice
from segdesk.io.samples import write_samples


class TransferVerbs:
    """Part of `Session`."""

    _desk: Desk
    _workers: Workers
    _models: Models
    comparing: Comparing
    formats: Sequence[Plugin]
    broken_formats: Sequence[BrokenPlugin]

    def export(self, format_id: str, folder: Path, choice: ExportChoice | None = None, *, verify: bool = True) -> int:
        """Write labels in a format into a new folder; `verify`: it is read back before it takes its place. Done value:
        `segdesk.io.formats.base.ExportResult`."""
        plugin = discover.pick(self.formats, self.broken_formats, format_id)
        order = exporting.ExportOrder(folder, choice or ExportChoice(), verify)
        find = self._models.find
        return self._workers.submit(
            "files", N_("Exporting"), lambda ctx: exporting.export(self._desk, plugin, order, find, ctx)
        )

    def import_labels(self, format_id: str, order: ImportOrder) -> int:
        """Read labels of a format into a layer. Done value: `ImportResult`. If the open picture is among them, `go_to`
        shows the new labels."""
        plugin = discover.pick(self.formats, self.broken_formats, format_id)
        return self._workers.submit(
            "files", N_("Importing"), lambda ctx: importing.import_labels(self._desk, plugin, order, ctx)
        )

    def survey_import(self, format_id: str, order: ImportOrder) -> int:
        """What an import would bring, with nothing stored. Done value: `segdesk.app.importing.Survey`."""
        plugin = discover.pick(self.formats, self.broken_formats, format_id)
        return self._workers.submit(
            "files", N_("Looking at the labels"), lambda ctx: importing.survey(self._desk, plugin, order, ctx)
        )

    def evaluate(
        self, layer: str, against: str, out_folder: Path, *, language: str = "en", other: Path | None = None
    ) -> int:
        """Compare two layers, or one with a layer of another project, and write the report. Done value:
        `transfer.Evaluated` (page and figures)."""
        return self.comparing.evaluate(Comparison(layer, against, other), out_folder, language=language)

    def samples(self, folder: Path) -> int:
        """Write the sample project. Done value: its path."""
        return self._workers.submit(
            "files", N_("Writing samples"), lambda ctx: write_samples(folder, progress=ctx.progress)
        )
