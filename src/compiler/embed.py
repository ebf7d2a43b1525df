#!/usr/bin/env python3
"""A text as lines of C.

    embed.py INPUT OUTPUT NAME
"""
import json
import pathlib
import sys

source, output, name = sys.argv[1:]
lines = pathlib.Path(source).read_text().splitlines()
pathlib.Path(output).write_text(
    f"/* Written by embed.py from {pathlib.Path(source).name}. */\n"
    f"static const char *const {name}[] = {{\n" + "".join(f"\t{json.dumps(line)},\n" for line in lines) + "};\n")
