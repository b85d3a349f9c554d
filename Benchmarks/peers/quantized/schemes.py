"""What the peers' quantizers are asked for: by name, how a function's file in f32 becomes one to run."""

import shutil
from functools import partial

from . import graphs


def converted(source, file, calls):
    import openvino

    openvino.save_model(openvino.Core().read_model(source), file, compress_to_fp16=False)


def dynamic(source, file, calls, tables=False):
    from . import ort

    ort.quantized(source, file, graphs.searches(source) + ([] if tables else graphs.small_tables(source)))


def static(source, file, calls):
    from . import ov

    ov.quantized(source, file, calls, graphs.searches(source) + graphs.small_tables(source))


def weights(source, file, calls, mode, sees_data=False, **options):
    from . import ov

    ov.compressed(source, file, mode, calls if sees_data else [], graphs.searches(source) + graphs.small_tables(source), **options)


SCHEMES = {
    "ONNX Runtime f32": (".onnx", None),
    "ONNX Runtime int8, dynamic": (".onnx", dynamic),
    "ONNX Runtime int8, dynamic, all tables": (".onnx", partial(dynamic, tables=True)),
    "OpenVINO f32": (".xml", converted),
    "OpenVINO int8, NNCF": (".xml", static),
    "OpenVINO int8 weights": (".xml", partial(weights, mode="int8_asym")),
    "OpenVINO int4 weights": (".xml", partial(weights, mode="int4_sym")),
    "OpenVINO int4 weights, zero points": (".xml", partial(weights, mode="int4_asym")),
    "OpenVINO int4 weights, scale estimation": (".xml", partial(weights, mode="int4_sym", sees_data=True, scale_estimation=True)),
    "OpenVINO int4 weights, GPTQ": (".xml", partial(weights, mode="int4_sym", sees_data=True, gptq=True)),
}


def made(scheme, files, folder, calls):
    """The files by function of a scheme; `calls` are inputs by function."""
    suffix, write = SCHEMES[scheme]
    if write is None:
        return files
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    results = {name: folder / f"{name}{suffix}" for name in files}
    for name, source in files.items():
        write(source, results[name], calls.get(name, []))
    return results
