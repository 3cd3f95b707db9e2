"""The data folder of a server: made, and refused where nothing can be written."""

from execd.settings import Settings


def prepare(settings: Settings) -> None:
    """Make what the workers need in the data folder. Raises ValueError if they could not write there."""
    place = f"data {settings.data}" if settings.data else str(settings.home)
    if settings.data and settings.data.exists() and not settings.data.is_dir():
        raise ValueError(f"{place}: is no folder")
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        if settings.data:
            (settings.data / "services").mkdir(exist_ok=True)
        settings.runs.mkdir(exist_ok=True)
        # Each worker opens it to lock its bytes.
        with settings.permit_file.open("ab"):
            pass
    except OSError as error:
        raise ValueError(
            f"{place}: {error.strerror}: {error.filename}; the server keeps its permits and runs there, so the "
            "folder must be writable (services/ in it need not be)"
        ) from None
