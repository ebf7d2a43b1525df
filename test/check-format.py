#!/usr/bin/env python3
"""penidl --format keeps what a file means, and its own output as it is.

    check-format.py PENIDL ROOT

ROOT/idl is in the house style already. Every file of ROOT/test/idl is brought into it: then
it stays as it is, and becomes the same C as before, but for the lines that comments quote.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PENIDL = str(pathlib.Path(sys.argv[1]).resolve())
bad = []


def run(*arguments, **more):
    return subprocess.run([PENIDL, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          **more)


def check(what, good):
    if not good:
        bad.append(what)
        print(f"FAIL {what}")


def tokens(text):
    """The words of the file, whatever stands between them."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    return re.sub(r"\s+", "", text.replace("\\\n", ""))


def compiled(path, out):
    """The C that the file becomes, without comments. None: it is refused."""
    done = run("--partial", "--output-dir", out, path)
    if done.returncode:
        return None
    return [re.sub(r"/\*.*?\*/", "", (out / (path.stem + suffix)).read_text()) for suffix in (".h", ".c")]


def check_file(path, folder, out):
    """Of a copy beside all that it imports."""
    before = path.read_text()
    formatted = run("--format", path)
    if formatted.returncode:
        check(f"{path.name} has a reason not to be formatted",
              re.search(r":\d+:\d+: ", formatted.stderr) and path.name.startswith("wrong-"))
        return
    check(f"{path.name} has its tokens", tokens(before) == tokens(formatted.stdout))
    check(f"{path.name} keeps its comments", sorted(re.findall(r"//.*|/\*.*\*/", before)) ==
          sorted(re.findall(r"//.*|/\*.*\*/", formatted.stdout)))
    if path.suffix == ".idl":
        first = compiled(path, out)
    path.write_text(formatted.stdout)
    check(f"{path.name} is a fixed point", run("--format", path).stdout == formatted.stdout)
    if path.suffix == ".idl":
        check(f"{path.name} means the same", compiled(path, out) == first)
        check(f"{path.name} is compiled", first or path.name.startswith("wrong-"))
    path.write_text(before)


def check_writing(folder):
    """What --check and --in-place do with files."""
    ugly, nice, wrong = folder / "ugly.idl", folder / "nice.idl", folder / "unclosed.idl"
    ugly.write_bytes(b"typedef   long\r\nL ; // it\r\n")
    nice.write_text("typedef long L; // it\n")
    wrong.write_text("interface a {\n")
    before = nice.stat().st_mtime_ns
    done = run("--format", "--check", ugly.name, nice.name, cwd=folder)
    check("--check names what is not formatted", (done.returncode, done.stdout) == (1, "ugly.idl\n"))
    done = run("--format", "--check", nice, wrong)
    check("--check tells what is wrong",
          done.returncode == 1 and "unclosed.idl:1:13: this is never closed" in done.stderr)
    check("--check of a formatted file", run("--format", "--check", nice).returncode == 0)
    link = folder / "link.idl"
    link.symlink_to("ugly.idl")
    ugly.chmod(0o640)
    check("--in-place", run("--format", "-i", link, nice).returncode == 0)
    check("a file is written anew", ugly.read_bytes() == nice.read_bytes() and
          ugly.stat().st_mode & 0o777 == 0o640 and link.is_symlink())
    check("a formatted file is left alone", nice.stat().st_mtime_ns == before)
    check("nothing is left behind",
          sorted(p.name for p in folder.iterdir()) == ["link.idl", "nice.idl", "ugly.idl", "unclosed.idl"])
    for arguments in (["--check", nice], ["--format"], ["--format", "--check", "-i", nice],
                      ["--format", "--dump=plan", nice]):
        check(f"{arguments} is no command line", run(*arguments).returncode == 2)
    check("no such file", run("--format", folder / "nowhere.idl").returncode == 1)


def main():
    root = pathlib.Path(sys.argv[2])
    done = run("--format", "--check", *sorted((root / "idl").glob("*.idl")))
    check(f"these are formatted by penidl --format -i: {done.stdout}{done.stderr}", done.returncode == 0)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
        folder, out = pathlib.Path(folder), pathlib.Path(out)
        for path in (root / "test/idl").iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        for path in sorted([*folder.glob("*.idl"), *folder.glob("*.inc"), *folder.glob("*.acf")]):
            check_file(path, folder, out)
    with tempfile.TemporaryDirectory() as folder:
        check_writing(pathlib.Path(folder))
    print(f"{len(bad)} complaints")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
