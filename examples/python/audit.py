# pip install wasmtime==48.0.0; python audit.py plugin.wasm openclaw.json
import sys
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record

PACKAGE = "claude-proxy:plugin/{}@0.1.0"
engine = Engine()
component = Component.from_file(engine, sys.argv[1])
linker = Linker(engine)
linker.define_unknown_imports_as_traps(component)  # no capability at all
store = Store(engine)
store.set_limits(memory_size=256 << 20)
instance = linker.instantiate(store, component)
config = instance.get_export_index(store, PACKAGE.format("config"))
audit = instance.get_func(store, instance.get_export_index(store, "audit", config))

question = Record()
question.document = open(sys.argv[2], encoding="utf-8").read()
question.files, question.variables, question.backups = [], [], []
question.openclaw = None
for beside in ("stored-files", "stored-lists", "not-asked"):
    setattr(question, beside, [])
outcome = audit(store, question)
while isinstance(outcome, list):  # questions; what is not looked up counts as "not to be had", never as closed
    for asked in outcome:
        answer = Record()
        if asked.tag == "file":
            answer.path, answer.text = asked.payload, None
            question.files.append(answer)
        else:
            answer.name, answer.value = asked.payload, None
            question.variables.append(answer)
    outcome = audit(store, question)
for finding in outcome.findings:
    print(f"{finding.severity} {finding.path}: {finding.message}")
sys.exit(0 if outcome.closed else 1)
