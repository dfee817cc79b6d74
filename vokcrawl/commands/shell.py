"""`scrapy shell`: Scrapy's shell, with the project's page objects."""

from __future__ import annotations

import argparse
from typing import Any

from scrapy.commands.shell import Command as ShellCommand
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.exceptions import UsageError as ScrapyUsageError
from typing_extensions import override

from vokcrawl.cli import PreviewCommand, complain
from vokcrawl.config import Options
from vokcrawl.errors import ExitCode, UsageError

_NO_RESPONSE = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)


class Command(PreviewCommand, ShellCommand):
    """Adds `page`, `ArticlePage` and `ListingPage` to the shell, and to its help. Opens no run."""

    argument_count = (0, 1)

    @override
    def syntax(self) -> str:
        return "[options] [url|file]"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported late, because Scrapy imports all commands to run one.
        from scrapy.shell import Shell  # noqa: PLC0415

        from vokcrawl.pages.profile import use_files  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            use_files(Options.read(self.settings).site_profile)
        except UsageError as error:
            raise ScrapyUsageError(str(error), print_help=False) from error
        # What the shell's help lists.
        Shell.relevant_classes = (*Shell.relevant_classes, Shown)
        try:
            super().run(args, opts)
        except _NO_RESPONSE as failure:
            complain("shell", f"{args[0] if args else 'fetch'}: no response ({failure})")
            self.exitcode = int(ExitCode.UNREACHABLE)
        except Exception as failure:
            if not opts.code:
                raise
            complain("shell", f"-c: {type(failure).__name__}: {failure}")
            self.exitcode = int(ExitCode.USAGE)

    @override
    def update_vars(self, vars: dict[str, Any]) -> None:
        from vokcrawl.spiders.page_objects import ArticlePage, ListingPage  # noqa: PLC0415

        vars["ArticlePage"] = Shown(ArticlePage, "page = ArticlePage(response): page.item, .teasers, .more, .found")
        vars["ListingPage"] = Shown(ListingPage, "page = ListingPage(response): page.teasers, .more")
        vars["page"] = _page(vars.get("response"))


class Shown:
    """Something that the shell's help shows with a line of text. It is called and read like the object itself."""

    def __init__(self, shown: Any, text: str) -> None:
        self._shown = shown
        self._text = text

    def __call__(self, *args: Any) -> Any:
        """Call the object that is shown."""
        return self._shown(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return repr(self._shown)


def _page(response: Any) -> Shown:
    """The page object of the response; without one, or for a page that cannot be read, None with the reason."""
    from vokcrawl.spiders.page_objects import PageFault, page_of  # noqa: PLC0415

    if response is None:
        return Shown(None, "None: fetch(url) sets it")
    try:
        page = page_of(response)
        return Shown(page, f"page object of the response: {page!r}")
    except PageFault as fault:
        return Shown(None, f"None: the response is not a readable page ({fault.name})")
