"""`toolspan send`: spans and events from files to an OTLP endpoint, as they stand in the files.

A file passes these rooms from top to bottom:

- `_files`: which files the arguments stand for
- `_lines`: the lines of a file, decompressed, each with its place
- `_records`: the spans and log records of a line, in the encoding they are sent in
  (`_protobuf`, `_json`)
- `_batches`: so many of them as go into one request
- `_sender`: each batch until it is accepted, refused or given up; what became of all of them
- `_transports`, `_http`, `_grpc`: one request and its answer
- `_journal`: how far we are, so that an interrupted run goes on where it stopped
- `_progress`: the bar

Base install; gRPC needs `toolspan[otlp]`.
"""
