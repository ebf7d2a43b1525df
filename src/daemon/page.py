#!/usr/bin/env python3
"""The status page as lines of C, and the policy that lets its own style and script through and
nothing else.

    page.py OUTPUT PAGE
"""
import base64
import hashlib
import json
import pathlib
import re
import sys

output, page = map(pathlib.Path, sys.argv[1:3])
text = page.read_text()


def digest(element):
    inside, = re.findall(f"<{element}>(.*?)</{element}>", text, re.S)
    return "'sha256-" + base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() + "'"


policy = ("default-src 'none'; connect-src 'self'; img-src data:; "
          f"script-src {digest('script')}; style-src {digest('style')}; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
output.write_text(
    "/* Written by page.py. */\n"
    f"static const char page_policy[] = {json.dumps(policy)};\n"
    "static const char *const page_html[] = {\n" +
    "".join(f"\t{json.dumps(line, ensure_ascii=False)},\n" for line in text.splitlines()) + "};\n")
