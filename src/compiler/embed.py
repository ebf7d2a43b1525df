#!/usr/bin/env python3
"""Texts, one after the other, as lines of C.

    embed.py OUTPUT NAME INPUT...
"""
import json
import pathlib
import sys

output, name, *sources = sys.argv[1:]
lines = [line for source in sources for line in pathlib.Path(source).read_text().splitlines()]
pathlib.Path(output).write_text(
    "/* Written by embed.py. */\n"
    f"static const char *const {name}[] = {{\n" + "".join(f"\t{json.dumps(line)},\n" for line in lines) + "};\n")
