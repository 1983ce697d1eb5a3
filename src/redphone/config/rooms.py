"""Which of the house's rooms are there."""

from importlib.util import find_spec


def is_there(module: str) -> bool:
    """Whether the module can be imported, without importing more than its parents."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
