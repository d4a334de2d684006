"""What is staged beyond what the model asks for, where spans and log records are to be kept whole.

These are texts for the places that `read/stage.sql` and `read/kept_spans.sql` leave open. For
reading alone they are empty: what nobody asks for costs time.
"""

_OF_A_SPAN = {
    "trace_state": "traceState",
    "flags": "flags",
    "links": "links",
    "dropped_attributes": "droppedAttributesCount",
    "dropped_events": "droppedEventsCount",
    "dropped_links": "droppedLinksCount",
}
_AROUND = ("resource_schema_url", "scope_schema_url", "scope_attributes")
_TYPES = {"trace_state": "VARCHAR", "links": "JSON"}

_FIELDS = {
    "$resource_fields": ', "schemaUrl": "VARCHAR"',
    "$scope_spans_fields": ', "schemaUrl": "VARCHAR"',
    "$scope_fields": ', "attributes": "JSON"',
    "$span_fields": "".join(
        f', "{name}": "{_TYPES.get(column, "BIGINT")}"' for column, name in _OF_A_SPAN.items()
    ),
    "$of_resource": ", resource_spans.schemaUrl AS resource_schema_url",
    "$of_scope": (
        ", resource_schema_url, scope_spans.schemaUrl AS scope_schema_url, "
        "scope_spans.scope.attributes AS scope_attributes"
    ),
    "$of_span": "".join(
        [
            *(f", {column}" for column in _AROUND),
            *(f", span.{name} AS {column}" for column, name in _OF_A_SPAN.items()),
            # The name of a value's one member is its type.
            """, list_transform(from_json(span.attributes, '[{"value": "JSON"}]'), lambda pair:
                replace(json_keys(pair.value)[1], 'Value', '')) AS attribute_types""",
        ]
    ),
    "$is_asked": "true",
    "$kept": "".join(f", {column}" for column in (*_AROUND, *_OF_A_SPAN, "attribute_types")),
}
_NOTHING = {**dict.fromkeys(_FIELDS, ""), "$is_asked": "false"}


def filled(sql: str, *, keep: bool) -> str:
    """The SQL with its open places filled, for keeping or for reading alone."""
    for place, text in (_FIELDS if keep else _NOTHING).items():
        sql = sql.replace(place, text)
    return sql
