"""The component as a command in a stock runtime: wasmtime's own WASI, no linker code of ours.

Usage: filter.py COMPONENT FILE_OF_THE_RUNS
"""

import json
import sys
import tempfile
from pathlib import Path

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
component = Component.from_file(engine, sys.argv[1])
linker = Linker(engine)
linker.add_wasip2()
runs = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for run in runs:
        (folder / "in").write_text(run["stdin"], encoding="utf-8")
        wasi = WasiConfig()
        wasi.argv = ["plugin.wasm", *run["arguments"]]
        wasi.stdin_file = folder / "in"
        wasi.stdout_file = str(folder / "out")
        wasi.stderr_file = str(folder / "err")
        store = Store(engine)
        store.set_wasi(wasi)
        instance = linker.instantiate(store, component)
        interface = instance.get_export_index(store, "wasi:cli/run@0.2.6")
        function = instance.get_func(store, instance.get_export_index(store, "run", interface))
        exit_code = 0 if function(store).tag == "ok" else 1
        del instance, store, wasi
        got = [exit_code, *((folder / each).read_text(encoding="utf-8") for each in ("out", "err"))]
        expected = [run["exit"], run["stdout"], run["stderr"]]
        assert got == expected, f"{run['arguments']}: {got} instead of {expected}"
print(f"{len(runs)} runs")
