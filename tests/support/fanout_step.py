"""Runs one step of a fan-out in a separate process: one line of JSON in, one out."""

import json
import sys
from typing import Any
from uuid import UUID

from tableferry.config import load_settings, parse_table_configs
from tableferry.errors import TableferryError
from tableferry.fanout import assign, begin, load_chunk, publish


def run(request: dict[str, Any]) -> dict[str, Any]:
    spec = parse_table_configs({"t": request["entry"]})["t"]
    settings = load_settings(["mctm"])
    assignment = assign(spec, UUID(request["fanout"]))
    match request["step"]:
        case "begin":
            return begin(spec, settings, assignment).to_dict()
        case "publish":
            return publish(spec, settings, assignment).to_dict()
    return load_chunk(spec, settings, assignment, request["chunk"]).to_dict()


if __name__ == "__main__":
    try:
        print(json.dumps(run(json.loads(sys.argv[1]))))
    except TableferryError as error:
        print(json.dumps({"error": type(error).__name__, "message": error.message}))
