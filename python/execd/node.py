"""What one worker of a server is made of, built once from the settings and handed to the faces."""

from dataclasses import dataclass
from pathlib import Path

from execd.admission import Admission
from execd.bridge import Bridge
from execd.incoming import Uploads
from execd.registry import Registry
from execd.settings import Settings


@dataclass(frozen=True)
class Node:
    """The parts that the faces share."""

    settings: Settings
    registry: Registry
    admission: Admission
    bridge: Bridge
    uploads: Uploads


def build(settings: Settings) -> Node:
    """The parts of a worker. Opens the slot file and starts threads: call it in the process that serves."""
    return Node(
        settings=settings,
        registry=Registry(service_roots(settings)),
        admission=Admission(settings),
        bridge=Bridge(settings),
        uploads=Uploads(settings),
    )


def service_roots(settings: Settings) -> list[Path]:
    """Where workbooks are looked for, in this order."""
    roots = [settings.data / "services"] if settings.data else []
    return [*roots, EXAMPLES] if settings.examples else roots


EXAMPLES = Path(__file__).parent / "examples"
