#!/usr/bin/env python3
"""Holds the JSON of penidl's model against the tables that it writes as C.

    check-model.py PENIDL FILE...
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FIELD = re.compile(r'\{ \.name = "(\w+)"')


def run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bodies(source, pattern):
    """Name -> what is between the braces of each table of that kind."""
    return dict(re.findall(pattern + r"(?:\[\d*\])? = \{\n(.*?)^\};", source, re.M | re.S))


def of_file(rows, name):
    return [row for row in rows if pathlib.Path(row["file"]).name == name]


def walk_types(node, found):
    """Every type that is used somewhere, by its kind."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), dict):
            found.append(node["type"])
        for value in node.values():
            walk_types(value, found)
    elif isinstance(node, list):
        for value in node:
            walk_types(value, found)


def check_operations(interface, operations, table, fields):
    """How many parameters they have in all."""
    n_parameters = 0
    sent = [o for o in operations if "unsendable" not in o and not o.get("local")]
    first = operations[0]["opnum"] if operations else 0 # after those of an IUnknown in no file
    assert first in (0, 3) and [o["opnum"] for o in operations] == list(range(first, first + len(operations)))
    assert [(o["opnum"], o["name"]) for o in sent] == [
        (int(opnum), name) for opnum, name in re.findall(r'\[(\d+)\] = \{\n\t\t\.name = "(\w+)"', table)]
    for operation in sent:
        for direction in ("in", "out"):
            names = [p["name"] for p in operation["parameters"]
                     if p.get(direction) and p["type"]["kind"] != "handle_t"]
            own = FIELD.findall(fields.get(f"{interface['name']}_{operation['name']}_{direction}", ""))
            if interface["kind"] == "object":
                assert own.pop(0) == ("orpcthis" if direction == "in" else "orpcthat")
            assert own[:len(names)] == names and len(own) - len(names) == (
                direction == "out" and operation["result"]["kind"] != "void"), operation["name"]
            n_parameters += len(names)
    return n_parameters


def check(penidl, path):
    with tempfile.TemporaryDirectory() as folder:
        run(penidl, "--partial", "--output-dir", folder, path)
        header, source = (pathlib.Path(folder, path.stem + suffix).read_text() for suffix in (".h", ".c"))
    model = json.loads(run(penidl, "--partial", "--dump=json", path))
    fields = bodies(source, r"const struct pen_field (\w+)_fields")
    enums = bodies(source, r"const struct pen_enumerator (\w+)_enumerators")
    assert model["schema"] == 1 and model["file"] == str(path)

    constants = of_file(model["constants"], path.name)
    assert [row["name"] for row in constants] == re.findall(r"^#define (?!PENSTOCK_IDL)(\w+) ", header, re.M)

    named = {row["name"]: row for row in model["types"]}
    assert len(named) == len(model["types"])
    own = [row for row in of_file(model["types"], path.name) if "unsendable" not in row]
    assert sorted(row["name"] for row in own) == sorted(
        name for name in re.findall(r"^(?:struct|union|enum) (\w+) \{", header, re.M)
        if not re.search(r"_(in|out|operations|callbacks)$", name))
    for row in own:
        members = row.get("members", row.get("arms", []))
        assert [m.get("name", "none") for m in members] == FIELD.findall(fields.get(row["name"], "")), row["name"]
        assert [(e["name"], e["value"]) for e in row.get("enumerators", [])] == [
            (name, int(value)) for name, value in re.findall(
                r'"(\w+)", \.value = (-?\d+)', enums.get(row["name"], ""))], row["name"]
        cases = re.findall(rf"const int64_t {row['name']}_cases_\d+\[\] = \{{(.*?)\}}", source)
        assert [m["cases"] for m in members if m.get("cases")] == [
            [int(number) for number in text.replace("INT64_MIN", str(-1 << 63)).split(",") if number.strip()]
            for text in cases], row["name"]

    remote = [row for row in model["interfaces"] if "uuid" in row and row["kind"] != "local"
              and not row.get("local") and not row.get("generic")]
    assert [row["name"] for row in remote] == re.findall(r"^const struct pen_interface (\w+)_interface", source, re.M)
    n_parameters = 0
    for kind in ("operation", "callback"):
        tables = bodies(source, rf"const struct pen_operation (\w+)_{kind}_table")
        for row in remote:
            n_parameters += check_operations(row, row.get(f"{kind}s", []), tables.get(row["name"], ""), fields)
    used = []
    walk_types(model, used)
    for use in used:
        while use:
            if use["kind"] in ("struct", "union", "enum") and "unsendable" not in use:
                assert "name" in use
            if use["kind"] == "union" and not named[use["name"]].get("encapsulated"):
                assert "switch_is" in use or "unsendable" in named[use["name"]] or path.stem == "com", use
            use = use.get("element")
    return len(own), sum(len(row["operations"]) for row in remote), n_parameters


def main():
    sums = [0, 0, 0]
    for path in sys.argv[2:]:
        found = check(sys.argv[1], pathlib.Path(path))
        sums = [a + b for a, b in zip(sums, found)]
    print("{} types, {} operations, {} parameters in JSON as in C".format(*sums))


if __name__ == "__main__":
    main()
