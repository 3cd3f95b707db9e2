"""`python -m execd` is the command line."""

from execd.cli import main

main()
