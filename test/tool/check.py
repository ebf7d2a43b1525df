# SPDX-License-Identifier: MIT
"""What the tests of the programs share: run one, look at what it says, count."""
import os
import re
import subprocess
import sys

DAEMON, TOOL = (os.path.abspath(path) for path in sys.argv[1:3])
# Whether penstockd is to confine its children.
CONFINED = os.environ.get("PEN_TEST_CONFINED", "yes")
passed, failed = 0, 0


def check(name, is_right, seen=""):
    global passed, failed
    if is_right:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}\n{seen}")


def run(*command, stdin=None, env=None, **options):
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=env, **options)


def expect(name, end, out, error, *command, stdin=None, env=None):
    """The exit, and a pattern in each output; None: nothing at all there."""
    seen = run(*command, stdin=stdin, env=env)
    texts = seen.stdout.decode(errors="replace"), seen.stderr.decode(errors="replace")
    is_right = seen.returncode == end
    for pattern, text in zip((out, error), texts):
        is_right &= bool(re.search(pattern, text, re.M)) if pattern is not None else not text
    is_right &= "Sanitizer" not in texts[1] and "runtime error" not in texts[1]
    check(name, is_right, f"{' '.join(map(str, command))}\nexit {seen.returncode}\n{''.join(texts)}")
    return texts[0]


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed) or not passed)
