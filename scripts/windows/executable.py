"""Finds the program of one test in what cargo says with `--message-format json-render-diagnostics` (stdin)."""

import json
import sys


def main(name: str) -> int:
    for line in sys.stdin:
        message = json.loads(line) if line.startswith("{") else {}
        target = message.get("target", {})
        is_test = message.get("profile", {}).get("test", False)
        is_wanted = "lib" in target.get("kind", []) if name == "lib" else target.get("kind") == ["test"] and target.get("name") == name
        if message.get("executable") and is_test and is_wanted:
            print(message["executable"])
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
