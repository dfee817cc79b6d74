"""`scrapy genspider`: Scrapy's command, with a template for a spider that crawls another source of the site."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands.genspider import Command as GenspiderCommand
from typing_extensions import override

import vokcrawl
from vokcrawl.errors import ExitCode
from vokcrawl.utils.program import PROGRAM

# The default template; the others are Scrapy's.
_TEMPLATE = "source"
_TEMPLATES = Path(vokcrawl.__path__[0]) / "templates" / "spiders"
# Start page of a site that is given as a domain only: the stream of all sources.
_START_PATH = "/newstream/"


class Command(GenspiderCommand):
    """Creates the spider in `vokcrawl/spiders`; `vokcrawl genspider` creates it in the current directory."""

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
        super().run(args, opts)

    @override
    def _spider_exists(self, name: str) -> bool:
        exists = super()._spider_exists(name)
        if exists:
            self.exitcode = int(ExitCode.USAGE)
        return exists

    @override
    def _generate_template_variables(self, module: str, name: str, url: str, template_name: str) -> dict[str, Any]:
        if template_name == _TEMPLATE and urlsplit(url).path in ("", "/"):
            url = url.rstrip("/") + _START_PATH
        variables = super()._generate_template_variables(module, name, url, template_name)
        return {**variables, "source": json.dumps(self._source or name, ensure_ascii=False)}

    @override
    def _find_template(self, template: str) -> Path | None:
        own = _TEMPLATES / f"{template}.tmpl"
        return own if own.exists() else super()._find_template(template)

    @override
    def _list_templates(self) -> None:
        super()._list_templates()
        for file in sorted(_TEMPLATES.iterdir()):
            print(f"  {file.stem} (another source of the site; the default)")
