"""The settings of a server: a TOML file, then the environment, then the command line. Nothing else reads them.

Every field has its default here and nowhere else; `EXECD_` and the field's name in capitals is its variable.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

PREFIX = "EXECD_"
MIB = 1 << 20

# How people write a boolean.
YES = {"yes", "on", "true", "1"}
NO = {"no", "off", "false", "0"}

# What Kubernetes and Docker put into the environment of every container beside a service whose name begins with execd.
_injected = re.compile(
    r"""EXECD_ (\w+_)? (SERVICE_HOST | SERVICE_PORT(_\w+)? | PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR)\w*)?) =.*
    | EXECD_ (\w+_)? PORT = (tcp|udp|sctp)://.*
    | EXECD_ (\w+_)? (NAME = /.* | ENV_\w+ =.*)""",
    re.VERBOSE | re.DOTALL,
)


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["plain", "json"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    # A body after decompression; all bodies and large answers held by one worker; what is read and thrown away after a
    # refusal.
    max_body: int = 256 * MIB
    max_held: int = 1024 * MIB
    max_discard: int = 2048 * MIB
    # The log: from which level on, how a line looks, and whether there is one for each call that was answered.
    log_level: LogLevel = "info"
    log_format: LogFormat = "plain"
    log_calls: bool = True

    def __post_init__(self) -> None:
        """Refuse what can never work, naming the field."""
        if not 0 < self.port <= 65535:  # noqa: PLR2004
            raise ValueError(f"port: {self.port} is not between 1 and 65535")
        for field in ("workers", "threads", "max_executions", "queue", "max_body", "max_held", "max_discard"):
            if getattr(self, field) < 0:
                raise ValueError(f"{field}: must not be negative")
        if not 0 < self.time_limit <= 86_400:  # noqa: PLR2004
            raise ValueError(f"time_limit: {self.time_limit} is not between 0 and 86400 seconds")
        if not self.queue_seconds >= 0:
            raise ValueError("queue_seconds: must not be negative")

    def for_machine(self) -> "Settings":
        """Replace the zeros by what suits the number of cores."""
        cores = os.cpu_count() or 1
        workers = self.workers or cores
        return msgspec.structs.replace(
            self,
            workers=workers,
            threads=self.threads or max(1, cores // workers),
            max_executions=self.max_executions or 2 * cores,
        )

    @property
    def permit_file(self) -> Path:
        """The file whose byte ranges are the permits of this node."""
        return self.home / f"permits-{self.port}"

    @property
    def home(self) -> Path:
        """The data folder, or one of this user's under the temporary folder."""
        return self.data or Path(os.environ.get("TMPDIR", "/tmp")) / f"execd-{os.getuid()}"  # noqa: S108


def load(file: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401
    """Settings from `file`, the environment and `overrides` (of which `None` means "not given")."""
    values = _from_file(file) if file else {}
    values |= _from_environment(os.environ)
    values |= {name: value for name, value in overrides.items() if value is not None}
    values = {name: _read(name, value) for name, value in values.items()}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ValueError(f"settings: {error}") from None


_types = {field.name: field.type for field in msgspec.structs.fields(Settings)}


def _read(name: str, value: Any) -> Any:  # noqa: ANN401
    """A value that is one of a few words, however it is spelled; any other as it is."""
    type_ = _types.get(name)
    word = str(value).strip().lower()
    if type_ is bool:
        if word in YES | NO:
            return word in YES
        raise ValueError(f"settings: {name}: {value!r} is not yes, no, on, off, true, false, 1 or 0")
    if get_origin(type_) is Literal:
        words = get_args(type_)
        if word in words:
            return word
        raise ValueError(f"settings: {name}: {value!r} is not {', '.join(words[:-1])} or {words[-1]}")
    return value


def _path(type_: type, value: Any) -> Path:  # noqa: ANN401
    """The one type of a field that msgspec does not know."""
    if type_ is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError(f"{value!r} is no path")


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: not valid TOML: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    fields = {PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    ours = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and not _injected.fullmatch(f"{name}={value}")
    }
    unknown = ours.keys() - fields.keys()
    if unknown:
        raise ValueError(f"unknown setting in the environment: {', '.join(sorted(unknown))}")
    return {fields[name]: value for name, value in ours.items()}
