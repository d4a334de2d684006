"""Choose the verb, import it, run it."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points, version

from toolspan.launcher._verbs import GROUPS, VERBS, Verb

EXIT_USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run `toolspan VERB ...` and return its exit code.

    0 fine, 1 a check failed, 2 bad usage or unreadable input, 3 inconclusive.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands = {command.name: command for command in entry_points(group="toolspan.commands")}
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help(commands))  # noqa: T201
        return 0 if arguments else EXIT_USAGE
    if arguments[0] in ("-V", "--version"):
        print(f"toolspan {version('toolspan')}")  # noqa: T201
        return 0
    name = _verb_name(arguments, commands)
    if name is None:
        return _unknown_verb(arguments, commands)
    rest = arguments[1 + name.count(".") :]
    return _run(commands[name], rest)


def _verb_name(arguments: Sequence[str], commands: dict[str, EntryPoint]) -> str | None:
    """The longest registered verb that the arguments begin with: `feedback add` before `tools`."""
    for words in (2, 1):
        name = ".".join(arguments[:words])
        if name in commands:
            return name
    return None


def _run(command: EntryPoint, arguments: list[str]) -> int:
    prog = "toolspan " + command.name.replace(".", " ")
    try:
        # Verbs import late what is heavy, so a missing package may show when they load or later.
        return int(command.load()(arguments, prog=prog) or 0)
    except ModuleNotFoundError as error:
        verb = VERBS.get(command.name)
        if verb is None or verb.extra is None or (error.name or "").startswith("toolspan"):
            raise
        _complain(
            f"{prog} needs {error.name}, which is not installed: "
            f"pip install 'toolspan[{verb.extra}]'"
        )
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (`| head`) is gone; keep the interpreter from complaining at exit about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _unknown_verb(arguments: Sequence[str], commands: dict[str, EntryPoint]) -> int:
    typed = arguments[0]
    below = sorted(name for name in commands if name.startswith(f"{typed}."))
    if below:
        verbs = ", ".join(f"toolspan {name.replace('.', ' ')}" for name in below)
        if len(arguments) > 1 and arguments[1] in ("-h", "--help"):
            print(_help({name: commands[name] for name in below}))  # noqa: T201
            return 0
        _complain(f"toolspan {typed} needs one more word: {verbs}")
        return EXIT_USAGE
    import difflib  # only for a typing mistake

    spoken = {name.replace(".", " "): name for name in commands}
    close = difflib.get_close_matches(typed, spoken, n=1)
    hint = f" Did you mean `toolspan {close[0]}`?" if close else ""
    _complain(f"toolspan has no verb {typed!r}.{hint} `toolspan --help` lists all verbs.")
    return EXIT_USAGE


def _help(commands: dict[str, EntryPoint]) -> str:
    lines = [
        "usage: toolspan VERB [ARGUMENTS]   (`toolspan VERB --help` explains one verb)",
        "",
        "Which of your agents' tools fail, are slow, cost money, and go with good or bad outcomes.",
    ]
    width = max((len(name) for name in commands), default=0) + 2
    for group in (*GROUPS, "Other"):
        verbs = [name for name in _in_order(commands) if _verb(name).group == group]
        if verbs:
            lines += ["", f"{group}:"]
            lines += [f"  {name.replace('.', ' '):<{width}}{_verb(name).summary}" for name in verbs]
    lines += [
        "",
        "Paths default to $TOOLSPAN_DIR, then ./toolspan-data.",
        "Exit codes: 0 fine, 1 a check failed, 2 bad usage or unreadable input, 3 inconclusive.",
    ]
    return "\n".join(lines)


def _in_order(commands: dict[str, EntryPoint]) -> list[str]:
    known = [name for name in VERBS if name in commands]
    return known + sorted(set(commands) - set(known))


def _verb(name: str) -> Verb:
    return VERBS.get(name, Verb("Other", "(from another distribution)"))


def _complain(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201
