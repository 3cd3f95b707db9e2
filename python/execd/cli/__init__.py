"""The command line: arguments to settings or files, results to the terminal. Nothing else prints."""

from execd.cli.main import main

__all__ = ["main"]
