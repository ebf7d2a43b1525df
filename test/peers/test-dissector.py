#!/usr/bin/env python3
"""The dissectors that penidl writes, under tshark.

    test-dissector.py PENIDL IDL...

The stub data is what Samba's bindings pack, in NDR of either byte order and in NDR64, as
requests and responses of associations in a capture. Each has to be named and to show the
values that were packed. Then bytes are changed at random: what tshark shows of that may
be malformed, but never an error of the dissector.
"""
import importlib.util
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
spec = importlib.util.spec_from_file_location("test_ndr", HERE / "test-ndr.py")
test_ndr = importlib.util.module_from_spec(spec)
spec.loader.exec_module(test_ndr)
if not shutil.which("tshark"):
    print("needs tshark")
    sys.exit(77)

SYNTAXES = {"ndr": ("8a885d04-1ceb-11c9-9fe8-08002b104860", 2), "ndr64": ("71710533-beba-4937-8319-b5dbef9ccc36", 1)}
FRAGMENT = 400
MUTATIONS = 600


class Capture:
    """A pcap of IPv4 packets, in which each association is a TCP connection."""

    def __init__(self):
        self.packets = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101)]
        self.stream = 0

    def open(self):
        self.stream += 1
        self.sequence = [1, 1]

    def send(self, to_server, data):
        client, server = 49152 + self.stream % 16000, 135
        ports = (client, server) if to_server else (server, client)
        here, there = (0, 1) if to_server else (1, 0)
        tcp = struct.pack(">HHIIBBHHH", *ports, self.sequence[here], self.sequence[there], 0x50, 0x18, 65535, 0, 0)
        self.sequence[here] += len(data)
        hosts = [bytes((10, 0, self.stream // 16000, 1)), bytes((10, 0, 0, 2))]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0) + hosts[here] + hosts[there]
        packet = ip + tcp + data
        n = len(self.packets)
        self.packets.append(struct.pack("<IIII", n // 1000, n % 1000 * 1000, len(packet), len(packet)) + packet)
        return n

    def write(self, path):
        path.write_bytes(b"".join(self.packets))


    def write_changed(self, path, numbers):
        """The first packets, with bytes of their PDUs changed."""
        with path.open("wb") as out:
            out.write(self.packets[0])
            for packet in self.packets[1:MUTATIONS]:
                packet = bytearray(packet)
                for _ in range(numbers.randrange(4)):
                    packet[numbers.randrange(56, min(len(packet), 128))] = numbers.choice((0, 1, 3, 0x80, 0xff))
                out.write(packet)


class Association:
    def __init__(self, capture, interface, layout):
        self.capture, self.big = capture, layout == "big"
        self.order = ">" if self.big else "<"
        syntax, version = SYNTAXES["ndr64" if layout == "ndr64" else "ndr"]
        capture.open()
        offer = self.pack("HBx", 0, 1) + self.uuid(interface[0]) + self.pack("HH", interface[1], 0)
        offer += self.uuid(syntax) + self.pack("I", version)
        capture.send(True, self.pdu(11, 1, self.pack("HHIBxH", 5840, 5840, 0, 1, 0) + offer))
        answer = self.pack("HHI", 5840, 5840, 7) + self.pack("H", 4) + b"135\0" + b"\0\0"
        answer += self.pack("BxH", 1, 0) + self.pack("HH", 0, 0) + self.uuid(syntax) + self.pack("I", version)
        capture.send(False, self.pdu(12, 1, answer))
        self.call = 1

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def uuid(self, text):
        return uuid.UUID(text).bytes if self.big else uuid.UUID(text).bytes_le

    def pdu(self, kind, call, body, flags=3):
        drep = bytes((0 if self.big else 0x10, 0, 0, 0))
        return bytes((5, 0, kind, flags)) + drep + self.pack("HHI", 16 + len(body), 0, call) + body

    def send(self, opnum, is_request, stub):
        """The number of the packet that completes it."""
        self.call += is_request
        return self.part(opnum, is_request, is_request, stub)

    def part(self, opnum, is_request, to_server, stub):
        """The same inside the call that goes on: a callback goes the other way."""
        parts = [stub[i:i + FRAGMENT] for i in range(0, len(stub), FRAGMENT)] or [b""]
        for i, part in enumerate(parts):
            head = self.pack("IHH", len(stub), 0, opnum) if is_request else self.pack("IHBx", len(stub), 0, 0)
            flags = (i == 0) | (i + 1 == len(parts)) << 1
            n = self.capture.send(to_server, self.pdu(0 if is_request else 2, self.call, head + part, flags))
        return n


def stub_of(call, direction, layout):
    pack = test_ndr.ndr_pack_in if direction == "in" else test_ndr.ndr_pack_out
    return pack(call, **test_ndr.LAYOUTS[layout])


def dissect(scripts, path):
    """What tshark says of each packet, as JSON."""
    options = [option for script in scripts for option in ("-X", f"lua_script:{script}")]
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "json", "--no-duplicate-keys", "-o",
                           "tcp.check_checksum:false", "-o", "ip.check_checksum:false", "-o",
                           "tcp.try_heuristic_first:true", *options],
                          capture_output=True, timeout=900)
    text = done.stdout.decode(errors="replace")
    errors = re.findall(r".*(?:[Ll]ua: Error|[Ll]ua Error|_ws\.lua\.error|internal: ).*",
                        text + done.stderr.decode(errors="replace"))
    return [packet["_source"]["layers"] for packet in json.loads(text)], errors


def values_of(node, name):
    """All values of fields of that name, at whatever depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.rsplit(".", 1)[-1] == name:
                yield from value if isinstance(value, list) else [value]
            yield from values_of(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from values_of(value, name)


def is_shown(layers, expected):
    """expected: a path of our JSON, and its value, which may be the name of a number."""
    path, value = expected
    names = [name for name in path.split(".") if not name.isdigit()]
    shown = [str(one) for one in values_of(layers, names[-1])]
    if isinstance(value, str) and re.fullmatch(r"\d+:[0-9a-f-]{36}", value):
        value = value.split(":")[1]
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return True
    if isinstance(value, str):
        return value in shown or any(one.replace(":", "") == value for one in shown) or bool(
            shown and re.fullmatch(r"[A-Z]\w+", value))
    return any(one.isdigit() and int(one) == value or one.startswith("0x") and int(one, 16) == value or
               one in (str(value), "True" if value else "False") for one in shown)


def pipe_stubs():
    """What Samba has no type for: second.Pour of language.idl, its parameter and its two pipes."""
    for layout, order in (("ndr", "<"), ("big", ">")):
        yield layout, struct.pack(order + "iI3sxIIiI", 5, 3, b"abc", 0, 1, 9, 0)
    yield "ndr64", struct.pack("<i4xq3s5xqqqqi4xqqq", 5, 3, b"abc", -3, 0, 0, 1, 9, -1, 0, 0)


def callback_packets(capture, model):
    """A call of callback.idl, out of which the server calls back, and the client the server, with one call_id."""
    numbers = {o["name"]: o["opnum"] for o in model["operations"] + model["callbacks"]}
    for layout, order in (("ndr", "<"), ("big", ">")):
        association = Association(capture, (model["uuid"], model["version"][0]), layout)
        deeper = struct.pack(order + "III", 7, 3, 3) + b"abc"
        answer = struct.pack(order + "qi", 11, 5)
        for name, is_request, to_server, stub, shown in (
                ("Repeat", True, True, struct.pack(order + "I", 9), ("times", 9)),
                ("Deeper", True, False, deeper, ("bytes", "616263")),
                ("Descend", True, True, deeper.replace(b"abc", b"xyz"), ("bytes", "78797a")),
                ("Descend", False, False, answer, ("sum", 11)),
                ("Deeper", False, True, answer, ("result", 5)),
                ("Deeper", True, False, deeper, ("depth", 7)),
                ("Repeat", False, False, struct.pack(order + "Ii", 4, 6), ("answered", 4))):
            packet = association.part(numbers[name], is_request, to_server, stub)
            direction = "in" if is_request else "out"
            yield f"nested.{name}", direction, layout, shown, packet, stub, numbers[name], model


def main():
    penidl, files = sys.argv[1], [pathlib.Path(path) for path in sys.argv[2:]]
    for cases in (test_ndr.srvsvc_cases, test_ndr.echo_cases, test_ndr.epm_cases, test_ndr.samr_cases):
        cases()
    for module in (test_ndr.ndr_lsarpc, test_ndr.ndr_netlogon, test_ndr.ndr_management):
        module.cases(test_ndr.case)
    folder = tempfile.TemporaryDirectory()
    scripts, models = [], {}
    for path in files:
        subprocess.run([penidl, "--lua", "--output-dir", folder.name, path], check=True, timeout=60)
        scripts.append(pathlib.Path(folder.name, path.stem + ".lua"))
        dump = subprocess.run([penidl, "--dump=json", path], check=True, timeout=60, capture_output=True)
        for interface in json.loads(dump.stdout)["interfaces"]:
            if "uuid" in interface:
                models[interface["name"]] = interface
    bad, sent = [], []
    good = Capture()
    for name, call, direction, expected in test_ndr.CASES:
        interface, operation = name.split(".")
        model = models[interface]
        opnum = next(o["opnum"] for o in model["operations"] if o["name"] == operation)
        for layout in test_ndr.LAYOUTS:
            if test_ndr.WRONG & {(name, direction, layout), (name, direction, layout, expected[0])}:
                continue
            association = Association(good, (model["uuid"], model["version"][0]), layout)
            if direction == "out":
                association.send(opnum, True, stub_of(call, "in", layout) if layout != "ndr64" else b"")
            stub = stub_of(call, direction, layout)
            packet = association.send(opnum, direction == "in", stub)
            sent.append((name, direction, layout, expected, packet, stub, opnum, model))
    for layout, stub in pipe_stubs():
        model = models["second"]
        packet = Association(good, (model["uuid"], 0), layout).send(1, True, stub)
        for expected in (("n", 5), ("bytes", "616263"), ("points.x", 9)):
            sent.append(("second.Pour", "in", layout, expected, packet, stub, 1, model))
    sent += callback_packets(good, models["nested"])
    path = pathlib.Path(folder.name, "good.pcap")
    good.write(path)
    packets, errors = dissect(scripts, path)
    bad += errors
    for name, direction, layout, expected, packet, *_ in sent:
        layers = packets[packet - 1]
        what = f"{name} {direction} in {layout}"
        mine = next((value for key, value in layers.items() if key.startswith("penidl.")), None)
        if mine is None:
            bad.append(f"{what}: not seen")
        elif name.split(".")[1] not in values_of(mine, "operation_"):
            bad.append(f"{what}: another operation")
        elif "penidl.malformed" in json.dumps(mine):
            bad.append(f"{what}: malformed: {list(values_of(mine, 'message'))}")
        elif not is_shown(mine, expected):
            bad.append(f"{what}: {expected[0]} is not {expected[1]} but {list(values_of(mine, expected[0].split('.')[-1]))}")

    numbers = random.Random(1)
    broken = Capture()
    for _ in range(MUTATIONS):
        name, direction, layout, _, _, stub, opnum, model = numbers.choice(sent)
        stub = bytearray(stub[:numbers.choice((len(stub), numbers.randrange(len(stub) + 1)))])
        for _ in range(numbers.randrange(8) if stub else 0):
            stub[numbers.randrange(len(stub))] = numbers.choice((0, 1, 0x7f, 0x80, 0xff, numbers.randrange(256)))
        association = Association(broken, (model["uuid"], model["version"][0]), layout)
        if direction == "out":
            association.send(opnum, True, b"")
        association.send(opnum, direction == "in", bytes(stub))
    path = pathlib.Path(folder.name, "broken.pcap")
    broken.write(path)
    packets, errors = dissect(scripts, path)
    bad += errors
    n_malformed = sum("penidl.malformed" in json.dumps(layers) for layers in packets)
    if n_malformed < MUTATIONS // 10:
        bad.append(f"only {n_malformed} of {MUTATIONS} changed stubs are malformed")
    path = pathlib.Path(folder.name, "headers.pcap")
    good.write_changed(path, numbers)
    bad += dissect(scripts, path)[1]
    for line in bad[:60]:
        print("FAIL", line)
    print(f"{len(sent)} values, {MUTATIONS} changed, {n_malformed} malformed: {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
