"""infer.py FORM ADDRESS MODEL FUNCTION INPUT TYPE SHAPE IN OUT: as Examples/Sources/RawTensors, by a server.

FORM is json or binary: the two forms of tensors over HTTP, with Python's own library; or http or grpc: Triton's clients.
"""

import array
import json
import sys
import urllib.request
from pathlib import Path

TYPES = {"f32": ("FP32", "f"), "i64": ("INT64", "q")}
CODES = dict(TYPES.values())


def by_json(address, model, function, described, data, code):
    described["data"] = array.array(code, data).tolist()
    answer = json.loads(post(address, model, json.dumps({"parameters": {"function": function}, "inputs": [described]}).encode(), {})[0])
    return {one["name"]: array.array(CODES[one["datatype"]], one["data"]).tobytes() for one in answer["outputs"]}


def by_bytes(address, model, function, described, data, _):
    described["parameters"] = {"binary_data_size": len(data)}
    head = json.dumps({"parameters": {"function": function, "binary_data_output": True}, "inputs": [described]}).encode()
    body, count = post(address, model, head + data, {"Inference-Header-Content-Length": str(len(head))})
    at, found = int(count), {}
    for one in json.loads(body[:at])["outputs"]:
        size = one["parameters"]["binary_data_size"]
        found[one["name"]] = body[at : at + size]
        at += size
    return found


def post(address, model, body, headers):
    request = urllib.request.Request(f"http://{address}/v2/models/{model}/infer", body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read(), answer.headers.get("Inference-Header-Content-Length")


def by_triton(address, model, function, described, data, _):
    import importlib

    import numpy as np
    from tritonclient.utils import triton_to_np_dtype

    client = importlib.import_module(f"tritonclient.{form}")
    given = client.InferInput(described["name"], described["shape"], described["datatype"])
    given.set_data_from_numpy(np.frombuffer(data, triton_to_np_dtype(described["datatype"])).reshape(described["shape"]))
    answer = client.InferenceServerClient(address).infer(model, [given], parameters={"function": function})
    told = answer.get_response() if form == "http" else answer.get_response(as_json=True)
    return {one["name"]: answer.as_numpy(one["name"]).tobytes() for one in told["outputs"]}


form, address, model, function, name, kind, shape, source, folder = sys.argv[1:]
datatype, code = TYPES[kind]
described = {"name": name, "datatype": datatype, "shape": [int(size) for size in shape.split("x")]}
by = {"json": by_json, "binary": by_bytes}.get(form, by_triton)
Path(folder).mkdir(exist_ok=True)
for key, value in by(address, model, function, described, Path(source).read_bytes(), code).items():
    Path(folder, f"{key}.raw").write_bytes(value)
