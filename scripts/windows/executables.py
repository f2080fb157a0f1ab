"""The test programs in what cargo says with `--message-format json-render-diagnostics` (stdin): `NAME PATH` a line, the unit tests as `lib`."""

import json
import sys


def main():
    for line in sys.stdin:
        message = json.loads(line) if line.startswith("{") else {}
        if not message.get("executable") or not message["profile"]["test"]:
            continue
        kind = message["target"]["kind"]
        name = {"test": message["target"]["name"], "bin": "bin"}.get(kind[0], "lib")
        print(name, message["executable"])


if __name__ == "__main__":
    main()
