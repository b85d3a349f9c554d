"""Writes small ONNX models with nothing but the standard library: the few messages of the format that they need, and random weights."""
import array, math, random, struct

FLOAT, INT64 = 1, 7


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def _field(number, value):
    if isinstance(value, int): return _varint(number << 3) + _varint(value)
    if isinstance(value, float): return _varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name, kind, shape, data):
    return b"".join(_field(1, size) for size in shape) + _field(2, kind) + _field(8, name) + _field(9, data)


def _value(name, kind, shape):
    sizes = b"".join(_field(1, _field(2 if isinstance(size, str) else 1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sizes)))


def _attribute(name, value):
    made = _field(1, name)
    if isinstance(value, float): return made + _field(2, value) + _field(20, 1)
    if isinstance(value, int): return made + _field(3, value) + _field(20, 2)
    return made + b"".join(_field(8, one) for one in value) + _field(20, 7)


class Graph:
    """A graph on its way; names of values are texts, and each method gives the name of what it makes."""

    def __init__(self, seed=1):
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []
        self.chance = random.Random(seed)
        # Weights are turns of one row of random numbers: making as many anew would take longer than all else.
        self.row = array.array("f", (self.chance.gauss(0, 1) for _ in range(16384)))

    def input(self, name, kind, shape): self.inputs.append(_value(name, kind, shape))

    def output(self, value, name, kind, shape):
        self.nodes.append(_field(1, value) + _field(2, name) + _field(4, "Identity"))
        self.outputs.append(_value(name, kind, shape))

    def node(self, op, inputs, **attributes):
        name = f"v{len(self.nodes)}"
        made = b"".join(_field(1, i) for i in inputs) + _field(2, name) + _field(3, name) + _field(4, op)
        self.nodes.append(made + b"".join(_field(5, _attribute(*pair)) for pair in sorted(attributes.items())))
        return name

    def random(self, *shape, scale=None):
        """f32 of this shape, of standard deviation `scale`: 1 / sqrt(rows) by default."""
        count = math.prod(shape)
        factor = scale if scale is not None else 1 / math.sqrt(max(math.prod(shape[:-1]), 1))
        start = self.chance.randrange(16384)
        row = array.array("f", (factor * v for v in self.row[start:] + self.row[:start]))
        return self._weight(FLOAT, shape, (row * (count // 16384 + 1))[:count].tobytes())

    def floats(self, *values, shape=None): return self._weight(FLOAT, shape or [len(values)], struct.pack(f"<{len(values)}f", *values))

    def scalar(self, value): return self._weight(FLOAT, [], struct.pack("<f", value))

    def whole(self, *values): return self._weight(INT64, [len(values)], struct.pack(f"<{len(values)}q", *values))

    def _weight(self, kind, shape, data):
        name = f"w{len(self.weights)}"
        self.weights.append(_tensor(name, kind, shape, data))
        return name

    def model(self):
        """The bytes of the file."""
        parts = [(1, self.nodes), (5, self.weights), (11, self.inputs), (12, self.outputs)]
        graph = _field(2, "graph") + b"".join(_field(number, one) for number, list_ in parts for one in list_)
        return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))
