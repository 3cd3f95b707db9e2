"""The settings of a server: a TOML file, then the environment, then the command line. Nothing else reads them.

Every field has its default here and nowhere else; `EXECD_` and the field's name in capitals is its variable.
"""

import difflib
import os
import platform
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec

PREFIX = "EXECD_"
# Names the TOML file.
CONFIG = "EXECD_CONFIG"
MIB = 1 << 20
DAY = 86_400
# More of these than any machine has use for.
MOST = {"workers": 1024, "threads": 1024, "max_executions": 65_536}

NOT_NEGATIVE = (
    "queue",
    "queue_seconds",
    "run_seconds",
    "keep_runs",
    "max_body",
    "max_held",
    "max_discard",
    "max_spool",
    "keep_run_bytes",
    "max_worker_memory",
    "max_execution_memory",
    "max_compile_memory",
)
# More than this has seldom use, for all executions of a worker and for one execution or compilation.
MOST_MEMORY, MOST_OF_ONE = 2048 * MIB, 512 * MIB

# How like a setting a variable must be to be taken for a misspelt one.
CLOSE = 0.85

# Where version 2 and version 1 of Linux' control groups tell a container's limit; a word or a huge number means none.
CONTAINER_MEMORY = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))

# How people write a boolean.
YES = {"yes", "on", "true", "1"}
NO = {"no", "off", "false", "0"}

# What Kubernetes and Docker put into the environment of every container beside a service whose name begins with execd.
_injected = re.compile(
    r"""EXECD_ (\w+_)? (SERVICE_HOST | SERVICE_PORT(_\w+)? | PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR)\w*)?) =.*
    | EXECD_ \w+ = (tcp|udp|sctp)://.*
    | EXECD_ (\w+_)? (NAME = /.* | ENV_\w+ =.*)""",
    re.VERBOSE | re.DOTALL,
)


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["plain", "json"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one server runs with. Sizes are bytes, times are seconds; 0 means "choose for this machine"."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    threads: int = 0
    data: Path | None = None
    examples: bool = False
    max_executions: int = 0
    time_limit: float = 55.0
    # Calls that may wait for a permit in one worker, and for how long, before they get 429.
    queue: int = 64
    queue_seconds: float = 10.0
    # Executions of files: for how long one may run, 0 without a limit; the service of those that name none; what they
    # put aside on the disk of one worker; how long and how many bytes of what is known of them are kept.
    run_seconds: float = 0.0
    default_service: str = ""
    max_spool: int = 64 << 30
    keep_runs: float = 7.0 * DAY
    keep_run_bytes: int = 256 * MIB
    # What this machine is called in answers.
    node: str = ""
    # A body after decompression; all bodies and large answers held by one worker; what is read and thrown away after a
    # refusal.
    max_body: int = 256 * MIB
    max_held: int = 1024 * MIB
    max_discard: int = 2048 * MIB
    # What the executions of one worker may hold together of inputs, texts, arrays and answers; what one may hold of
    # inputs, and of texts and arrays.
    max_worker_memory: int = 0
    max_execution_memory: int = 0
    # What it may take to compile a workbook.
    compile_seconds: float = 60.0
    max_compile_memory: int = 0
    max_compile_steps: int = 4_000_000
    # The log: from which level on, how a line looks, and whether there is one for each call that was answered.
    log_level: LogLevel = "info"
    log_format: LogFormat = "plain"
    log_calls: bool = True

    def __post_init__(self) -> None:
        """Refuse what can never work, naming the field."""
        if not 0 < self.port <= 65535:  # noqa: PLR2004
            raise ValueError(f"port: {self.port} is not between 1 and 65535")
        for field, most in MOST.items():
            if not 0 <= getattr(self, field) <= most:
                raise ValueError(f"{field}: {getattr(self, field)} is not between 0 and {most}")
        for field in NOT_NEGATIVE:
            # Not `< 0`: that is never true of NaN.
            if not getattr(self, field) >= 0:
                raise ValueError(f"{field}: must not be negative")
        for field in ("time_limit", "compile_seconds"):
            if not 0 < getattr(self, field) <= DAY:
                raise ValueError(f"{field}: {getattr(self, field)} is not between 0 and {DAY} seconds")
        if self.max_compile_steps < 1:
            raise ValueError(f"max_compile_steps: {self.max_compile_steps} is less than 1")

    def for_machine(self) -> "Settings":
        """Replace the zeros by what suits the number of cores, and the memory that this process may use."""
        cores = os.cpu_count() or 1
        workers = self.workers or cores
        share = _machine_memory() // workers
        memory = self.max_worker_memory or min(MOST_MEMORY, share // 2)
        return msgspec.structs.replace(
            self,
            workers=workers,
            threads=self.threads or max(1, cores // workers),
            max_executions=self.max_executions or 2 * cores,
            max_worker_memory=memory,
            max_execution_memory=self.max_execution_memory or min(MOST_OF_ONE, memory // 2),
            # A worker compiles two workbooks at once.
            max_compile_memory=self.max_compile_memory or min(MOST_OF_ONE, share // 8),
            node=self.node or platform.node(),
        )

    @property
    def permit_file(self) -> Path:
        """The file whose byte ranges are the permits of this node."""
        return self.home / f"permits-{self.port}"

    @property
    def runs(self) -> Path:
        """The folder of what is known of runs."""
        return self.home / "runs"

    @property
    def home(self) -> Path:
        """The data folder, or one of this user's under the temporary folder."""
        return self.data or Path(os.environ.get("TMPDIR", "/tmp")) / f"execd-{os.getuid()}"  # noqa: S108


def _machine_memory() -> int:
    """Bytes that this machine has, or that its container may use if that is less."""
    least = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in CONTAINER_MEMORY:
        with suppress(OSError, ValueError):
            least = min(least, int(file.read_text()))
    return least


def load(file: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401
    """Settings from `file`, the environment and `overrides` (of which `None` means "not given").

    Raises ValueError that names the source and the setting.
    """
    given = _from_file(file) if file else {}
    given |= _from_environment(os.environ)
    given |= {name: Given(flag(name), value) for name, value in overrides.items() if value is not None}
    values = {name: _read(name, *one) for name, one in given.items()}
    try:
        return Settings(**values)
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        raise ValueError(f"{given[name].place}: {message}") from None


class Given(NamedTuple):
    """What a source gives for a setting, and how people find it there."""

    place: str
    value: Any


def flag(name: str) -> str:
    """How a setting is spelled on the command line."""
    return f"--{name.replace('_', '-')}"


_types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
_wanted = {int: "a whole number", float: "a number", bool: "yes, no, on, off, true, false, 1 or 0", str: "a text"}


def _read(name: str, place: str, value: Any) -> Any:  # noqa: ANN401
    """The value of a setting, as its source spells it. Words may be in any case."""
    type_ = _types[name]
    word = str(value).strip().lower()
    if type_ is bool and word in YES | NO:
        return word in YES
    if get_origin(type_) is Literal:
        words = get_args(type_)
        if word in words:
            return word
        raise ValueError(f"{place}: {value!r} is not {', '.join(words[:-1])} or {words[-1]}")
    if type_ == Path | None:
        if isinstance(value, str | Path) and str(value):
            return Path(value)
        raise ValueError(f"{place}: {value!r} is no path")
    try:
        if type_ is not bool and not isinstance(value, bool):
            return msgspec.convert(value, type_, strict=False)
    except msgspec.ValidationError:
        pass
    raise ValueError(f"{place}: {value!r} is not {_wanted[type_]}")


def _from_file(file: Path) -> dict[str, Given]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: not valid TOML: {error}") from None
    if unknown := values.keys() - _types.keys():
        raise ValueError(f"{file}: unknown setting: {', '.join(sorted(unknown))}")
    return {name: Given(f"{file}: {name}", value) for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    """What the environment sets; an empty variable sets nothing."""
    fields = {PREFIX + name.upper(): name for name in _types}
    ours = _ours(environment)
    for name in sorted(ours.keys() - fields.keys()):
        if meant := difflib.get_close_matches(name, fields, 1, CLOSE):
            raise ValueError(f"unknown setting in the environment: {name}; did you mean {meant[0]}?")
    return {fields[name]: Given(name, value) for name, value in ours.items() if value and name in fields}


def plain_object_store() -> bool:
    """Whether object stores of S3's kind are spoken to without TLS: their address in the environment says it."""
    return os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")


def unknown() -> list[str]:
    """Variables that begin like a setting and are none, as images of containers have them: they set nothing."""
    return sorted(_ours(os.environ).keys() - {PREFIX + name.upper() for name in _types})


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != CONFIG and not _injected.fullmatch(f"{name}={value}")
    }
