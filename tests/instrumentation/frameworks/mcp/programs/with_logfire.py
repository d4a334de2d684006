"""Runs a program after setting up Logfire: `with_logfire.py PROGRAM ARGUMENTS...`."""

import runpy
import sys

import logfire

logfire.configure(send_to_logfire=False, console=False)
logfire.instrument_mcp()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
