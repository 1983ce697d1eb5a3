"""`python -m redphone.cli`, the same as `redphone`."""

from redphone.cli import main

main(prog_name="redphone")
