"""Find or start the servers that the tests want, and say loudly what cannot be had.

python tests/services.py COMMAND …    runs COMMAND with LEADFLOW_TEST_POSTGRES, REDIS_URL and LEADFLOW_CHROMIUM
                                      set to what was found; private servers end with it
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from glob import glob
from pathlib import Path

import psycopg2
import redis

LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
LOCAL_REDIS = "redis://127.0.0.1:6379/15"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
DATA = {
    "olist": "the replay of a real history, and the import of its leads, are skipped.",
    "messy_csv": "the CSV files that others made are not read.",
}
POSTGRES_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
START_SECONDS = 30.0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def shout(line: str) -> None:
    """Say what will not be tested so that nobody overlooks it."""
    say(f"\n{'!' * 100}\n!!  {line}\n{'!' * 100}\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def may_create_databases(url: str) -> bool:
    """Tell whether a PostgreSQL server answers at `url` and lets this user create databases."""
    try:
        connection = psycopg2.connect(url, connect_timeout=2)
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool(cursor.fetchone()[0])
    finally:
        connection.close()


def redis_answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_connect_timeout=1).ping())
    except redis.RedisError:
        return False


def program(name: str, *places: str) -> str | None:
    """Return the path of a program on PATH, or the newest in one of `places` (patterns)."""
    found = sorted(path for place in places for path in glob(f"{place}/{name}"))
    return shutil.which(name) or (found[-1] if found else None)


def other_user() -> str | None:
    """Name a user to run PostgreSQL as, which refuses to be root; None when this process is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def running(command: list[str], user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the background, and end it."""
    process = subprocess.Popen(
        command, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def folder(user: str | None = None) -> Iterator[str]:
    """Make a temporary folder that belongs to `user`, and remove it."""
    path = tempfile.mkdtemp(prefix="leadflow-")
    try:
        if user:
            shutil.chown(path, user)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def postgres(stack: ExitStack) -> str | None:
    """Return the address of a PostgreSQL server to test on: the one given, the local one, or a private one."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return given
    if may_create_databases(LOCAL_POSTGRES):
        return LOCAL_POSTGRES
    initdb, server = program("initdb", *POSTGRES_PLACES), program("postgres", *POSTGRES_PLACES)
    if not (initdb and server):
        return None
    user, port = other_user(), free_port()
    data = f"{stack.enter_context(folder(user))}/data"
    made = subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        user=user,
        cwd="/",
        capture_output=True,
        text=True,
    )
    if made.returncode:
        say(made.stderr)
        return None
    options = ["listen_addresses=127.0.0.1", f"unix_socket_directories={Path(data).parent}", "fsync=off"]
    command = [server, "-D", data, "-p", str(port), *(word for option in options for word in ("-c", option))]
    process = stack.enter_context(running(command, user))
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    return url if wait_for(lambda: may_create_databases(url), process) else None


def redis_server(stack: ExitStack) -> str | None:
    """Return the address of a Redis to test on: the one given, the local one, or a private one."""
    if given := os.environ.get("REDIS_URL"):
        return given
    if redis_answers(LOCAL_REDIS):
        return LOCAL_REDIS
    server = program("redis-server") or program("valkey-server")
    if not server:
        return None
    port = free_port()
    path = stack.enter_context(folder())
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", path, "--save", ""]
    process = stack.enter_context(running(command))
    url = f"redis://127.0.0.1:{port}/0"
    return url if wait_for(lambda: redis_answers(url), process) else None


def chromium() -> str | None:
    """Return the path of a Chromium, installing Debian's first when this is root and there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    given = os.environ.get("LEADFLOW_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, names)), None)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests.")
        quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "-qq", "update"], check=False, **quiet)
        subprocess.run(["apt-get", "-qq", "install", "-y", "chromium"], check=False, **quiet)
        found = shutil.which("chromium")
    return found


def main(command: list[str]) -> int:
    with ExitStack() as stack:
        env = dict(os.environ)
        wanted = {
            "LEADFLOW_TEST_POSTGRES": (lambda: postgres(stack), "No PostgreSQL: nothing is tested on it."),
            "REDIS_URL": (lambda: redis_server(stack), "No Redis: the tests that need it are skipped."),
            "LEADFLOW_CHROMIUM": (chromium, "No Chromium: the browser tests are skipped."),
        }
        for name, (find, missing) in wanted.items():
            if value := find():
                env[name] = value
                say(f"{name}={value.split('@')[-1]}")
            else:
                env.pop(name, None)
                shout(missing)
        for name, missing in DATA.items():
            if not (SHARED / name).is_dir():
                shout(f"No {SHARED / name}: {missing}")
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
