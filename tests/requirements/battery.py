"""The behaviour battery: what a tool decorator must get right, and where existing ones fail.

`at` is the row of the comparison table as written there.
"""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "behaviour battery",
    {
        "battery.generator-duration": built(
            "The span of a generator lasts until the generator is consumed.",
            at="generator: duration covers consumption",
        ),
        "battery.generator-body-context": built(
            "The span is current inside the generator's body.",
            at="span current inside generator body",
        ),
        "battery.generator-consumer-context": built(
            "The span is never current in the consumer while the generator is suspended, nor after.",
            at="context leaks to the consumer while suspended",
        ),
        "battery.generator-early-break": built(
            "A generator left by an early break is recorded exactly once, and not as an error.",
            at="early break: exported?",
        ),
        "battery.async-generator-finaliser": built(
            "An async generator closed by asyncio's finaliser is recorded and logs no failed detach.",
            at="async gen break via asyncio finaliser: detach error logged",
        ),
        "battery.generator-send": built(
            "`send()` and `asend()` reach the body and return its answers.",
            at="send() / asend()",
        ),
        "battery.generator-kind": built(
            "A decorated generator (function) is still one for `inspect`, the async kind too.",
            at="isgenerator/isasyncgen kind kept",
        ),
        "battery.same-task": built(
            "The body of an async generator runs in the consumer's own asyncio task.",
            at="same asyncio task as the consumer",
        ),
        "battery.keyboard-interrupt": built(
            "A KeyboardInterrupt ends the span as no success and restores the context.",
            at="KeyboardInterrupt: exported, context restored",
        ),
        "battery.cancelled-error": built(
            "A CancelledError ends the span as `cancelled`.", at="CancelledError"
        ),
        "battery.error-type": built(
            "A failure always carries `error.type`.", at="error.type attribute on failure"
        ),
        "battery.evil-argument": built(
            "An argument whose `__repr__` or `__getattr__` raises does no harm to the call.",
            at="evil `__repr__`/`__getattr__` argument",
        ),
        "battery.cyclic-argument": built(
            "A cyclic dict argument does no harm and is recorded cut.", at="cyclic dict argument"
        ),
        "battery.nan-and-tuple-key": built(
            "NaN and tuple keys in a dict do no harm, and the rest of the dict is recorded.",
            at="NaN + tuple key in a dict",
        ),
        "battery.password-argument": built(
            "A password argument is never recorded in clear by default, nor with content on.",
            at="password argument in clear by default",
        ),
        "battery.large-argument": built(
            "A 1 MB argument puts a bounded number of bytes on the span.",
            at="1 MB argument: bytes on the span",
        ),
        "battery.self-not-captured": built(
            "`self` is no part of captured arguments.", at="self leaked in captured input"
        ),
        "battery.thread-pool-parent": built(
            "A call handed to a ThreadPoolExecutor keeps its parent.",
            at="ThreadPoolExecutor keeps parent",
        ),
        "battery.gather-parent": built(
            "Calls in `asyncio.gather` keep their parent.", at="asyncio.gather keeps parent"
        ),
        "battery.above-classmethod": built(
            "The decorator works above and below `@classmethod` and `@staticmethod`.",
            at="above @classmethod",
        ),
        "battery.callable-and-partial": built(
            "Callable objects and partials can be decorated.", at="callable object / partial"
        ),
        "battery.picklable-result": built(
            "Results are returned as they are and stay picklable.", at="picklable result"
        ),
        "battery.sync-returning-awaitable": built(
            "The span of a sync function that returns a coroutine lasts until the coroutine is done.",
            at="sync def returning a coroutine: duration covers await",
        ),
        "battery.suppressed": built(
            "Under the suppress key there is neither a span nor work for one.",
            at="suppress key: no work, no span",
        ),
        "battery.stdout-clean": built(
            "Nothing is printed on stdout.", at="stdout clean during init"
        ),
        "battery.threads": built(
            "Eight threads with 200 nested calls each give every span with the right parent.",
            at="8 threads x 200 nested, all spans, right parents",
        ),
    },
)
