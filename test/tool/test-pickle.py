#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock pickle: what a pickle is, to JSON and back, and from each form into each other."""
import json
import os
import pathlib
import tempfile

from check import TOOL, check, expect, finish, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = tempfile.TemporaryDirectory()
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
IDL = pathlib.Path(WORK.name, "demo.idl")
IDL.write_text("""
import "more.idl";
[uuid(01020304-0506-0708-090a-0b0c0d0e0f10), version(2.3)] interface demo {
	typedef enum { RED, GREEN } COLOUR;
	typedef struct _BOOK { long id; [string] wchar_t *title; hyper pages; COLOUR colour; PLACE place; } BOOK;
	typedef union switch (long kind) value { case 1: long number; case 2: [string] wchar_t *text; } CHOICE;
	typedef [switch_type(long)] union { [case(1)] long number; } ELSEWHERE;
	typedef BOOK *PBOOK;
	typedef long COUNT, ROW[2];
	void Use([in] BOOK *book, [in] CHOICE *choice);
}
""")
pathlib.Path(WORK.name, "more.idl").write_text("typedef struct PLACE_TAG { short row, shelf; } PLACE;\n")
BOOK = {"id": 7, "title": "höflich", "pages": 9007199254740993, "colour": "GREEN", "place": {"row": 1, "shelf": 2}}
LOGON = ROOT / "test/vectors/pickle/logon-info"
KRB5PAC = ("--idl", ROOT / "idl/krb5pac.idl", "--type", "PAC_LOGON_INFO")
DEMO = ("--idl", IDL, "--type")


def pickle(name, end, out, error, *arguments, stdin=None):
    return expect(name, end, out, error, TOOL, "pickle", *arguments, stdin=stdin, env=ENV)


def binary(*arguments, stdin=None):
    seen = run(TOOL, "pickle", *arguments, stdin=stdin, env=ENV)
    check("bytes", seen.returncode == 0 and not seen.stderr, (arguments, seen))
    return seen.stdout


def decoded(name, *arguments, stdin=None):
    text = pickle(name, 0, "", None, "decode", *arguments, "--json", stdin=stdin)
    return [json.loads(line) for line in text.splitlines()]


def of_a_kdc():
    value = json.loads(pickle("what it is", 0, '"version": 1', None, "inspect", LOGON))
    check("one value", value == {"version": 1, "transfer": "NDR", "endianness": "little",
                                 "values": [{"offset": 8, "size": LOGON.stat().st_size - 16}]}, value)
    value, = decoded("a PAC's logon information", *KRB5PAC, LOGON)
    check("who", value["Info"]["UserId"] == 1104 and value["Info"]["GroupCount"] == 3, value)
    check("the same again", binary("convert", *KRB5PAC, LOGON) == LOGON.read_bytes())
    again = binary("encode", *KRB5PAC, "-", stdin=json.dumps(value).encode())
    check("from JSON, too", again == LOGON.read_bytes())


def forms():
    here = pathlib.Path(WORK.name, "here")
    first = binary("encode", *DEMO, "BOOK", json.dumps(BOOK), "-o", here) or here.read_bytes()
    check("form 1", first[:8].hex() == "01100800cccccccc", first)
    options = [["--form", "1"], ["--big-endian"], ["--form", "2"], ["--ndr64"], ["--form", "2", "--ndr"]]
    files = []
    for option in options:
        other = binary("convert", *DEMO, "BOOK", here, *option)
        files.append(other)
        check("what it says", decoded("in another form", *DEMO, "BOOK", "-", stdin=other) == [BOOK])
        back = binary("convert", *DEMO, "BOOK", "-", "--form", "1", "--little-endian", stdin=other)
        check("there and back", back == first, option)
    check("each is another", len(set(files)) == 4 and files[0] == first and files[2] == files[4])
    value = json.loads(pickle("NDR64", 0, '"transfer": "NDR64"', None, "inspect", files[3].hex()))
    check("its interface", value["interface"] == "01020304-0506-0708-090a-0b0c0d0e0f10" and
          value["interface_version"] == "2.3" and value["values"][0]["offset"] == 64, value)
    pickle("big-endian", 0, '"endianness": "big"', None, "inspect", "-", stdin=files[1])
    pickle("no NDR64 in form 1", 2, None, "form 1 has no NDR64", "convert", *DEMO, "BOOK", here, "--form", "1", "--ndr64")
    pickle("no big-endian form 2", 2, None, "form 2 has no big", "convert", *DEMO, "BOOK", here, "--form", "2", "--big-endian")


def several():
    types = (*DEMO, "long", "--type", "CHOICE", "--type", "PLACE_TAG")
    text = '7 {"$tag": 2, "text": "}"}\n{"row":\n 3}{"row": 4}'
    for form in ("1", "2"):
        bytes_ = binary("encode", *types, "-", "--form", form, stdin=text.encode())
        seen = decoded("several", *types, "-", stdin=bytes_)
        check("each", seen[0] == 7 and seen[1]["text"] == "}" and [p["row"] for p in seen[2:]] == [3, 4], seen)
        value = json.loads(pickle("with types", 0, "values", None, "inspect", *types, "-", stdin=bytes_))
        check("four values", len(value["values"]) == 4, value)
    check("a pointer", decoded("a pointer", *DEMO, "PLACE *", "-", stdin=binary(
        "encode", *DEMO, "PLACE *", '{"row": 5}')) == [{"row": 5, "shelf": 0}])
    check("a renamed type", binary("encode", *DEMO, "COUNT", "7") == binary("encode", "--type", "long", "7"))
    for name, value in (("ROW", [1, 2]), ("PBOOK", None)):
        check("a typedef's name", decoded(name, *DEMO, name, "-", stdin=binary(
            "encode", *DEMO, name, json.dumps(value))) == [value])
    check("hex", binary("encode", "--type", "short", "1", "--hex") == b"01100800cccccccc0100000000000000\n")
    value = json.loads(pickle("hex in JSON", 0, "pickle", None, "encode", "--type", "short", "1", "--json"))
    check("of it", value == {"pickle": "01100800cccccccc0100000000000000"}, value)


def refusals():
    whole = LOGON.read_bytes()
    for n in range(0, len(whole), 61):
        seen = run(TOOL, "pickle", "decode", *KRB5PAC, "-", stdin=whole[:n], env=ENV)
        is_empty = n == 8 and not seen.stdout
        check("a prefix", is_empty or (seen.returncode == 1 and b"Sanitizer" not in seen.stderr), (n, seen))
    pickle("no pickle", 1, None, "no pickle: version 9", "inspect", "0910080000000000")
    pickle("a wrong type", 1, None, r"at byte 8, value 1: ", "decode", *DEMO, "BOOK", LOGON)
    pickle("no type", 2, None, "--type NAME says what", "decode", LOGON)
    pickle("mistyped", 2, None, r"there is no type BOK; did you mean BOOK\?", "decode", *DEMO, "BOK", LOGON)
    pickle("a union alone", 2, None, "there is no type ELSEWHERE", "decode", *DEMO, "ELSEWHERE", LOGON)
    pickle("wrong JSON", 2, None, "value 1: ", "encode", *DEMO, "BOOK", '{"idd": 1}')
    pickle("half of it", 2, None, "value 1: ", "encode", *DEMO, "BOOK", '{"id": 1')
    pickle("none", 2, None, "there is no value", "encode", *DEMO, "BOOK", " ")
    pickle("no form", 2, None, "--form is 1 or 2, not 3", "encode", *DEMO, "BOOK", "{}", "--form", "3")
    pickle("no verb", 2, None, r"no command pickle decod; did you mean decode\?", "decod")
    pickle("no place", 2, None, "cannot write /none/there", "encode", *DEMO, "BOOK", "{}", "-o", "/none/there")


for part in (of_a_kdc, forms, several, refusals):
    part()
finish()
