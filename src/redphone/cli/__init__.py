"""The `redphone` command."""

def main() -> None:
    raise SystemExit("not yet")
