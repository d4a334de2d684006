"""The house: layout, distribution, walls between the floors, the command."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 2, the house",
    {
        # --- layout and distribution ---
        "design.2-top-level": built(
            "The top level holds instrumentation, exporters, analytics, tests, collector-config.yaml, pyproject.toml and README.md.",
        ),
        "design.2-one-distribution": built(
            "One distribution holds the three floors as `toolspan/*`, each package with `py.typed`, and nothing else.",
        ),
        "design.2-empty-namespace": built(
            "`toolspan` is a PEP 420 namespace: no `toolspan/__init__.py`, nothing on `import toolspan`.",
        ),
        "design.2-clean-sdist": built(
            "The sdist holds the tests, the licence and the README, and no virtual environment or cache.",
        ),
        # --- arrows between the floors ---
        "design.2-wall-conventions": built(
            "`toolspan.conventions` and the launcher import the standard library and nothing else.",
        ),
        "design.2-wall-instrumentation": built(
            "`import toolspan.instrumentation` brings in no other floor than the conventions, no pandas, numpy, duckdb or scipy, and no SDK.",
        ),
        "design.2-wall-exporters": built(
            "`import toolspan.exporters` brings in no other floor than the conventions, no pandas, numpy, duckdb or scipy.",
        ),
        "design.2-wall-analytics": built(
            "`import toolspan.analytics` brings in no other floor than the conventions."
        ),
        "design.2-arrows": built(
            "No source file of a floor names another floor but the conventions, save two lazy places in `instrumentation`.",
        ),
        "design.2-no-scipy-in-tools": built("`toolspan tools` runs without importing scipy."),
        "design.2-no-framework-import": built(
            "No file imports an agent framework at module level, and importing a floor imports none.",
        ),
        "design.2-hooks-never-raise": built(
            "Framework hooks are registered after import, feature-detected, with positional wrapt calls, and never raise.",
        ),
        "design.2-gen-ai-only-in-record": built(
            "Within `instrumentation`, only `record/` sets a `gen_ai.*` attribute."
        ),
        # --- the command ---
        "design.2-verbs-by-entry-point": built(
            "The launcher finds verbs, sub-verbs included, in the entry-point group `toolspan.commands` and imports only the one asked for.",
        ),
        "design.2-base-verbs": built("The base install brings `run`, `doctor` and `feedback add`."),
        "design.2-verb-send": built("The exporters bring `send`."),
        "design.2-analytics-verbs": built(
            "The analytics extra brings every other verb, `feedback import` included."
        ),
        "design.2-missing-extra": built(
            "A verb whose extra is missing says which `pip install` brings it and exits 2."
        ),
        "design.2-default-directory": built(
            "Every verb defaults its path to `$TOOLSPAN_DIR`, then to `./toolspan-data`."
        ),
        "design.2-exit-codes": built(
            "Every verb exits 0 when fine, 1 when a check failed, 2 on bad usage or input, 3 when inconclusive.",
        ),
        "design.2-missing-input-is-2": built(
            "A missing path and a folder without span files exit 2 with one line and no traceback.",
        ),
        "design.2-no-agent-spans-is-0": built(
            "Readable spans without agent or tool spans exit 0 with a line that says so."
        ),
        "design.2-run-ends-as-its-program": built(
            "`toolspan run` ends with the status or signal of the program it ran."
        ),
        "design.2-run-cannot-start": built(
            "`toolspan run` exits 2 of its own only when it could not start the program."
        ),
    },
)
