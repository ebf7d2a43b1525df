#!/usr/bin/env python3
"""Holds what penidl prints against what it printed when a person last looked.

    check-idl.py PENIDL FOLDER [--update]

FOLDER/NAME.idl has beside it, in NAME.expected/, the dumps, what --format makes of it, and NAME.h
and NAME.c; or, for an IDL named wrong-*, its diagnoses. --update writes them anew,
for a person to read in the difference.
"""
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile


def run(penidl, folder, name, *options):
    return subprocess.run([penidl, *options, f"{name}.idl"], cwd=folder, capture_output=True,
                          text=True, timeout=60)


def check_json(penidl, folder, name, diagnoses):
    """--json says the same, place by place and word by word."""
    done = run(penidl, folder, name, "--json")
    said = []
    for line in done.stderr.splitlines():
        one = json.loads(line)
        assert one["severity"] == "error", f"{name}: {line}"
        said.append("{file}:{line}:{column}: {message}".format(**one))
        said += ["{file}:{line}:{column}: note: {message}".format(**note) for note in one["notes"]]
    places = [line for line in diagnoses.splitlines() if re.match(r"[\w.-]+:\d+:\d+: ", line)]
    assert done.returncode == 1 and said == places, f"{name}: --json says {said}"


def lint(penidl, folder, name):
    """What --lint says; each warning's name stands in the JSON, and switches it off."""
    done = run(penidl, folder, name, "--lint")
    names = re.findall(r" \[([a-z-]+)\]$", done.stderr, re.M)
    lines = [json.loads(line) for line in run(penidl, folder, name, "--lint", "--json").stderr.splitlines()]
    assert done.returncode == 1 and [line["lint"] for line in lines] == names
    for off in set(names):
        left = run(penidl, folder, name, "--lint", f"--no-lint={off}").stderr
        assert re.findall(r" \[([a-z-]+)\]$", left, re.M) == [one for one in names if one != off]
    none = run(penidl, folder, name, "--lint", *(f"--no-lint={off}" for off in names))
    assert (none.returncode, none.stderr) == (0, "")
    return done.stderr


def markdown(penidl, folder, name):
    with tempfile.TemporaryDirectory() as out:
        done = run(penidl, folder, name, "--markdown", "--output-dir", out)
        assert done.returncode == 0 and [path.name for path in pathlib.Path(out).iterdir()] == [f"{name}.md"]
        return pathlib.Path(out, f"{name}.md").read_text()


def outputs(penidl, folder, name):
    """File name -> text of all that penidl says about the file."""
    if name.startswith("wrong-"):
        done = run(penidl, folder, name)
        assert done.returncode == 1, f"{name}: exit status {done.returncode}"
        check_json(penidl, folder, name, done.stderr)
        return {"diagnoses": done.stderr}
    found = {}
    # What a preprocessor leaves is its own affair: the places of tokens, too.
    is_preprocessed = re.search(r"^#", (folder / f"{name}.idl").read_text(), re.M)
    for form in ("tokens", "tree", "model", "plan", "json")[bool(is_preprocessed):]:
        done = run(penidl, folder, name, f"--dump={form}")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        found[form] = done.stdout
    if name == "lint":
        found["lint"] = lint(penidl, folder, name)
    if name in ("language", "callback", "forms", "orpc"):
        found["markdown"] = markdown(penidl, folder, name)
    found["format"] = run(penidl, folder, name, "--format").stdout
    with tempfile.TemporaryDirectory() as out:
        depfile = pathlib.Path(out, "d")
        done = run(penidl, folder, name, "--output-dir", out, "--depfile", depfile)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        found["depfile"] = depfile.read_text().replace(out, "OUT")
        for suffix in ("h", "c"):
            found[suffix] = pathlib.Path(out, f"{name}.{suffix}").read_text()
    return found


def main():
    penidl, folder = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
    update = "--update" in sys.argv[3:]
    bad = n = 0
    for source in sorted(folder.glob("*.idl")):
        expected = folder / f"{source.stem}.expected"
        for form, text in outputs(penidl, folder, source.stem).items():
            path = expected / form
            n += 1
            if update:
                expected.mkdir(exist_ok=True)
                path.write_text(text)
                continue
            before = path.read_text() if path.exists() else ""
            if before != text:
                bad += 1
                sys.stdout.writelines(difflib.unified_diff(
                    before.splitlines(True), text.splitlines(True), str(path), "now"))
    for arguments, status in ((["--partial", "--dump=plan", "wrong-unsent.idl"], 0),
                              (["-D", "COUNT=4", "--dump=model", "declarations.idl"], 0),
                              (["--cpp", "false", "declarations.idl"], 1),
                              (["--cpp", "no-such-program", "declarations.idl"], 1),
                              (["--acf", "nowhere.acf", "shared.idl"], 1),
                              (["--lint", "--no-lint=nonsense", "lint.idl"], 2),
                              (["--lint", "wrong-names.idl"], 1), (["--help"], 0), (["--version"], 0), ([], 2), (["--nonsense"], 2),
                              (["--dump=nonsense", "shared.idl"], 2), (["nowhere.idl"], 1)):
        done = subprocess.run([penidl, *arguments], cwd=folder, capture_output=True)
        n += 1
        if done.returncode != status:
            bad += 1
            print(f"penidl {' '.join(arguments)}: exit status {done.returncode}, not {status}")
    print(f"{n - bad} of {n} as expected")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
