"""What a file says: OTLP/JSON lines that no crash can lose."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 4, what a file says",
    {
        "design.4-otlp-json-lines": built(
            "A file holds OTLP/JSON lines as the specification's file exporter writes them: one object a line, one signal a file, UTF-8, `\\n`.",
        ),
        "design.4-collector-compatible": built(
            "What reads the collector's files reads ours, and the other way round."
        ),
        # --- durability ---
        "design.4-write-through": built(
            "When `span.end()` returns, the line is in the kernel, by one write."
        ),
        "design.4-append-descriptor": built(
            "Lines are written on an `O_APPEND|O_CLOEXEC` descriptor, so that several writers never mix lines.",
        ),
        "design.4-survives-exception": built("Ended spans survive an uncaught exception."),
        "design.4-survives-os-exit": built("Ended spans survive `os._exit`."),
        "design.4-survives-sigterm": built("Ended spans survive SIGTERM."),
        "design.4-survives-sigkill": built("Ended spans survive SIGKILL."),
        "design.4-survives-fork": built(
            "A forked child records into a file of its own and hangs in no lock, also when another thread writes.",
        ),
        "design.4-survives-multiprocessing": built(
            "Children of `multiprocessing` (fork, spawn, forkserver) record without loss and without hanging.",
        ),
        "design.4-short-write": built(
            "A short write is cut back, so that no fragment stays in the middle of a file."
        ),
        "design.4-batch-mode": built(
            "A batch mode exists for very high rates and slow disks, with bounded memory."
        ),
        "design.4-switch-over": built(
            "The rule for switching a slow disk to batch mode is documented and counted."
        ),
        # --- files ---
        "design.4-file-names": built(
            "Files are called `spans-{service}-{host}-{pid}-{start}-{n}.jsonl`, slugged, and opened with `O_EXCL`.",
        ),
        "design.4-permissions": built("Files have mode 0600, their directory 0700."),
        "design.4-rotation": built("Files rotate by size and by age."),
        "design.4-compression": built(
            "Closed files are on request compressed to real `.zst` or `.gz`."
        ),
        "design.4-retention-off": built("Nothing is deleted unless retention is switched on."),
        "design.4-unterminated-tail": built(
            "Readers hold back an unterminated tail: it is not damage while a file may grow."
        ),
        # --- faults ---
        "design.4-disk-full": built(
            "On a full disk the agent goes on, drops are counted by reason, one log line is written, writing resumes.",
        ),
        "design.4-lost-permission": built(
            "On lost permission the agent goes on, drops are counted, one log line is written, writing resumes.",
        ),
        "design.4-removed-directory": built(
            "On a removed directory the agent goes on, drops are counted, one log line is written, writing resumes.",
        ),
        # --- ways in ---
        "design.4-ways-in": built(
            "The ways to switch files on are listed with the promise that each keeps."
        ),
        "design.4-exporter-steps-aside": built(
            "With the processor and the `toolspan_jsonl` exporter both on, the exporter steps aside with one log line.",
        ),
    },
)
