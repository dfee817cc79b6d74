"""A real WordPress for the tests: PHP's own server on the loopback interface, and a MariaDB on a socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.support.children import ROOT
from tests.support.servers import START_SECONDS, free_port, serving
from tests.support.wordpress_posts import IMAGES, Post

FOLDER = Path(os.environ.get("VOK_TEST_WORDPRESS") or ROOT / ".wordpress")
SCRIPTS = Path(__file__).parent / "wordpress"
MISSING = f"no WordPress in {FOLDER}; `tests/support/install/wordpress.sh` installs one on Debian"
PERMALINKS = "/newstream/%item%/%postname%/"
_PHP = ("php", "-d", "opcache.enable_cli=1", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "memory_limit=256M")
_DATABASE = (
    "--no-defaults",
    "--skip-networking",
    # There are no other users, and no system tables, whose creation takes longer than all else.
    "--skip-grant-tables",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
)
_CREATE = """
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $database = new mysqli("localhost", "wordpress", "", null, 0, getenv("WORDPRESS_DATABASE_SOCKET"));
    $database->query("CREATE DATABASE wordpress CHARACTER SET utf8mb4");
"""


class WordPressServer:
    """A new WordPress without posts, with permalinks in the form of the real site (`permalinks.php`).

    `url` is its address. Categories have the addresses of the real site's listings: `/article/<slug>/`.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if not (FOLDER / "ready").exists():
            if os.environ.get("CI") == "true":
                pytest.fail(MISSING)
            pytest.skip(MISSING)
        with ExitStack() as stack:
            # A short path, because that of a socket has a limit.
            self._folder = Path(tempfile.mkdtemp(prefix="vokcrawl-wordpress-"))
            stack.callback(shutil.rmtree, self._folder)
            files = FOLDER / "usr" / "share" / "wordpress"
            content = self._folder / "content"
            (content / "mu-plugins").mkdir(parents=True)
            (content / "themes").symlink_to(files / "wp-content" / "themes")
            shutil.copy(SCRIPTS / "permalinks.php", content / "mu-plugins")
            self._environment = {
                "PATH": os.environ["PATH"],
                "WORDPRESS_URL": self.url,
                "WORDPRESS_FILES": str(files),
                "WORDPRESS_CONTENT": str(content),
                "WORDPRESS_DATABASE_SOCKET": str(self._folder / "database.sock"),
            }
            self._start_database(stack)
            self._install()
            # One process: it leaves its workers (PHP_CLI_SERVER_WORKERS) behind when it is terminated.
            words = [*_PHP, "-S", f"127.0.0.1:{self.port}", "-t", str(files), str(SCRIPTS / "router.php")]
            ping = f"{self.url}/wp-includes/js/wp-embed.min.js"
            stack.enter_context(serving(words, ping, self._folder / "php.log", env=self._environment))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start_database(self, stack: ExitStack) -> None:
        data = self._folder / "data"
        data.mkdir()
        program = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        socket = self._environment["WORDPRESS_DATABASE_SOCKET"]
        user = ("--user=root",) if os.geteuid() == 0 else ()
        words = [program, *_DATABASE, *user, f"--datadir={data}", f"--socket={socket}"]
        log = stack.enter_context((self._folder / "database.log").open("wb"))
        server = stack.enter_context(subprocess.Popen(words, stdout=log, stderr=log))
        stack.callback(server.terminate)
        deadline = time.monotonic() + START_SECONDS
        while not Path(socket).exists():
            assert server.poll() is None, "the database has ended: " + Path(log.name).read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the database does not start"
            time.sleep(0.05)

    def _install(self) -> None:
        subprocess.run([*_PHP, "-r", _CREATE], env=self._environment, check=True, timeout=60)
        options = {
            "permalink_structure": PERMALINKS,
            "category_base": "article",
            "date_format": "F j, Y",
            "timezone_string": "UTC",
            "default_comment_status": "closed",
        }
        self.manage([{"command": "install", "title": "News", "options": options}])
        self.manage([{"command": "flush_rules"}])

    def publish(self, posts: Sequence[Post], category: str, slug: str) -> list[dict[str, Any]]:
        """Publishes posts in a new category. Returns the number (`post`) and the URL (`url`) of each one."""
        images = [
            {"command": "image", "file": name, "title": title, "caption": said}
            for name, (title, said) in IMAGES.items()
        ]
        number, *pictures = self.manage([{"command": "category", "name": category, "slug": slug}, *images])
        return self.manage(self.command(post, number, pictures) for post in posts)

    def command(self, post: Post, category: int, pictures: Sequence[int]) -> dict[str, Any]:
        """The command of `manage.php` that publishes a post."""
        content = post.content.replace("%URL%", self.url).replace("%IMAGES%", ",".join(map(str, pictures)))
        return {
            "command": "post",
            "title": post.title,
            "content": content,
            "date": f"{post.date:%Y-%m-%d %H:%M:%S}",
            "categories": [category],
            "item": post.item,
            **post.options,
        }

    def use_theme(self, name: str) -> None:
        """Changes the theme."""
        self.manage([{"command": "theme", "name": name}])

    def use_permalinks(self, structure: str) -> None:
        """Changes the form of the posts' URLs."""
        self.manage([{"command": "option", "name": "permalink_structure", "value": structure}])
        # Rules are made from the options at the start of a process.
        self.manage([{"command": "flush_rules"}])

    def manage(self, commands: Iterable[dict[str, Any]]) -> list[Any]:
        """Carries out commands of `manage.php`, and returns the value of each one."""
        done = subprocess.run(
            [*_PHP, str(SCRIPTS / "manage.php")],
            input=json.dumps(list(commands)),
            env=self._environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
        return answers
