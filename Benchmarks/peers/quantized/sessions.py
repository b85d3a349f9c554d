"""Models in their runtimes: functions of arrays by name that give the outputs by name. Only the runtime that is asked for is loaded."""

from pathlib import Path


def session(file, threads=2):
    return openvino_session(file, threads) if Path(file).suffix == ".xml" else onnxruntime_session(file, threads)


def onnxruntime_session(file, threads=2):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    made = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names, wanted = [item.name for item in made.get_outputs()], {item.name for item in made.get_inputs()}
    return lambda inputs: dict(zip(names, made.run(names, {name: array for name, array in inputs.items() if name in wanted})))


def openvino_session(file, threads=2):
    import openvino

    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(str(file), "CPU", settings).create_infer_request()
    ports = {name: port for port in request.model_inputs for name in port.names}
    outputs = {name: port for port in request.model_outputs for name in port.names}

    def run(inputs):
        results = request.infer({ports[name]: array for name, array in inputs.items() if name in ports})
        return {name: results[port] for name, port in outputs.items()}

    return run
