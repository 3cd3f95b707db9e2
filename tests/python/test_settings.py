"""Settings: file, environment, command line, in this order."""

import re
from pathlib import Path

import pytest

from conftest import free_port
from execd import settings
from execd.server.network import listening_address
from execd.settings import Settings


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "execd.toml"
    file.write_text("port = 1\nworkers = 1\ntime_limit = 5\n")
    monkeypatch.setenv("EXECD_PORT", "2")
    monkeypatch.setenv("EXECD_WORKERS", "2")
    loaded = settings.load(file, port=3, workers=None)
    assert (loaded.time_limit, loaded.workers, loaded.port) == (5.0, 2, 3)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EXECD_PRT", "1", "EXECD_PRT"),
        ("EXECD_PORT", "x", "port"),
        ("EXECD_PORT", "70000", "port"),
        ("EXECD_PORT", "0", "port"),
        ("EXECD_TIME_LIMIT", "0", "time_limit"),
        ("EXECD_QUEUE", "-1", "queue"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=said):
        settings.load()


@pytest.mark.parametrize(("content", "said"), [(b"port = [", r"execd\.toml: not valid TOML"), (b"\xff", "TOML")])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "execd.toml"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        settings.load(file)


def test_zeros_become_what_suits_the_machine() -> None:
    ready = Settings().for_machine()
    assert min(ready.workers, ready.threads, ready.max_executions) >= 1
    assert Settings(workers=3, threads=2, max_executions=5).for_machine() == Settings(
        workers=3, threads=2, max_executions=5
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert listening_address(host, free_port()) == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_open_server_stays_on_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        listening_address(host, 8000)


def test_the_readme_lists_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE) == list(Settings.__struct_fields__)
