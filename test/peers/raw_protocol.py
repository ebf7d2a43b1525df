#!/usr/bin/env python3
"""Runs the tests of Samba's raw protocol suite that need no authentication.

    SERVER=... raw_protocol.py [netlogon | all | TEST...]

Prints a line for each test that fails, then "N passed, N failed".
"""
import contextlib
import io
import os
import re
import sys
import unittest

os.environ.setdefault("TARGET_HOSTNAME", "pentest")
for name in ("USERNAME", "PASSWORD", "DOMAIN", "REALM"):
    os.environ.setdefault(name, "none")
os.environ.setdefault("SMB_CONF_PATH", "/dev/null")
os.environ.setdefault("MAX_NUM_AUTH", "8")

import samba.tests.dcerpc.raw_protocol as suite  # noqa: E402

WITHOUT_AUTHENTICATION = re.compile(
    r"test_(no_auth|neg_xmit|alloc_hint|assoc_group_fail[12]|auth_none|co_cancel|orphaned|"
    r"alter_no_auth|invalid_auth)")
# Those that call netlogon, and need no authentication either.
NETLOGON = re.compile(r"test_(fragmented_requests\d|\w+_requests$)")
ALL = re.compile(r"test_")


class Result(unittest.TestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def tell(self, test, error):
        trace = self._exc_info_to_string(error, test)
        print(f"FAIL {test.id().split('.')[-1]}: {str(error[1]).splitlines()[0][:150]}", flush=True)
        if os.environ.get("VERBOSE"):
            print(trace)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.tell(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.tell(test, error)


def main():
    wanted = {(): WITHOUT_AUTHENTICATION, ("netlogon",): NETLOGON,
              ("all",): ALL}.get(tuple(sys.argv[1:]))
    chosen = unittest.TestSuite()
    for case in unittest.defaultTestLoader.loadTestsFromModule(suite):
        for test in case:
            name = test.id().split(".")[-1]
            if name in sys.argv[1:] or (wanted and wanted.match(name)):
                chosen.addTest(test)
    result = Result()
    with contextlib.redirect_stderr(sys.stderr if os.environ.get("VERBOSE") else io.StringIO()):
        chosen.run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
