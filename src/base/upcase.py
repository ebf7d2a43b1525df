#!/usr/bin/env python3
"""Writes upcase.inc, the rows of NT's upcase table.

    python3 src/base/upcase.py > src/base/upcase.inc

NT upper-cases one code unit to one, by the simple mapping of the Unicode
character database. Python knows the full mapping; where that is longer than one
character, the simple one is the title case if that is one, or else none.

NT's table differs from the database of today:
- It maps nothing that is outside ASCII into ASCII: dotless i (U+0131) and long s
  (U+017F) stay, so no name turns into an ASCII one that a check has passed by.
- The micro sign (U+00B5) stays, because Latin-1 stays in Latin-1; y with
  diaeresis (U+00FF) alone has its upper case outside, in U+0178.
- Scripts that got their case after that table was frozen have none in it:
  Georgian (U+10D0..U+10FF), Cherokee (U+13F8.., U+AB70..), U+1C80..U+1C8A.
"""
STAY = {0x00B5, 0x0131, 0x017F, *range(0x10D0, 0x1100), *range(0x13F8, 0x1400),
        *range(0xAB70, 0xABC0), *range(0x1C80, 0x1C90)}


def upcase(code):
    if code in STAY or 0xD800 <= code < 0xE000:
        return code
    for text in (chr(code).upper(), chr(code).title()):
        if len(text) == 1:
            return ord(text) if ord(text) < 0x10000 else code
    return code


def rows():
    """(first, last, step, delta): runs of equal delta, one or two apart."""
    row = None
    for code in range(0x10000):
        delta = upcase(code) - code
        if not delta:
            continue
        if row and delta == row[3] and code - row[1] == (row[2] or code - row[1]) <= 2:
            row = (row[0], code, code - row[1], delta)
            continue
        if row:
            yield row
        row = (code, code, 0, delta)
    yield row


print("/* Written by upcase.py: { first, last, step, delta }. */")
for first, last, step, delta in rows():
    print(f"{{ 0x{first:04x}, 0x{last:04x}, {step or 1}, {delta} }},")
