"""Options, arguments and files that a command refuses: one sentence that names them, before anything is done."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import Settings

from vokcrawl.commands.parse import _check_options
from vokcrawl.commands.sources import _pairs
from vokcrawl.errors import UsageError
from vokcrawl.sample.__main__ import main as serve_sample
from vokcrawl.spiders.vok import VokSpider


def command(name: str, **settings: Any) -> Any:
    made = import_module(f"vokcrawl.commands.{name}").Command()
    made.settings = Settings(settings)
    return made


def options(made: Any, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    made.add_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    "name", ["status", "crawl", "sources", "runspider", "parse", "check", "fetch", "bench", "doctor"]
)
@pytest.mark.parametrize("option", ["--logfile", "--profile", "--pidfile"])
def test_a_file_of_a_global_option_that_cannot_be_written_is_refused(name: str, option: str, tmp_path: Path) -> None:
    made = command(name)
    file = str(tmp_path / "missing" / "file")
    with pytest.raises(ScrapyUsageError) as refused:
        made.process_options([], options(made, option, file))
    reason = "cannot be written (No such file or directory); name a file in a directory that exists"
    assert str(refused.value) == f"{option}: {file!r} {reason}"


def test_a_log_file_in_the_settings_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    made = command("status")
    with pytest.raises(ScrapyUsageError, match=r"^LOG_FILE: .* cannot be written \(Is a directory\)"):
        made.process_options([], options(made, "-s", f"LOG_FILE={tmp_path}"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("EXTENSIONS=notjson", r"^EXTENSIONS: 'notjson' is not JSON \(.*\); give the whole value, such as {"),
        ("LOG_ENCODING=nosuch", "^LOG_ENCODING: 'nosuch' is not an encoding, such as utf-8$"),
        ("LOG_FORMAT=%(nosuch)s", r"^LOG_FORMAT: '%\(nosuch\)s' is not a format of Python's logging \("),
    ],
)
def test_a_setting_that_scrapy_reads_before_the_command_runs_is_named(setting: str, message: str) -> None:
    made = command("status")
    with pytest.raises(ScrapyUsageError, match=message):
        made.process_options([], options(made, "-s", setting))


@pytest.mark.parametrize("name", ["crawl", "parse", "check", "sources", "shell"])
def test_an_add_on_that_cannot_be_loaded_is_named(name: str) -> None:
    made = command(name, SPIDER_MODULES=["vokcrawl.spiders"])
    with pytest.raises(ScrapyUsageError, match=r"^ADDONS: 'nosuch\.A' cannot be loaded: No module named 'nosuch'; "):
        made.process_options([], options(made, "-s", 'ADDONS={"nosuch.A": 1}'))


@pytest.mark.parametrize(
    "name",
    ["crawl", "parse", "check", "fetch", "view", "shell", "runspider", "sources", "bench", "edit", "genspider"]
    + ["list", "settings", "version", "startproject"],
)
def test_an_option_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(ScrapyUsageError) as refused:
        command(name).process_options(["--nosuch"], options(command(name)))
    assert str(refused.value) == f"--nosuch: no such option; `scrapy {name} -h` lists them"


@pytest.mark.parametrize(
    ("name", "most"),
    [("list", 0), ("settings", 0), ("version", 0), ("bench", 0), ("shell", 1), ("edit", 1), ("fetch", 1), ("view", 1)]
    + [("parse", 1), ("startproject", 2)],
)
def test_an_argument_that_a_command_of_scrapy_would_ignore_is_named(name: str, most: int) -> None:
    words = [f"https://site.test/{number}" for number in range(most + 1)]
    with pytest.raises(ScrapyUsageError) as refused:
        command(name).process_options(words, options(command(name)))
    assert str(refused.value) == f"{words[-1]!r}: unexpected argument: `scrapy {name} {command(name).syntax()}`"


@pytest.mark.parametrize("name", ["edit", "fetch", "view", "parse", "startproject"])
def test_a_missing_argument_of_a_command_of_scrapy_is_named(name: str) -> None:
    with pytest.raises(ScrapyUsageError) as refused:
        command(name).process_options([], options(command(name)))
    assert str(refused.value) == f"missing argument: `scrapy {name} {command(name).syntax()}`"


@pytest.mark.parametrize("name", ["fetch", "view", "parse"])
@pytest.mark.parametrize("word", ["kcnawatch.org", "http", "http://", "ftp://site.test/"])
def test_what_is_not_a_url_is_named(name: str, word: str) -> None:
    made = command(name, SPIDER_MODULES=["vokcrawl.spiders"], SPIDER_LOADER_CLASS="scrapy.spiderloader.SpiderLoader")
    with pytest.raises(ScrapyUsageError) as refused:
        made.process_options([word], options(made))
    assert str(refused.value) == f"{word!r} is not a URL, such as https://example.org/newstream/"


@pytest.mark.parametrize("word", ["production", "--nosuch"])
def test_profiles_refuses_an_argument(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = command("profiles")
    made.run([word], argparse.Namespace())
    assert made.exitcode == 2
    assert word in capsys.readouterr().err


def test_edit_and_genspider_refuse_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScrapyUsageError, match=r"^spider not found: vox; did you mean vok\?"):
        command("edit", SPIDER_MODULES=["vokcrawl.spiders"]).run(["vox"], argparse.Namespace())
    made = command("genspider", SPIDER_MODULES=["vokcrawl.spiders"], NEWSPIDER_MODULE="vokcrawl.spiders")
    made.run(["vok", "site.test"], options(made))
    assert made.exitcode == 2
    assert "already exists" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "missing argument: `scrapy genspider [options] <name> <domain>`"),
        (["a", "site.test", "c"], "'c': unexpected argument: `scrapy genspider [options] <name> <domain>`"),
        (["../a", "site.test"], "'../a' is not a name of a spider; use letters, digits, underscores, hyphens and dots"),
        (["a'b", "site.test"], '"a\'b" is not a name of a spider; use letters, digits, underscores, hyphens and dots'),
        (["vokcrawl", "site.test"], "'vokcrawl' is the name of the project; choose another one"),
        (["a", "http:///x"], "'http:///x' is not a domain or a URL, such as kcnawatch.org"),
        (["a", "ftp://site.test"], "'ftp://site.test' is not a domain or a URL, such as kcnawatch.org"),
    ],
)
def test_genspider_names_what_it_cannot_write(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = command("genspider", NEWSPIDER_MODULE="", BOT_NAME="vokcrawl")
    made.run(words, options(made))
    assert made.exitcode == 2
    assert capsys.readouterr().err == f"scrapy genspider: {message}\n"
    assert not list(tmp_path.iterdir())


def test_genspider_names_a_template_and_a_module_that_do_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    made = command("genspider", NEWSPIDER_MODULE="", BOT_NAME="vokcrawl")
    made.run(["a", "site.test"], options(made, "-t", "nosuch"))
    assert made.exitcode == 2
    assert "Unable to find template: nosuch" in capsys.readouterr().out
    made = command("genspider", NEWSPIDER_MODULE="nosuch", BOT_NAME="vokcrawl")
    made.run(["a", "site.test"], options(made))
    assert made.exitcode == 2
    assert "NEWSPIDER_MODULE: 'nosuch' cannot be imported: No module named" in capsys.readouterr().err


def test_genspider_writes_values_that_are_code_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = command("genspider", NEWSPIDER_MODULE="", BOT_NAME="vokcrawl", EDITOR="true")
    made.run(["kcna-en", "site.test/?a=1,b"], options(made, "--source", 'A "B" \\ \n {C}', "-e"))
    assert made.exitcode == 0
    namespace: dict[str, Any] = {}
    exec((tmp_path / "kcna_en.py").read_text(), namespace)  # noqa: S102  the file that was written
    spider = namespace["KcnaEnSpider"]
    assert spider.name == "kcna-en"
    assert spider.custom_settings["VOK_SOURCE"] == 'A "B" \\ \n {C}'
    assert spider.custom_settings["VOK_START_URLS"] == "https://site.test/newstream/?a=1,b"


@pytest.mark.parametrize("editor", ["/nosuch/editor", "", "'"])
def test_an_editor_that_cannot_be_started_is_named(editor: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = command("edit", SPIDER_MODULES=["vokcrawl.spiders"], EDITOR=editor)
    made.run(["vok"], argparse.Namespace())
    assert made.exitcode == 2
    assert capsys.readouterr().err.startswith(f"scrapy edit: EDITOR: {editor!r} cannot be started (")


@pytest.mark.parametrize("name", ["vokcrawl", "1x"])
def test_startproject_ends_with_2_if_it_creates_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = command("startproject")
    made.run([name], argparse.Namespace())
    assert made.exitcode == 2
    assert not list(tmp_path.iterdir())


def test_a_spider_loader_that_cannot_be_loaded_is_named() -> None:
    made = command("crawl")
    with pytest.raises(ScrapyUsageError, match=r"^SPIDER_LOADER_CLASS: 'nosuch\.A' cannot be loaded: No module named"):
        made.process_options(["vok"], options(made, "-s", "SPIDER_LOADER_CLASS=nosuch.A"))


def test_a_spider_that_cannot_be_imported_is_named_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_spiders.py").write_text("import scrapy\n\nraise RuntimeError('boom')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = command("crawl")
    with pytest.raises(ScrapyUsageError) as refused:
        made.process_options([], options(made, "-s", "SPIDER_MODULES=broken_spiders"))
    assert str(refused.value) == (
        "SPIDER_MODULES: broken_spiders cannot be loaded: RuntimeError: boom "
        f"({tmp_path / 'broken_spiders.py'}, line 3); "
        "correct the spider or the setting"
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('boom')\n", "RuntimeError: boom ({file}, line 1)"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 ({file}, line 2)"),
        ("import no_such_module\n", "No module named 'no_such_module'"),
    ],
)
def test_runspider_names_the_file_that_fails_on_import(code: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / f"spider_{len(code)}.py"
    file.write_text(code)
    with pytest.raises(ScrapyUsageError) as refused:
        command("runspider").run([str(file)], argparse.Namespace())
    assert str(refused.value) == f"{file}: cannot be loaded: {reason.format(file=file)}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"callback": "nosuch"}, "--callback: 'nosuch' is not a method of the spider vok; omit it, or name one"),
        ({"rules": True}, "--rules: the spider vok has no rules; omit it"),
        ({"meta": [1]}, r"--meta: \[1\] is not an object in JSON"),
    ],
)
def test_parse_refuses_what_the_spider_does_not_have(given: dict[str, Any], message: str) -> None:
    plain = {"callback": None, "rules": False, "meta": None, "cbkwargs": None}
    with pytest.raises(ScrapyUsageError, match=message):
        _check_options(VokSpider, argparse.Namespace(**{**plain, **given}))


@pytest.mark.parametrize(("first", "second"), [("d", "d"), ("d", "d/"), ("d", "./d")])
def test_sources_names_the_directory_that_two_sources_share(first: str, second: str) -> None:
    with pytest.raises(ScrapyUsageError) as refused:
        _pairs([f"A={first}", f"B={second}"])
    shared = f"{second!r} is the directory of 'A' and of 'B'"
    assert str(refused.value) == f"{shared}; each SOURCE=DIR needs a directory of its own"


def test_sources_without_a_source_says_how_to_name_one() -> None:
    with pytest.raises(ScrapyUsageError, match=r"^name one or more sources: `scrapy sources 'SOURCE=DIR' …`$"):
        _pairs([])


def test_export_names_an_unexpected_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = command("export", VOK_OUTPUT_DIR=str(tmp_path))
    made.run(["extra"], options(made, "--to", "a.csv"))
    assert made.exitcode == 2
    hint = "give the output file with --to: `scrapy export --to current.parquet`"
    assert capsys.readouterr().err == f"scrapy export: 'extra': unexpected argument; {hint}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--port", "x"), "argument --port: 'x' is not a whole number from 0 to 65535"),
        (("--port", "70000"), "argument --port: '70000' is not a whole number from 0 to 65535"),
        (("--articles", "-3"), "argument --articles: '-3' is not a whole number from 0 to 1000000"),
        (("--faults", "rain"), "argument --faults: 'rain' is not one of edited, "),
        (("--skin", "x"), "argument --skin: invalid choice: 'x'"),
    ],
)
def test_sample_names_the_option_that_is_wrong(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        serve_sample(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_sample_refuses_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    made = command("sample")
    made.run(["8080"], argparse.Namespace())
    assert made.exitcode == 2
    assert capsys.readouterr().err.startswith("scrapy sample: '8080': unexpected argument; --port sets the port")


@pytest.mark.parametrize("size", ["0", "x", "100001"])
def test_demo_names_a_size_that_is_not_allowed(size: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = command("demo", VOK_OUTPUT_DIR=str(tmp_path / "output"))
    made.run([], argparse.Namespace(articles=size))
    assert made.exitcode == 2
    assert capsys.readouterr().err.startswith("scrapy demo: --articles: ")
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"TWISTED_REACTOR": "twisted.internet.selectreactor.SelectReactor"},
            "TWISTED_REACTOR: 'twisted.internet.selectreactor.SelectReactor' is not supported: it must be ",
        ),
        ({"TWISTED_REACTOR_ENABLED": False}, "TWISTED_REACTOR_ENABLED: must not be disabled"),
    ],
)
def test_another_event_loop_is_refused_before_a_crawl_is_created(setting: dict[str, Any], message: str) -> None:
    from vokcrawl.settings import base

    given = Settings({"EXTENSIONS": base.EXTENSIONS})
    VokSpider.update_settings(given.copy())
    given.setdict(setting, priority="cmdline")
    with pytest.raises(UsageError) as refused:
        VokSpider.update_settings(given)
    assert str(refused.value).startswith(message)
