"""A folder of services as people and programs leave it, seen by callers of a real server."""

import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from books import long_sum, workbook
from conftest import Server, eventually
from tests import server as process
from tests.server import execd_command, free_port

# A server that root starts may read and write everything, unless it gives these up.
CAPABILITIES = "-dac_override,-dac_read_search"
AS_ANYBODY = ["setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}"] if os.geteuid() == 0 else []
needs_setpriv = pytest.mark.skipif(
    bool(AS_ANYBODY) and not shutil.which("setpriv"), reason="root without setpriv may do everything"
)


def times(factor: int) -> bytes:
    """A workbook whose `y` is `x` times a factor."""
    return workbook({"A1": 1, "B1": f"=A1*{factor}"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})


BROKEN = workbook({"A1": 1, "B1": "=NOSUCHFUNCTION(A1)"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """`T/m`, whose y is twice its x."""
    folder = tmp_path / "services" / "T"
    folder.mkdir(parents=True)
    (folder / "m.xlsx").write_bytes(times(2))
    return folder


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Servers of the folder, which stop at the end."""
    started: list[Server] = []

    def begin(*options: str) -> Server:
        started.append(Server(tmp_path, "--workers", "1", *options))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def y(server: Server, service: str = "T/m") -> Any:
    return server.execute(service, [{"x": 10}])["outputs"][0]["y"]


def status(server: process.Server, **address: str) -> int:
    body = json.dumps({"inputs": [{"x": 1}], **address}, ensure_ascii=True).encode()
    return httpx.post(server.url + "/tenant/api/v4/execute", content=body).status_code


def listed(server: process.Server) -> list[dict[str, str]]:
    return [one for one in httpx.get(server.url + "/").json()["services"] if one["service"].lower().startswith("t/")]


def log(server: Server) -> str:
    assert server.log
    return server.log.read_text()


def test_what_is_listed_can_be_called(services: Path, serve: Callable[[], Server]) -> None:
    names = [
        "Pricing[EU]",
        "x[v2]",
        "y[1.2.3.4]",
        "[EU]",
        "[1.2]",
        "z[]",
        "w[1.2][3]",
        "a [b]",
        " room ",
        "line\nbreak",
    ]
    names += ["9" * 50 + "[" + "9" * 30 + "]", unicodedata.normalize("NFD", "Größe"), "ΣΊΣΥΦΟΣ", "100%", "a#?&b"]
    for name in names:
        (services / f"{name}.xlsx").write_bytes(times(2))
    server = serve()
    found = listed(server)
    assert len(found) == len(names) + 1
    assert {(one["service"], status(server, service=one["service"])) for one in found} == {
        (one["service"], 200) for one in found
    }
    assert all(status(server, service_id=one["service_id"]) == 200 for one in found)


def test_normal_forms_of_a_name_are_one_name(services: Path, serve: Callable[[], Server]) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Prämie é") for form in ("NFC", "NFD"))
    folder = services.parent / unicodedata.normalize("NFD", "Übung")
    folder.mkdir()
    (folder / f"{decomposed}.xlsx").write_bytes(times(2))
    server = serve()
    answers = [
        server.execute(f"{unicodedata.normalize(form, 'Übung')}/{name}", [{"x": 1}])
        for form in ("NFC", "NFD")
        for name in (composed, decomposed, composed.upper(), decomposed.upper())
    ]
    assert len({answer["version_id"] for answer in answers}) == 1


def test_names_that_differ_in_case_only_are_told(services: Path, serve: Callable[[], Server]) -> None:
    (services / "M.xlsx").write_bytes(times(3))
    (services.parent / "t").mkdir()
    server = serve()
    assert [one["service"] for one in listed(server)] == ["T/M"]
    assert y(server) == 30
    assert f"{services}/m.xlsx: not served: {services}/M.xlsx is the same version" in log(server)
    assert f"{services.parent}/t: not served" in log(server)


def test_a_file_is_found_although_the_time_of_its_folder_is_set_back(
    services: Path, serve: Callable[[], Server]
) -> None:
    # As `tar x`, `rsync -a` and `cp -a` do.
    os.utime(services, (1577836800, 1577836800))
    server = serve()
    assert status(server, service="T/late") == 404
    (services / "late.xlsx").write_bytes(times(5))
    (services / "m[2.0.0].xlsx").write_bytes(times(7))
    os.utime(services, (1577836800, 1577836800))
    eventually(lambda: status(server, service="T/late") == 200, "the file was found")
    assert y(server) == 70


def test_a_file_that_is_replaced_by_one_of_its_size_and_time_is_another(
    services: Path, serve: Callable[[], Server]
) -> None:
    file, first, second = services / "m.xlsx", times(2), times(3)
    os.utime(file, (1577836800, 1577836800))
    assert len(first) == len(second)
    server = serve()
    assert y(server) == 20
    file.write_bytes(second)
    os.utime(file, (1577836800, 1577836800))
    eventually(lambda: y(server) == 30, "the file was read")


@needs_setpriv
def test_an_entry_that_cannot_be_read_spoils_no_other(services: Path, tmp_path: Path) -> None:
    (services / "loop.xlsx").symlink_to("loop.xlsx")
    (services / "nothing.xlsx").symlink_to("nowhere.xlsx")
    (services / "folder.xlsx").mkdir()
    os.mkfifo(services / "pipe.xlsx")
    (services / "secret.xlsx").write_bytes(times(2))
    (services / "secret.xlsx").chmod(0)
    Path(os.fsdecode(bytes(services) + b"/Pr\xe4mie.xlsx")).write_bytes(times(2))
    (services.parent / "loop").symlink_to("loop")
    (services.parent / "lost+found").mkdir()
    (services.parent / "lost+found").chmod(0)
    output = tmp_path / "log"
    try:
        with process.Server([*AS_ANYBODY, *execd_command(tmp_path)], port=(port := free_port()), log=output) as server:
            assert port == server.port
            assert [one["service"] for one in listed(server)] == ["T/m"]
            only = httpx.post(
                server.url + "/tenant/api/v4/execute", json={"service": "T/m", "inputs": [{"x": 1}]}
            ).json()
            assert status(server, service_id=only["service_id"]) == 200
            assert status(server, version_id=only["version_id"]) == 200
            assert status(server, version_id="0" + only["version_id"][1:]) == 404
            for name in ("T/loop", "T/nothing", "T/folder", "T/pipe", "T/secret", "T/Pr", "lost+found/x", "loop/x"):
                assert (name, status(server, service=name)) == (name, 404)
    finally:
        (services.parent / "lost+found").chmod(0o700)
    said = output.read_text()
    for name in ("loop", "nothing", "folder", "pipe", "secret", "Pr\\udce4mie"):
        assert f"{services}/{name}.xlsx: not served" in said
    assert f"{services.parent}/lost+found: not served: Permission denied" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "bad", [b"", times(2)[:700], BROKEN, b"no workbook"], ids=["empty", "half", "formula", "text"]
)
def test_a_broken_file_does_not_replace_what_serves(services: Path, serve: Callable[[], Server], bad: bytes) -> None:
    server, file = serve(), services / "m.xlsx"
    good = server.execute("T/m", [{"x": 10}])
    file.write_bytes(bad)
    eventually(lambda: broken(server) == ["T/m"], "readyz told it")
    again = server.execute("T/m", [{"x": 10}])
    assert (again["outputs"], again["version_id"]) == (good["outputs"], good["version_id"])
    assert status(server, version_id=good["version_id"]) == status(server, service_id=good["service_id"]) == 200
    told = f"a version is refused service=T/m version=0.1.0 file={file} reason="
    eventually(lambda: told in log(server), "the log told it")
    assert 'serves="the last good workbook"' in log(server)
    file.write_bytes(times(3))
    eventually(lambda: y(server) == 30, "the good file was taken")
    assert broken(server) == []


def broken(server: Server) -> list[str]:
    return [one["service"] for one in server.status()["broken"]]


def test_a_broken_version_does_not_replace_an_older_one(services: Path, serve: Callable[[], Server]) -> None:
    server = serve()
    (services / "m[2.0.0].xlsx").write_bytes(BROKEN)
    # Nobody calls it: what is new is tried when it appears.
    eventually(lambda: broken(server) == ["T/m"], "readyz told it")
    assert server.status()["broken"][0]["version"] == "2.0.0"
    assert "NOSUCHFUNCTION" in server.status()["broken"][0]["reason"]
    assert y(server) == 20
    assert status(server, service="T/m[2]") == status(server, service="T/m[2.0.0]") == 422
    (services / "m[2.0.0].xlsx").unlink()
    eventually(lambda: broken(server) == [], "readyz forgot it")


def test_a_service_goes_on_while_its_file_is_replaced(services: Path, serve: Callable[[], Server]) -> None:
    server, file = serve(), services / "m.xlsx"
    content, successor = file.read_bytes(), times(3)
    assert y(server) == 20
    # In pieces, as over a slow line; and taken away first, as some programs do.
    for size in range(0, len(content), 500):
        file.write_bytes(content[:size])
        assert y(server) == 20
    file.unlink()
    assert y(server) == 20
    file.write_bytes(successor)
    eventually(lambda: y(server) == 30, "the new file was taken")
    file.unlink()
    eventually(lambda: status(server, service="T/m") == 404, "the service went")


def test_a_link_is_what_it_leads_to(services: Path, serve: Callable[[], Server], tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    for name, factor in (("1", 3), ("2", 5)):
        (releases / name).mkdir(parents=True)
        (releases / name / "n.xlsx").write_bytes(times(factor))
    (releases / "now").symlink_to("1")
    (services / "n.xlsx").symlink_to(releases / "now" / "n.xlsx")
    server = serve()
    assert y(server, "T/n") == 30
    # As a release or a ConfigMap is switched.
    (releases / "next").symlink_to("2")
    (releases / "next").rename(releases / "now")
    eventually(lambda: y(server, "T/n") == 50, "the link was followed")
    (releases / "now").unlink()
    eventually(lambda: status(server, service="T/n") == 404, "the service went")


@pytest.mark.parametrize(
    ("version", "status_code"),
    [
        *((number, 404) for number in ("9" * 18, "9" * 19, "9" * 4301, "0." + "9" * 100_000, "1" * 500_000)),
        *((word, 400) for word in ("٣", "1e3", "0x1", "1.2.3.4", "v1", "+1")),
    ],
)
def test_absurd_versions_are_refused(server: Server, version: str, status_code: int) -> None:
    response = server.post(json.dumps({"service": f"tests/basics[{version}]", "inputs": [{}]}).encode())
    assert (response.status_code, len(response.content) < 1000) == (status_code, True)


@needs_setpriv
def test_a_data_folder_that_cannot_be_written_is_one_line(services: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    output = tmp_path.parent / f"{tmp_path.name}.log"
    try:
        with pytest.raises(RuntimeError, match="did not start"):
            process.Server([*AS_ANYBODY, *execd_command(tmp_path)], log=output)
    finally:
        tmp_path.chmod(0o700)
    assert services.exists()
    said = output.read_text().splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"execd: data {tmp_path}: Permission denied")


def test_a_call_does_not_wait_for_a_workbook_beyond_its_time_limit(
    services: Path, serve: Callable[..., Server]
) -> None:
    length = 200_000
    (services / "long.new").write_bytes(long_sum(length))
    server = serve("--time-limit", "0.2")
    (services / "long.new").rename(services / "long.xlsx")
    body = json.dumps({"service": "T/long", "inputs": [{"a": 2}]}).encode()
    said: list[str] = []

    def is_answered() -> bool:
        response = server.post(body)
        said.append(f"{response.status_code} {response.json().get('message')}")
        if response.status_code == 200:
            assert response.json()["outputs"] == [{"b": 2 + sum(range(2, length + 1))}]
        else:
            # Another service answers in the meantime.
            assert y(server) == 20
        return response.status_code == 200

    eventually(is_answered, "the workbook is compiled for a later call")
    assert "504 the workbook was not compiled within the time limit of 0.2 s; it goes on for later calls" in said
