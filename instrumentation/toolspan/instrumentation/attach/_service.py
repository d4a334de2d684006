"""What a program is called when nobody has named it: the default of `service.name`."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def is_service_named(environment: Mapping[str, str]) -> bool:
    """Whether the user has said what the service is called."""
    return bool(
        environment.get("OTEL_SERVICE_NAME")
        or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    )


def service_name(command: Sequence[str], inherited: str | None = None) -> str:
    """What the program is called: its script's or module's name, else the command's.

    Code without a name of its own (`python -c`, and so the workers of `multiprocessing`) goes by
    the name of the program that started it, if there is one.

    >>> service_name(["python", "-u", "shop/agent.py", "--fast"])
    'agent'
    >>> service_name(["python3", "-m", "shop.agent"])
    'shop.agent'
    >>> service_name(["uvicorn", "shop:app"])
    'uvicorn'
    >>> service_name(["python", "-c", "from multiprocessing ..."], "agent")
    'agent'
    """
    program = Path(command[0]).name
    if not program.startswith(("python", "pypy")):
        return Path(program).stem or program
    words = iter(command[1:])
    for word in words:
        if word == "-m":
            return next(words, program)
        if word == "-c":
            break
        if word in ("-W", "-X"):
            next(words, None)
        elif not word.startswith("-"):
            path = Path(word)
            return (path.parent.name if path.name == "__main__.py" else path.stem) or program
    return inherited or program
