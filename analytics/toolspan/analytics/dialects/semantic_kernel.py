"""Semantic Kernel."""

from toolspan.analytics.dialects._dialect import Dialect

SEMANTIC_KERNEL = Dialect(
    name="semantic_kernel",
    source="Semantic Kernel 1.45",
    sample="demos/semantic_kernel_demo.json",
    keys=("sk.available_functions",),
    scopes=("semantic_kernel.*",),
    kind_by_name={"=AutoFunctionInvocationLoop": "other"},
)
