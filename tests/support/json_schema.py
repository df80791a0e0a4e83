"""The part of JSON Schema that our own schemas use. An unknown keyword is an error, not a pass."""

import re

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def _type(value, name, where, _):
    good = isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))
    return [] if good else [f"{where}: {value!r} is no {name}"]


def _properties(value, properties, where, _):
    return [problem for key, schema in properties.items() if key in value
            for problem in problems(value[key], schema, f"{where}.{key}")]


def _items(value, schema, where, _):
    return [problem for i, item in enumerate(value) for problem in problems(item, schema, f"{where}[{i}]")]


def _no_others(value, allowed, where, schema):
    assert allowed is False
    return [f"{where}: unknown key {key}" for key in value if key not in schema["properties"]]


KEYWORDS = {
    "type": _type,
    "const": lambda v, want, where, _: [] if v == want and type(v) is type(want) else [f"{where}: {v!r} is not {want!r}"],
    "enum": lambda v, allowed, where, _: [] if v in allowed else [f"{where}: {v!r} is none of {allowed}"],
    "pattern": lambda v, p, where, _: [] if re.search(p, v) else [f"{where}: {v!r} is not {p}"],
    "minimum": lambda v, least, where, _: [] if v >= least else [f"{where}: {v} < {least}"],
    "maximum": lambda v, most, where, _: [] if v <= most else [f"{where}: {v} > {most}"],
    "minItems": lambda v, least, where, _: [] if len(v) >= least else [f"{where}: {len(v)} items"],
    "maxItems": lambda v, most, where, _: [] if len(v) <= most else [f"{where}: {len(v)} items"],
    "required": lambda v, keys, where, _: [f"{where}: {key} is missing" for key in keys if key not in v],
    "dependentRequired": lambda v, rule, where, _: [
        f"{where}: {key} without {other}" for key, others in rule.items() if key in v
        for other in others if other not in v],
    "additionalProperties": _no_others,
    "properties": _properties,
    "items": _items,
}


def problems(value, schema, where="$"):
    """What is wrong with `value`, a line each; nothing if it is valid."""
    if "type" in schema and (wrong := _type(value, schema["type"], where, schema)):
        return wrong
    return [problem for keyword, argument in schema.items()
            for problem in KEYWORDS[keyword](value, argument, where, schema)]
