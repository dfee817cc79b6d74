"""`scrapy genspider`: Scrapy's command, with a template for a spider that crawls another source of the site."""

from __future__ import annotations

import argparse
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands.genspider import Command as GenspiderCommand
from scrapy.commands.genspider import sanitize_module_name, verify_url_scheme
from typing_extensions import override

import vokcrawl
from vokcrawl.cli import CheckedCommand, complain, open_editor, require_arguments
from vokcrawl.config.values import parse_urls
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.utils.program import PROGRAM

# The default template; the others are Scrapy's.
_TEMPLATE = "source"
_TEMPLATES = Path(vokcrawl.__path__[0]) / "templates" / "spiders"
# Start page of a site that is given as a domain only: the stream of all sources.
_START_PATH = "/newstream/"


class Command(CheckedCommand, GenspiderCommand):
    """Creates the spider in `vokcrawl/spiders`; `vokcrawl genspider` creates it in the current directory.

    Ends with 2 and one sentence for what Scrapy's command would ignore, or would write as invalid code.
    """

    # The file that was written.
    _created: Path | None = None

    @override
    def short_desc(self) -> str:
        return "Create a spider, by default for another source of the site"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.set_defaults(template=_TEMPLATE)
        parser.add_argument("--source", metavar="NAME", help="the source's name on the site; <name> if omitted")

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if PROGRAM == "vokcrawl":
            # An installed package is no place for one's own spiders.
            self.settings.set("NEWSPIDER_MODULE", "", priority="cmdline")
        self._source = opts.source
        try:
            if not (opts.list or opts.dump):
                require_arguments(f"genspider {self.syntax()}", args, 2, 2)
                _require_name(args[0], self.settings["BOT_NAME"])
                if opts.template == _TEMPLATE:
                    _require_domain(args[1])
                _require_module(self.settings["NEWSPIDER_MODULE"])
            edits, opts.edit = opts.edit, False
            super().run(args, opts)
            if edits and self._created is not None:
                self.exitcode = open_editor(self.settings["EDITOR"], self._created)
        except OSError as failure:
            complain("genspider", f"{failure.filename}: cannot be written ({failure.strerror})")
            self.exitcode = int(ExitCode.STORAGE)
        except UsageError as error:
            complain("genspider", error)
            self.exitcode = int(error.exit_code)

    @override
    def _genspider(self, *args: Any) -> Path:
        self._created = super()._genspider(*args)
        return self._created

    @override
    def _spider_exists(self, name: str) -> bool:
        exists = super()._spider_exists(name)
        if exists:
            self.exitcode = int(ExitCode.USAGE)
        return exists

    @override
    def _generate_template_variables(self, module: str, name: str, url: str, template_name: str) -> dict[str, Any]:
        if template_name == _TEMPLATE and urlsplit(url).path in ("", "/"):
            url = urlsplit(url)._replace(path=_START_PATH).geturl()
        variables = super()._generate_template_variables(module, name, url, template_name)
        source, start_url = (json.dumps(each, ensure_ascii=False) for each in (self._source or name, url))
        return {**variables, "source": source, "start_url": start_url}

    @override
    def _find_template(self, template: str) -> Path | None:
        own = _TEMPLATES / f"{template}.tmpl"
        found = own if own.exists() else super()._find_template(template)
        if found is None:
            self.exitcode = int(ExitCode.USAGE)
        return found

    @override
    def _list_templates(self) -> None:
        super()._list_templates()
        for file in sorted(_TEMPLATES.iterdir()):
            print(f"  {file.stem} (another source of the site; the default)")


def _require_name(name: str, project: str) -> None:
    """Raises `UsageError` for a name of which no valid module and class can be made."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise UsageError(f"{name!r} is not a name of a spider; use letters, digits, underscores, hyphens and dots")
    if sanitize_module_name(name) == project:
        raise UsageError(f"{name!r} is the name of the project; choose another one")


def _require_domain(domain: str) -> None:
    """Raises `UsageError` for a domain or URL that `VOK_START_URLS` would refuse."""
    try:
        parse_urls(verify_url_scheme(domain))
    except ValueError as error:
        raise UsageError(f"{domain!r} is not a domain or a URL, such as kcnawatch.org") from error


def _require_module(module: str) -> None:
    """Raises `UsageError` if the package for new spiders cannot be imported."""
    try:
        if module:
            import_module(module)
    except ImportError as failure:
        raise UsageError(f"NEWSPIDER_MODULE: {module!r} cannot be imported: {failure}") from failure
