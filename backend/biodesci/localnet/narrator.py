"""Tells the story on the terminal, and records the same as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from biodesci.core.files import write_atomic

Figure = int | float | str | bool


class Narrator:
    """Numbered steps; each fact says what was proved, with its figures."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.console = Console(file=stream, highlight=False, width=None if stream.isatty() else 120)
        self._began = time.monotonic()
        self._steps: list[dict[str, object]] = []
        self._facts: list[dict[str, object]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A numbered step; its time is shown when it ends well."""
        number = len(self._steps) + 1
        self._facts = []
        began = time.monotonic()
        self.console.print(f"\n[bold cyan]{number}. {title}[/]")
        yield
        seconds = time.monotonic() - began
        self._steps.append(
            {"step": number, "title": title, "seconds": round(seconds, 2), "facts": self._facts}
        )
        self.console.print(f"   [dim]{seconds:.1f} s[/]")

    def fact(self, text: str, **figures: Figure) -> None:
        """Something that was just shown to hold."""
        self._facts.append({"text": text, **({"figures": figures} if figures else {})})
        self.console.print(f"   [green]✓[/] {text}", soft_wrap=True)

    def refused(self, text: str, **figures: Figure) -> None:
        """An attempt that had to fail, and did, for the reason given."""
        self._facts.append({"text": text, "refused": True, **({"figures": figures} if figures else {})})
        self.console.print(f"   [green]✓ refused:[/] {text}", soft_wrap=True)

    def note(self, text: str) -> None:
        """Something to know; not a claim."""
        self.console.print(f"   [dim]{text}[/]", soft_wrap=True)

    def restarted(self, process: str) -> None:
        """A worker died and was started again."""
        self.console.print(
            f"   [yellow]↻[/] the {process} process died and was started again", soft_wrap=True
        )

    @contextmanager
    def progress(
        self, title: str, total: int | None, *, is_bytes: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """A progress bar; call what it yields with how much more is done (bytes or items)."""
        amount = DownloadColumn() if is_bytes else MofNCompleteColumn()
        columns = (TextColumn("   {task.description}"), BarColumn(), amount, TimeElapsedColumn())
        quiet = not self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=quiet) as bars:
            task = bars.add_task(title, total=total)
            yield lambda more: bars.advance(task, more)

    def write(self, path: Path) -> None:
        """The story as JSON, with the wall time of all of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        story = {"wallSeconds": round(time.monotonic() - self._began, 2), "steps": self._steps}
        write_atomic(path, (json.dumps(story, indent=2, ensure_ascii=False) + "\n").encode())
