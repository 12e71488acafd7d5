"""A host in Python: wasmtime from PyPI, every import denied, against all vectors.

Usage: runner.py COMPONENT FOLDER_OF_THE_VECTORS
"""

import json
import re
import sys
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import (
    BorrowType, Component, Linker, ListType, OptionType, OwnType, Record, RecordType, ResultType, TupleType, Variant, VariantType,
)

PACKAGE, VERSION = "claude-proxy:plugin", "0.1.0"


def camel(name):
    return re.sub("-(.)", lambda match: match[1].upper(), name)


def cases(ty):
    if isinstance(ty, OptionType):
        return [("none", None), ("some", ty.payload)]
    return [("ok", ty.ok), ("err", ty.err)] if isinstance(ty, ResultType) else ty.cases


def classes(ty):
    found = set()
    ty.add_classes(found) if ty else found.add(object)
    return found


def tagged(ty):
    """Where the cases of a variant are of different Python classes, the bindings leave the tag out."""
    each = [classes(case) for _, case in cases(ty)]
    return len(set().union(*each)) < sum(map(len, each))


def untie(ty, value):
    """Case and payload of a value of a variant or result."""
    if tagged(ty):
        return value.tag, value.payload
    fits = lambda case: value is None if case is None else isinstance(value, tuple(classes(case)))
    return next(name for name, case in cases(ty) if fits(case)), value


def expand(value, values):
    """`$text`, `$value` and `$with`."""
    if isinstance(value, list):
        return [expand(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if "$text" in value:
        return "".join(part if isinstance(part, str) else part[0] * part[1] for part in value["$text"])
    if "$value" in value:
        named = expand(values[value["$value"]], values)
        return {**named, **expand(value["$with"], values)} if "$with" in value else named
    return {key: expand(inner, values) for key, inner in value.items()}


def lower(ty, value, settings):
    """Canonical JSON as a value of a type; `settings` makes the resource."""
    if isinstance(ty, BorrowType):
        return settings(value["$settings"])
    if isinstance(ty, RecordType):
        record = Record()
        for name, field in ty.fields:
            setattr(record, name, lower(field, value[camel(name)], settings))
        return record
    if isinstance(ty, ListType):
        return [lower(ty.element, item, settings) for item in value]
    if isinstance(ty, TupleType):
        return tuple(lower(each, item, settings) for each, item in zip(ty.elements, value))
    if isinstance(ty, OptionType):
        payload = None if value is None else lower(ty.payload, value, settings)
        return Variant("none" if value is None else "some", payload) if tagged(ty) else payload
    if isinstance(ty, ResultType):
        kind, case, inner = ("ok", ty.ok, value["ok"]) if "ok" in value else ("err", ty.err, value["error"])
        payload = lower(case, inner, settings)
        return Variant(kind, payload) if tagged(ty) else payload
    if isinstance(ty, VariantType):
        case = dict(ty.cases)[value["kind"]]
        payload = None if case is None else lower(case, value["value"], settings)
        return Variant(value["kind"], payload) if tagged(ty) else payload
    return value


def lift(ty, value, written):
    """A value of a type as canonical JSON; `written` reads a resource."""
    if isinstance(ty, OwnType):
        return written(value)
    if isinstance(ty, RecordType):
        return {camel(name): lift(field, getattr(value, name), written) for name, field in ty.fields}
    if isinstance(ty, ListType):
        return [lift(ty.element, item, written) for item in value]
    if isinstance(ty, TupleType):
        return [lift(each, item, written) for each, item in zip(ty.elements, value)]
    if isinstance(ty, OptionType):
        kind, payload = untie(ty, value) if tagged(ty) else ("none" if value is None else "some", value)
        return None if kind == "none" else lift(ty.payload, payload, written)
    if isinstance(ty, ResultType):
        kind, payload = untie(ty, value)
        return {"ok": lift(ty.ok, payload, written)} if kind == "ok" else {"error": lift(ty.err, payload, written)}
    if isinstance(ty, VariantType):
        kind, payload = untie(ty, value)
        case = dict(ty.cases)[kind]
        return {"kind": kind} if case is None else {"kind": kind, "value": lift(case, payload, written)}
    return value


def main(path, vectors):
    engine = Engine()
    component = Component.from_file(engine, path)
    for name in component.type.imports(engine):
        assert name.startswith(("wasi:cli/", "wasi:io/")), f"the component imports {name}"
    linker = Linker(engine)
    linker.define_unknown_imports_as_traps(component)
    count = 0
    for source in sorted(Path(vectors).glob("*.json")):
        if source.name == "filter.json":
            continue
        file = json.loads(source.read_text(encoding="utf-8"))
        for vector in file["vectors"]:
            store = Store(engine)
            store.set_limits(memory_size=256 << 20)
            instance = linker.instantiate(store, component)

            def function(interface, name):
                within = instance.get_export_index(store, f"{PACKAGE}/{interface}@{VERSION}")
                if name in ("settings.parse", "settings.from-config"):
                    name = f"[static]{name}"
                elif "." in name:
                    name = f"[method]{name}"
                elif name == "flow":
                    name = "[constructor]flow"
                return instance.get_func(store, instance.get_export_index(store, name, within))

            parse, to_json = function("types", "settings.parse"), function("types", "settings.to-json")
            made = lambda value: parse(store, json.dumps(value))
            written = lambda settings: json.loads(to_json(store, settings))
            flow = None
            for call in vector["calls"]:
                name = call["function"]
                called = function(file["interface"], name)
                ty = called.type(store)
                parameters = [each for _, each in ty.params]
                given = [expand(argument, file["values"]) for argument in call["arguments"]]
                own = [flow] if name.startswith("flow.") else []
                parameters = parameters[len(own):]
                result = called(store, *own, *(lower(each, value, made) for each, value in zip(parameters, given)))
                if name == "flow":
                    flow, got = result, None
                else:
                    got = lift(ty.result, result, written)
                place = f"{file['interface']}: {vector['name']}: {name}"
                assert got == call["result"], f"{place}: {got} instead of {call['result']}"
                count += 1
    print(f"{count} calls")


main(*sys.argv[1:])
