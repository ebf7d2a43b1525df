#!/usr/bin/env python3
"""Holds that each sentence in docs/diagnosis.md is one that the code says."""
import pathlib
import re
import sys

LITERALS = re.compile(r'"((?:\\.|[^"\\])*)"')
DIRECTIVE = re.compile(r"%[-+ #0]*[0-9]*(?:\.[0-9*]+)?(?:hh|h|l|ll|z|j)?[a-zA-Z]")
FILLED = "\u2026"


def plain(text):
    """A format or a documented sentence, with one mark for whatever is filled in."""
    text = DIRECTIVE.sub(FILLED, text.replace("%%", "%"))
    text = re.sub(r'" *PRI\w+ *"', FILLED, text)
    return re.sub(f"{FILLED}[{FILLED}.\\\\ ]*{FILLED}", FILLED, text.replace('\\"', '"'))


def sentences_of(root):
    for path in sorted(root.glob("src/**/*.c")):
        if path.name.startswith(("test-", "fuzz-")):
            continue
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        text = re.sub(r'"\s*"', "", text)
        yield from (plain(literal) for literal in LITERALS.findall(text))


def main():
    root = pathlib.Path(sys.argv[1])
    said = "\n".join(sentences_of(root))
    documented = []
    for line in (root / "docs/diagnosis.md").read_text().splitlines():
        if line.startswith("| `"):
            documented += re.findall(r"`([^`]+)`", line.split(" | ")[0])
    missing = [sentence for sentence in documented if plain(sentence) not in said]
    for sentence in missing:
        print(f"docs/diagnosis.md: nobody says \"{sentence}\"")
    print(f"{len(documented)} sentences, {len(missing)} that nobody says")
    return bool(missing or not documented)


if __name__ == "__main__":
    sys.exit(main())
