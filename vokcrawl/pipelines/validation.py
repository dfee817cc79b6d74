"""Holds every record to its schema. One that breaks it goes to `rejected/`, with the reason, and is counted."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from scrapy.exceptions import DropItem

from vokcrawl.fields import article_id
from vokcrawl.items import ARTICLE, breaches, validated
from vokcrawl.pipelines.base import RunPipeline


class ValidationPipeline(RunPipeline):
    """Gives on whole records only: every key there, in the contract's order, of the right type and form."""

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        record = {**item, "run_id": self.run.id}
        try:
            return validated(record)
        except (ValidationError, KeyError) as fault:
            reason = breaches(fault) if isinstance(fault, ValidationError) else f"schema: {fault} is not one of ours"
            self.run.deliver("rejected", {"reason": reason, "record": record})
            self.run.problems.note("record_rejected", str(item.get("url") or item.get("found_on") or ""))
            self.count("vok/validation/rejected")
            if item.get("schema") == ARTICLE and article_id(str(item.get("url"))) is not None:
                # Not delivered, so not had: a later run may read it better, or the site may mend it.
                self.run.owe(str(item["id"]), str(item["url"]), "rejected")
                self.run.facts.pages_failed += 1
            raise DropItem(f"record rejected: {reason}") from fault
