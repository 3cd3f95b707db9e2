"""From addresses to workbooks, without compiling one."""

import asyncio
import gc
import os
import tracemalloc
from pathlib import Path

import pytest

from books import basics
from conftest import eventually
from execd.errors import ApiError
from execd.registry import Registry, Version
from execd.workbooks import Workbooks

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


def resolve(root: Path, version_id: str = "", service_id: str = "", service: str = "") -> Version:
    return asyncio.run(Registry([root]).resolve(version_id, service_id, service))


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
    assert resolve(root, service=service).source.number == number


@pytest.mark.parametrize(
    "service",
    [
        *("shop/nothing", "nowhere/price", "price", "shop/price[1.4.4]", "shop/price[2]", "../shop/price"),
        *("shop/../price", "shop/price\0", "a/b/c/d", "0a0a0a0a-0000-4000-8000-000000000000", "//", "shop/~$price"),
    ],
)
def test_an_unknown_service_is_404(root: Path, service: str) -> None:
    with pytest.raises(ApiError) as caught:
        resolve(root, service=service)
    assert (caught.value.status, caught.value.body["code"]) == (404, "SERVICE_NOT_FOUND")
    assert caught.value.body["type"] == "invalid_input"


@pytest.mark.parametrize("service", ["shop/price[latest]", "shop/price[1.2.3.4]", "shop/price[-1]", ""])
def test_a_version_that_is_none_is_400(root: Path, service: str) -> None:
    with pytest.raises(ApiError) as caught:
        resolve(root, service=service)
    assert caught.value.status == 400


def test_ids_are_stable_and_go_before_names(root: Path) -> None:
    old = resolve(root, service="shop/price[1.4.3]")
    again = resolve(root, version_id=old.version_id.upper(), service_id="x", service="other/rate")
    assert (again.version_id, again.source.number) == (old.version_id, "1.4.3")
    newest = resolve(root, service_id=old.service_id, service="other/rate")
    assert newest.source.number == "10.0.0"
    assert newest.service_id == old.service_id
    assert newest.version_id != old.version_id
    assert resolve(root, service=f"{old.service_id}[1.4.3]").version_id == old.version_id


def test_a_changed_file_is_a_new_version_id_and_an_added_one_is_found(root: Path) -> None:
    registry = Registry([root])

    async def story() -> None:
        first = await registry.resolve("", "", "other/rate")
        assert await registry.resolve("", "", "other/rate") is first
        path = root / "other" / "rate[2].xlsx"
        path.write_bytes(basics() + b"changed")
        os.utime(path, ns=(1, 1))
        second = await registry.resolve("", "", "other/rate")
        assert second.version_id != first.version_id
        (root / "other" / "rate[3].xlsx").write_bytes(basics())
        assert (await registry.resolve("", "", "other/rate")).source.number == "3.0.0"
        path.unlink()
        with pytest.raises(ApiError):
            await registry.resolve("", "", "other/rate[2]")

    asyncio.run(story())


def test_an_address_keeps_its_version_for_a_moment(root: Path) -> None:
    registry, address = Registry([root]), ("", "", "other/rate")

    async def story() -> None:
        assert registry.found(address) is None
        first = await registry.resolve(*address)
        assert registry.found(address) in (first, None)
        (root / "other" / "rate[3].xlsx").write_bytes(basics())
        eventually(lambda: registry.found(address) is None, "the end of the moment")
        newer = await registry.resolve(*address)
        assert newer.source.number == "3.0.0"

    asyncio.run(story())


def test_many_callers_share_one_compilation(root: Path) -> None:
    registry = Registry([root])

    async def story() -> list[Version]:
        return await asyncio.gather(*(registry.resolve("", "", "other/rate") for _ in range(20)))

    first, *others = asyncio.run(story())
    assert all(other is first for other in others)


def test_the_first_root_wins_and_a_missing_one_is_empty(root: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    (later / "shop").mkdir(parents=True)
    (later / "shop" / "price[99].xlsx").write_bytes(basics())
    (later / "shop" / "extra.xlsx").write_bytes(basics())
    workbooks = Workbooks([root / "missing", root, later])
    assert workbooks.versions("shop", "price")[0].number == "10.0.0"
    assert workbooks.versions("shop", "extra")[0].path.parent == later / "shop"


def test_long_addresses_are_not_kept(root: Path) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for at in range(64):
            with pytest.raises(ApiError):
                resolve(root, service=f"shop/{at}" + "x" * (1 << 18))
        # Refusals hold the frames they came through.
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 16 MiB of addresses were read.
    assert after - before < 4 << 20
