"""Checkpoint files: tensors by name, and the configuration that their headers hold as strings in Python notation."""

import ast

from safetensors import safe_open


def read_config(path):
    """The header's configuration, each string as the Python value it spells where it spells one."""
    with safe_open(path, "pt") as file:
        return {key: value_of(text) for key, text in file.metadata().items()}


def value_of(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def tensor(path, name):
    with safe_open(path, "pt") as file:
        return file.get_tensor(name)


def load(module, path, prefix=""):
    """Fills `module` with the tensors of the file that have its names behind `prefix`; returns it for inference."""
    with safe_open(path, "pt") as file:
        module.load_state_dict({name: file.get_tensor(prefix + name) for name in module.state_dict()})
    return module.eval()
