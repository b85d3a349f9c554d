#!/usr/bin/env python3
"""Writes Sources/Importers/ONNX/Schemas/Facts*.swift: roles of operands and results, attributes and their defaults of the ONNX operators that
the importer knows, by version of their operator set, from the packages onnx and onnxruntime (which has com.microsoft).

    pip install onnx onnxruntime && Scripts/onnx-schemas.py && swift format format -i Sources/Importers/ONNX/Schemas/*.swift

Only facts are taken over: names, versions and values. A version that changes none of them has no line."""
import glob
import os
import re

import onnx
import onnx.defs
import onnxruntime.capi.onnxruntime_pybind11_state as runtime

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FOLDER = os.path.join(ROOT, "Sources/Importers/ONNX/Schemas")
MARKS = {0: "", 1: "?", 2: "*"}


def known_operators():
    """What stands in quotes in the mappings: more than operators, but all of those."""
    texts = [open(f).read() for f in glob.glob(os.path.join(ROOT, "Sources/Importers/ONNX/Operators/*.swift"))]
    return {name for text in texts for name in re.findall(r'"([A-Z][A-Za-z0-9]*)"', text)}


def number(value):
    """The shortest text that is this number in float32."""
    import numpy
    text = str(numpy.float32(value))
    return text[:-2] if text.endswith(".0") else text


def default(attribute):
    """As it is shown, without spaces; None for no default."""
    if attribute is None or not attribute.type:
        return None
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return '"' + value.decode().replace(" ", "_") + '"'
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(number(x) if isinstance(x, float) else x.decode() if isinstance(x, bytes) else str(x) for x in value) + "]"
    if isinstance(value, int):
        return str(value)
    return None  # Tensors.


def option(parameter):
    value = parameter.option
    return MARKS[int(getattr(value, "value", value))]


def facts(schema, defaults):
    roles = [[p.name.replace(" ", "_") + option(p) for p in part] for part in (schema.inputs, schema.outputs)]
    attributes = []
    for name, attribute in sorted(schema.attributes.items()):
        value = default(defaults(attribute))
        attributes.append(name + ("!" if attribute.required else f"={value}" if value is not None else ""))
    return " ".join(roles[0]) + " -> " + " ".join(roles[1]) + (" : " + " ".join(attributes) if attributes else "")


def microsoft_default(attribute):
    return onnx.AttributeProto.FromString(attribute._default_value) if attribute._default_value else None


def main():
    known = known_operators()
    schemas = [(s, lambda a: a.default_value) for s in onnx.defs.get_all_schemas_with_history()]
    schemas += [(s, microsoft_default) for s in runtime.get_all_operator_schema() if s.domain == "com.microsoft"]
    lines, last = [], {}
    for schema, defaults in sorted(schemas, key=lambda s: (s[0].domain, s[0].name, s[0].since_version)):
        if schema.name not in known or schema.deprecated and not schema.outputs:
            continue
        key, text = (schema.domain, schema.name), facts(schema, defaults)
        if last.get(key) != text:
            lines.append(f"{schema.domain}:{schema.name} {schema.since_version} {text}".lstrip(":"))
        last[key] = text
    for old in glob.glob(os.path.join(FOLDER, "Facts*.swift")):
        os.remove(old)
    size, parts = 0, [[]]
    for line in lines:
        if size + len(line) > 14_000:
            size = 0
            parts.append([])
        size += len(line) + 9
        parts[-1].append(line)
    for index, part in enumerate(parts):
        write(f"Facts{index + 1}", f"facts{index + 1}", wrapped(part))
    names = ", ".join(f"facts{i + 1}" for i in range(len(parts)))
    with open(os.path.join(FOLDER, "Facts.swift"), "w") as file:
        file.write(HEAD + f"extension ONNXOperatorSchema {{\n    /// All parts of the table.\n    static let facts = [{names}]\n}}\n")
    print(f"{len(lines)} lines in {len(parts)} files")


HEAD = "// Written by Scripts/onnx-schemas.py.\n\n"


def wrapped(lines):
    """Long lines go on in the next, behind a backslash."""
    for line in lines:
        text = "        " + line
        while len(text) > 140:
            cut = text.rfind(" ", 0, 138)
            yield text[:cut] + " \\"
            text = "        " + text[cut + 1:]
        yield text


def write(name, constant, lines):
    with open(os.path.join(FOLDER, name + ".swift"), "w") as file:
        file.write(HEAD + "extension ONNXOperatorSchema {\n    /// A part of the table, a line an operator and version.\n")
        file.write(f'    static let {constant} = """\n' + "\n".join(lines) + '\n        """\n}\n')


main()
