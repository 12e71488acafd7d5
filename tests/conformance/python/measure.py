"""Times and memory in Python. Usage: measure.py COMPONENT"""

import json
import resource
import sys
import time

figures = {}


def note(name, since):
    figures[name] = (time.perf_counter() - since) * 1e6


since = time.perf_counter()
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

note("import", since)
since = time.perf_counter()
engine = Engine()
component = Component.from_file(engine, sys.argv[1])
note("load", since)
since = time.perf_counter()
linker = Linker(engine)
linker.define_unknown_imports_as_traps(component)
store = Store(engine)
instance = linker.instantiate(store, component)
note("instantiate", since)
since = time.perf_counter()
provider = instance.get_export_index(store, "claude-proxy:plugin/provider@0.1.0")
describe = instance.get_func(store, instance.get_export_index(store, "describe", provider))
describe(store)
note("first call", since)
since = time.perf_counter()
for _ in range(200):
    describe(store)
figures["describe"] = (time.perf_counter() - since) * 1e6 / 200
figures["peak memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(figures))
