"""Reports of the library and the command: their JSON with attributes, and their lists as tables of pandas."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional

_TEXTS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


class Record:
    """An object of a report: ``record.name`` and ``record["name"]``; names are those of ``Docs/schemas``. What is absent is None as an
    attribute and a ``KeyError`` as a key."""

    def __init__(self, fields: Dict[str, Any]) -> None:
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _wrapped(self._fields.get(name))

    def __getitem__(self, name: str) -> Any:
        return _wrapped(self._fields[name])

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *self._fields]

    def keys(self) -> List[str]:
        """Names of what is there."""
        return list(self._fields)

    def to_dict(self) -> Dict[str, Any]:
        """As plain lists, dictionaries and numbers."""
        return self._fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._fields == other._fields

    def __reduce__(self) -> Any:
        return type(self), (self._fields,)

    def __repr__(self) -> str:
        body = ", ".join(f"{name}={_short(value)}" for name, value in self._fields.items())
        return f"{type(self).__name__}({body})"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)} items]"
    return "{...}" if isinstance(value, dict) else repr(value)


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return Record(value)
    return [_wrapped(one) for one in value] if isinstance(value, list) else value


def _flat(row: Dict[str, Any], prefix: str = "") -> Dict[str, Any]:
    made: Dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            made.update(_flat(value, f"{prefix}{name}."))
        else:
            made[prefix + name] = _TEXTS.get(value, value) if isinstance(value, str) else value
    return made


class Report(Record):
    """A whole report; :meth:`table` gives one of its lists."""

    #: The list that ``table()`` takes where several are there.
    main: Optional[str] = None

    @classmethod
    def parse(cls, document: str) -> Any:
        """The report of a JSON document."""
        return cls(json.loads(document))

    @property
    def tables(self) -> List[str]:
        """Names that :meth:`table` knows."""
        return list(self._lists())

    def rows(self, name: Optional[str] = None) -> List[Dict[str, Any]]:
        """The rows of a list, what is nested in them by names with dots."""
        found = self._lists()
        name = name or (self.main if self.main in found else next(iter(found), None))
        if name not in found:
            raise KeyError(f"there is no table {name!r}; there are: {', '.join(found)}")
        return [_flat(row) for row in found[name]]

    def table(self, name: Optional[str] = None) -> Any:
        """The same as a ``pandas.DataFrame``."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError("tables need pandas: pip install pandas; rows() gives the same as dictionaries") from error
        return pandas.DataFrame(self.rows(name))

    def _lists(self) -> Dict[str, List[Dict[str, Any]]]:
        found: Dict[str, List[Dict[str, Any]]] = {}
        _find(self._fields, "", found)
        return found

    def _repr_html_(self) -> Optional[str]:
        try:
            return str(self.table().to_html(max_rows=20))
        except (ImportError, KeyError):
            return None


def _find(fields: Dict[str, Any], prefix: str, found: Dict[str, List[Dict[str, Any]]]) -> None:
    """Lists of objects by path. Objects that hold such lists themselves are gone through: their rows follow each other."""
    for name, value in fields.items():
        path = prefix + name
        if isinstance(value, dict):
            _find(value, path + ".", found)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            found.setdefault(path, []).extend({k: v for k, v in one.items() if not _is_table(v)} for one in value)
            for one in value:
                inner = {k: v for k, v in one.items() if isinstance(v, dict) or _is_table(v)}
                _find_inner(inner, path + ".", one, found)


def _find_inner(inner: Dict[str, Any], prefix: str, owner: Dict[str, Any], found: Dict[str, List[Dict[str, Any]]]) -> None:
    label = {"of": owner["name"]} if isinstance(owner.get("name"), str) else {}
    made: Dict[str, List[Dict[str, Any]]] = {}
    _find(inner, prefix, made)
    for path, rows in made.items():
        found.setdefault(path, []).extend({**label, **row} for row in rows)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


class CompilationReport(Report):
    """What rounding did to each layer and output: ``Docs/quantization.md``."""

    main = "layers"


class Inspection(Report):
    """What ``tessera inspect --json`` tells: ``Docs/inspection.md``."""


class Evaluation(Report):
    """What ``tessera evaluate --json`` tells: how far two models are from each other."""

    main = "targets"


class Profile(Report):
    """What ``tessera profile --json`` tells: nodes, kernels, operators and blocks with their times."""

    main = "nodes"
