"""Settings: file, environment, command line, in this order."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execd import cli, settings
from execd.server.network import listening_address
from execd.settings import Settings
from tests.server import free_port


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "execd.toml"
    file.write_text("port = 1\nworkers = 1\ntime_limit = 5\n")
    monkeypatch.setenv("EXECD_PORT", "2")
    monkeypatch.setenv("EXECD_WORKERS", "2")
    loaded = settings.load(file, port=3, workers=None)
    assert (loaded.time_limit, loaded.workers, loaded.port) == (5.0, 2, 3)


whole = st.integers(0, 1 << 40)
# By setting: the values that it may have.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "host": st.from_regex(r"[a-z0-9.:-]{1,20}", fullmatch=True),
    "port": st.integers(1, 65535),
    "workers": st.integers(0, 1024),
    "threads": st.integers(0, 1024),
    "data": st.from_regex(r"[a-z][a-z /.]{0,20}", fullmatch=True).map(Path),
    "examples": st.booleans(),
    "max_executions": st.integers(0, 65_536),
    "time_limit": st.floats(0.001, 86_400),
    "queue": whole,
    "queue_seconds": st.floats(0, 1e6),
    "run_seconds": st.floats(0, 1e6),
    "default_service": st.from_regex(r"[a-z]{1,9}/[a-z]{1,9}", fullmatch=True),
    "max_spool": whole,
    "keep_runs": st.floats(0, 1e9),
    "keep_run_bytes": whole,
    "node": st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True),
    "max_body": whole,
    "max_held": whole,
    "max_discard": whole,
    "max_worker_memory": whole,
    "max_execution_memory": whole,
    "compile_seconds": st.floats(0.001, 86_400),
    "max_compile_memory": whole,
    "max_compile_steps": st.integers(1, 1 << 40),
    "log_level": st.sampled_from(["debug", "info", "warning", "error"]),
    "log_format": st.sampled_from(["plain", "json"]),
    "log_calls": st.booleans(),
}
some = st.fixed_dictionaries({}, optional=VALUES)
SERVE = cli.main.commands["serve"]
FLAGS = {option.name for option in SERVE.params}
YES, NO = ["yes", "on", "true", "1"], ["no", "off", "false", "0"]


def test_every_setting_has_values_to_try_and_a_flag() -> None:
    assert list(VALUES) == list(Settings.__struct_fields__)
    assert VALUES.keys() <= FLAGS


@given(in_file=some, in_environment=some, in_flags=some)
def test_any_setting_may_come_from_any_source(
    tmp_path_factory: pytest.TempPathFactory,
    in_file: dict[str, Any],
    in_environment: dict[str, Any],
    in_flags: dict[str, Any],
) -> None:
    file = tmp_path_factory.getbasetemp() / "execd.toml"
    file.write_text("".join(f"{name} = {in_toml(value)}\n" for name, value in in_file.items()))
    flags = ["--config", str(file)]
    for name, value in in_flags.items():
        flag = f"--{name.replace('_', '-')}"
        flags.append(
            {True: flag, False: flag.replace("--", "--no-", 1)}[value]
            if isinstance(value, bool)
            else f"{flag}={value}"
        )
    with pytest.MonkeyPatch.context() as environment, SERVE.make_context("serve", flags) as context:
        for name, value in in_environment.items():
            environment.setenv(f"EXECD_{name.upper()}", str(value))
        loaded = settings.load(context.params.pop("config"), **context.params)
    assert loaded == Settings(**in_file | in_environment | in_flags)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("word", [*YES, *NO, "Yes", "OFF"])
def test_a_boolean_is_written_as_people_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, quote: str
) -> None:
    wanted = word.lower() in YES
    if quote or word in {"true", "false", "1", "0"}:
        file = tmp_path / "execd.toml"
        file.write_text(f"examples = {quote}{word}{quote}\n")
        assert settings.load(file).examples is wanted
    monkeypatch.setenv("EXECD_EXAMPLES", word)
    assert settings.load().examples is wanted


# What the documentation of Kubernetes ("Environment variables" of a Service) and of Docker's links list, for services
# called execd and execd-canary.
INJECTED = {
    "EXECD_SERVICE_HOST": "10.0.0.1",
    "EXECD_SERVICE_PORT": "8000",
    "EXECD_SERVICE_PORT_HTTP": "8000",
    "EXECD_PORT": "tcp://10.0.0.1:8000",
    "EXECD_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "EXECD_PORT_8000_TCP_PROTO": "tcp",
    "EXECD_PORT_8000_TCP_PORT": "8000",
    "EXECD_PORT_8000_TCP_ADDR": "10.0.0.1",
    "EXECD_PORT_53_UDP": "udp://10.0.0.1:53",
    "EXECD_CANARY_SERVICE_HOST": "10.0.0.2",
    "EXECD_CANARY_PORT": "tcp://10.0.0.2:8000",
    "EXECD_CANARY_PORT_8000_TCP_ADDR": "10.0.0.2",
    "EXECD_NAME": "/web/execd",
    "EXECD_ENV_LANG": "C.UTF-8",
}


def test_what_a_container_platform_injects_is_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "execd.toml"
    file.write_text("port = 8123\n")
    for name, value in INJECTED.items():
        monkeypatch.setenv(name, value)
    assert settings.load(file) == Settings(port=8123)


@pytest.mark.parametrize("word", ["WARNING", " Warning "])
def test_a_word_may_be_spelled_in_any_case(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("EXECD_LOG_LEVEL", word)
    assert settings.load().log_level == "warning"


def in_toml(value: Any) -> str:
    return json.dumps(str(value)) if isinstance(value, str | Path) else str(value).lower()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EXECD_PRT", "1", "EXECD_PRT; did you mean EXECD_PORT"),
        ("EXECD_EXAMPLES", "perhaps", "EXECD_EXAMPLES: 'perhaps' is not yes, no"),
        ("EXECD_PORT", "x", "EXECD_PORT: 'x' is not a whole number"),
        ("EXECD_PORT", "70000", "EXECD_PORT: 70000 is not between"),
        ("EXECD_PORT", "0", "EXECD_PORT: 0 is not between"),
        ("EXECD_WORKERS", "100000", "EXECD_WORKERS: 100000 is not between"),
        ("EXECD_TIME_LIMIT", "0", "EXECD_TIME_LIMIT: 0.0 is not between"),
        ("EXECD_TIME_LIMIT", "soon", "EXECD_TIME_LIMIT: 'soon' is not a number"),
        ("EXECD_QUEUE", "-1", "EXECD_QUEUE: must not be negative"),
        ("EXECD_QUEUE_SECONDS", "nan", "EXECD_QUEUE_SECONDS: must not be negative"),
        ("EXECD_LOG_LEVEL", "loud", "EXECD_LOG_LEVEL: 'loud' is not debug, info, warning or error"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=said):
        settings.load()


def test_what_images_and_platforms_set_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXECD_WORKERS", "tcp://10.0.0.1:80")
    for name in ("EXECD_VERSION", "EXECD_IMAGE", "EXECD_CANARY_PORT"):
        monkeypatch.setenv(name, "1.0")
    assert settings.load() == Settings()
    assert settings.unknown() == ["EXECD_CANARY_PORT", "EXECD_IMAGE", "EXECD_VERSION"]


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXECD_DATA", "EXECD_PORT", "EXECD_EXAMPLES"):
        monkeypatch.setenv(name, "")
    assert settings.load() == Settings()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"port = [", r"execd\.toml: not valid TOML"),
        (b"\xff", "TOML"),
        (b"prt = 1", r"execd\.toml: unknown setting: prt"),
        (b'port = "x"', r"execd\.toml: port: 'x' is not a whole number"),
        (b"port = true", r"execd\.toml: port: True is not a whole number"),
        (b"queue = 1.5", r"execd\.toml: queue: 1.5 is not a whole number"),
        (b"data = 1", r"execd\.toml: data: 1 is no path"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "execd.toml"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        settings.load(file)


def test_a_wrong_flag_is_named() -> None:
    with pytest.raises(ValueError, match=r"--max-body: must not be negative"):
        settings.load(max_body=-1)
    with pytest.raises(ValueError, match=r"--data: '' is no path"):
        settings.load(data="")


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "execd.toml"
    file.write_text("port = 1\n")
    monkeypatch.setenv("EXECD_CONFIG", str(file))
    with SERVE.make_context("serve", []) as context:
        assert settings.load(context.params.pop("config"), **context.params).port == 1


def test_zeros_become_what_suits_the_machine() -> None:
    ready = Settings().for_machine()
    assert min(ready.workers, ready.threads, ready.max_executions) >= 1
    assert 0 < 2 * ready.max_execution_memory <= ready.max_worker_memory
    assert ready.max_compile_memory > 0
    chosen = Settings(
        workers=3,
        threads=2,
        max_executions=5,
        max_worker_memory=7,
        max_execution_memory=6,
        max_compile_memory=5,
        node="n",
    )
    assert chosen.for_machine() == chosen


@pytest.mark.parametrize(("limit", "worker"), [("1073741824\n", 256 << 20), ("max\n", None)])
def test_workers_share_what_their_container_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, worker: int | None
) -> None:
    """The file is as Linux' documentation of control groups, version 2, has it: bytes, or the word max."""
    file = tmp_path / "memory.max"
    file.write_text(limit)
    alone = Settings(workers=2).for_machine()
    monkeypatch.setattr(settings, "CONTAINER_MEMORY", (tmp_path / "none", file))
    ready = Settings(workers=2).for_machine()
    assert ready.max_worker_memory == (worker or alone.max_worker_memory)
    if worker:
        assert (ready.max_execution_memory, ready.max_compile_memory) == (worker // 2, worker // 4)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert listening_address(host, free_port()) == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_open_server_stays_on_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        listening_address(host, 8000)


def test_the_operators_page_lists_every_setting() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operating.md").read_text()
    table = page.partition("## Settings")[2].partition("##")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(Settings.__struct_fields__)
