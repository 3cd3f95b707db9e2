"""From addresses to workbooks, without compiling one."""

import asyncio
import gc
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import basics
from execd import _native
from execd.errors import CallError, Kind
from execd.registry import folder as folder_module
from execd.registry import listing, versions
from execd.registry.address import Address, key
from execd.registry.catalog import Version
from execd.registry.compiled import Program, Programs
from execd.registry.folder import FRESH, Folder
from execd.registry.listing import AGAIN, Stamp
from execd.runtime.board import Board
from execd.runtime.suspension import Suspensions
from tests.server import PATIENCE

# Versions of one service, and another service beside it.
FILES = [
    "shop/price.xlsx",
    "shop/price[1.4.3].xlsx",
    "shop/price[1.4.10].xlsx",
    "shop/price[10.0.0].xlsx",
    "shop/price[1.5].xlsx",
    "shop/~$price.xlsx",
    "shop/notes.txt",
    "other/rate[2].xlsx",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(basics() + name.encode())
    return tmp_path


def find(root: Path, version_id: str = "", service_id: str = "", service: str = "") -> Version:
    return asyncio.run(Folder([root]).find("tenant", Address(version_id, service_id, service)))


@pytest.mark.parametrize(
    ("service", "number"),
    [
        ("shop/price", "10.0.0"),
        ("SHOP/Price", "10.0.0"),
        ("/folders/shop/services/price", "10.0.0"),
        ("folders/shop/services/price[1.4]", "1.4.10"),
        ("shop/price[1]", "1.5.0"),
        ("shop/price[1.4]", "1.4.10"),
        ("shop/price[1.4.3]", "1.4.3"),
        ("shop/price[0.1.0]", "0.1.0"),
        ("shop/price[]", "10.0.0"),
        ("other/rate", "2.0.0"),
    ],
)
def test_a_service_is_addressed_as_documented(root: Path, service: str, number: str) -> None:
    assert find(root, service=service).number == number


@pytest.mark.parametrize(
    "service",
    [
        *("shop/nothing", "nowhere/price", "price", "shop/price[1.4.4]", "shop/price[2]", "../shop/price"),
        *("shop/../price", "shop/price\0", "a/b/c/d", "0a0a0a0a-0000-4000-8000-000000000000", "//", "shop/~$price"),
    ],
)
def test_an_unknown_service_is_told(root: Path, service: str) -> None:
    with pytest.raises(CallError) as caught:
        find(root, service=service)
    assert caught.value.kind is Kind.SERVICE_NOT_FOUND


@pytest.mark.parametrize("service", ["shop/price[latest]", "shop/price[1.2.3.4]", "shop/price[-1]", ""])
def test_a_version_that_is_none_is_refused(root: Path, service: str) -> None:
    with pytest.raises(CallError) as caught:
        find(root, service=service)
    assert caught.value.kind is Kind.INVALID_REQUEST


def test_ids_are_stable_and_go_before_names(root: Path) -> None:
    old = find(root, service="shop/price[1.4.3]")
    again = find(root, version_id=old.version_id.upper(), service_id="x", service="other/rate")
    assert (again.version_id, again.number) == (old.version_id, "1.4.3")
    newest = find(root, service_id=old.service_id, service="other/rate")
    assert newest.number == "10.0.0"
    assert newest.service_id == old.service_id
    assert newest.version_id != old.version_id
    assert find(root, service=f"{old.service_id}[1.4.3]").version_id == old.version_id


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def number_of(folder: Folder, address: Address) -> str | None:
    """The version number behind an address, if there is one."""
    try:
        return (await folder.find("tenant", address)).number
    except CallError as error:
        return None if error.kind is Kind.SERVICE_NOT_FOUND else str(error)


def test_changes_are_seen_after_a_tenth_of_a_second_and_not_before(root: Path) -> None:
    folder, path = Folder([root], clock := Clock()), root / "other" / "rate[2].xlsx"
    rate = Address(service="other/rate")

    async def story() -> None:
        first = await folder.find("tenant", rate)
        path.write_bytes(basics() + b"changed")
        os.utime(path, ns=(1, 1))
        assert await folder.find("tenant", rate) is first
        clock.now += FRESH
        second = await folder.find("tenant", rate)
        assert second.version_id != first.version_id
        assert await number_of(folder, Address(version_id=first.version_id)) is None
        assert await number_of(folder, Address(version_id=second.version_id)) == "2.0.0"
        (root / "other" / "rate[3].xlsx").write_bytes(basics())
        assert await number_of(folder, rate) == "2.0.0"
        clock.now += FRESH
        assert await number_of(folder, rate) == "3.0.0"
        path.unlink()
        clock.now += FRESH
        assert await number_of(folder, Address(service="other/rate[2]")) is None
        assert await number_of(folder, Address(version_id=second.version_id)) is None

    asyncio.run(story())


def test_between_two_looks_everything_is_answered_from_memory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder([root], clock := Clock())
    asked: list[Path] = []

    async def story() -> None:
        first = await folder.find("tenant", Address(service="other/rate"))
        stat = os.stat

        def counted(path: Path, **more: Any) -> os.stat_result:
            asked.append(path)
            return stat(path, **more)

        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", counted)
            for _ in range(100):
                assert await folder.find("tenant", Address(service="other/rate")) is first
            assert asked == []
            clock.now += FRESH
            assert await folder.find("tenant", Address(service="other/rate")) is first
            assert asked != []

    asyncio.run(story())


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stamp], None]:
    """Gives every file and folder the same stamp."""

    def begin(stamp: Stamp) -> None:
        monkeypatch.setattr(listing, "stamp", lambda _: stamp)
        monkeypatch.setattr(versions, "stamp", lambda _: stamp)

    return begin


def test_a_folder_whose_stamp_tells_nothing_is_read_again(root: Path, always: Callable[[Stamp], None]) -> None:
    # Some network file systems give folders no times.
    always(Stamp(0, 0, 0, 0, 0))
    folder, late = Folder([root], clock := Clock()), Address(service="other/late")

    async def story() -> None:
        assert await number_of(folder, late) is None
        (root / "other" / "late.xlsx").write_bytes(basics())
        clock.now += AGAIN
        assert await number_of(folder, late) == "0.1.0"

    asyncio.run(story())


def test_a_file_that_has_just_changed_is_read_again(root: Path, always: Callable[[Stamp], None]) -> None:
    # A second change within the same tick of a coarse clock leaves the stamp as it is.
    always(Stamp(time.time_ns(), 0, 0, 0, 0))
    folder, rate = Folder([root], clock := Clock()), Address(service="other/rate")

    async def story() -> None:
        first = await folder.find("", rate)
        (root / "other" / "rate[2].xlsx").write_bytes(b"of another content")
        clock.now += FRESH
        assert (await folder.find("", rate)).version_id != first.version_id

    asyncio.run(story())


def test_the_newest_version_of_each_service_is_tried_when_it_appears(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "SEARCH", 0)
    tried: list[str] = []

    async def check(version: Version) -> None:
        tried.append(f"{version.service} {version.number}")

    async def story() -> None:
        task = asyncio.create_task(Folder([root], check=check).watch())
        await until(lambda: {"rate 2.0.0", "price 10.0.0"} <= set(tried))
        (root / "other" / "rate[3].xlsx").write_bytes(basics())
        await until(lambda: "rate 3.0.0" in tried)
        task.cancel()

    asyncio.run(story())
    assert set(tried) == {"rate 2.0.0", "price 10.0.0", "rate 3.0.0"}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  nobody tells when
            await asyncio.sleep(0)


def test_not_more_than_fit_are_tried_at_the_start(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "SEARCH", 0)
    monkeypatch.setattr(folder_module, "FIRST", 0)
    tried: list[str] = []

    async def check(version: Version) -> None:
        tried.append(version.number)

    async def story() -> None:
        folder = Folder([root], check=check)
        task = asyncio.create_task(folder.watch())
        await folder.find("", Address(service="other/rate"))
        (root / "other" / "rate[3].xlsx").write_bytes(basics())
        await until(lambda: "3.0.0" in tried)
        task.cancel()

    asyncio.run(story())
    assert "10.0.0" not in tried


def test_the_last_good_version_serves_while_its_successor_compiles(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "PATIENCE", 0)
    rate = Address(service="other/rate")

    async def story() -> None:
        ready = asyncio.Event()
        ready.set()

        async def check(_: Version) -> None:
            await ready.wait()

        folder = Folder([root], clock := Clock(), check)
        first = await folder.find("", rate)
        ready.clear()
        (root / "other" / "rate[2].xlsx").write_bytes(b"another workbook")
        clock.now += FRESH
        assert await folder.find("", rate) is first
        ready.set()
        async with asyncio.timeout(PATIENCE):
            while await folder.find("", rate) is first:
                clock.now += FRESH
                await asyncio.sleep(0)

    asyncio.run(story())


def test_a_fault_of_ours_spoils_one_workbook_only(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def check(version: Version) -> None:
        if version.number == "10.0.0":
            raise RuntimeError("a bug")

    async def story() -> None:
        folder = Folder([root], check=check)
        assert await number_of(folder, Address(service="shop/price")) == "1.5.0"
        assert [one.version for one in folder.broken("")] == ["10.0.0"]

    asyncio.run(story())
    assert "a bug" in caplog.text


pieces = st.sampled_from(
    ["[", "]", "[1]", "[1.2]", "[]", "[v]", ".", " ", "1", "a", "A", "é", "e\u0301", "ß", "\n", "٣"]
)
names = st.lists(
    st.one_of(pieces, st.text(st.characters(exclude_characters="/"), max_size=3)), min_size=1, max_size=6
).map("".join)


@given(folder=names.filter(lambda name: not name.startswith(".")), files=st.lists(names, min_size=1, max_size=4))
def test_whatever_is_listed_is_found_by_its_name_and_its_id(folder: str, files: list[str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        for name in files:
            try:
                path = Path(root, folder, f"{name}.xlsx")
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"")
            except (OSError, ValueError):
                # No name for a file or folder.
                continue
        catalog = Folder([Path(root)])
        for one in catalog.services(""):
            service = f"{one.folder}/{one.service}"
            found = asyncio.run(catalog.find("", Address(service=service)))
            assert (found.folder, key(found.service)) == (one.folder, key(one.service))
            version = asyncio.run(catalog.find("", Address(service=f"{service}[{one.number}]")))
            assert version.number == one.number
            assert asyncio.run(catalog.find("", Address(service_id=one.service_id))).version_id == found.version_id


def test_many_callers_share_one_compilation(root: Path) -> None:
    programs = Programs(folder := Folder([root]), _native.Model, Board(1), Suspensions())

    async def story() -> list[Program]:
        version = await folder.find("", Address(service="other/rate"))
        return await asyncio.gather(*(programs.of(version) for _ in range(20)))

    first, *others = asyncio.run(story())
    assert all(other is first for other in others)


def test_a_file_that_was_replaced_is_not_taken_for_what_it_was(root: Path) -> None:
    async def story() -> None:
        version = await (folder := Folder([root])).find("", Address(service="other/rate"))
        (root / "other" / "rate[2].xlsx").write_bytes(b"another workbook")
        with pytest.raises(CallError, match="being replaced") as caught:
            await Programs(folder, _native.Model, Board(1), Suspensions()).of(version)
        assert caught.value.kind is Kind.WORKBOOK

    asyncio.run(story())


def test_the_first_root_wins_and_a_missing_one_is_empty(root: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    (later / "shop").mkdir(parents=True)
    (later / "shop" / "price[99].xlsx").write_bytes(basics())
    (later / "shop" / "extra.xlsx").write_bytes(basics())
    listed = Folder([root / "missing", root, later]).services("")
    assert next(one.number for one in listed if one.service == "price") == "10.0.0"
    assert [one.number for one in listed if one.service == "extra"] == ["0.1.0"]


def test_long_addresses_are_not_kept(root: Path) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for at in range(64):
            with pytest.raises(CallError):
                find(root, service=f"shop/{at}" + "x" * (1 << 18))
        # Refusals hold the frames they came through.
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 16 MiB of addresses were read.
    assert after - before < 4 << 20
