#!/usr/bin/env python3
"""Holds that a program prints under Wine what it prints by our header, line by line, but for the
differences that are expected; each of those has to be there."""
import pathlib
import sys


def lines(path):
    return pathlib.Path(path).read_text(errors="replace").splitlines()


def main():
    expected_path, ours_path, wine_path = sys.argv[1:]
    expected = [tuple(line.split(" | ")) for line in lines(expected_path) if line and line[0] != "#"]
    ours, wine = lines(ours_path), lines(wine_path)
    wrong = []
    if len(ours) != len(wine) or not ours:
        wrong.append(f"{len(ours)} lines, under Wine {len(wine)}")
    differences = [(a, b) for a, b in zip(ours, wine) if a != b]
    wrong += [f"ours: {a}\nWine: {b}" for a, b in differences if (a, b) not in expected]
    for a, b in expected:
        if b in wine and (a, b) not in differences:
            wrong.append(f"expected to differ, and does not: {a}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
