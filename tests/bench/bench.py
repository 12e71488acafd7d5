#!/usr/bin/env python3
"""Process supervisors around one local HTTP server, seen from outside. `cargo xtask bench supervise` runs this.

  bench.py --ours PROGRAM --peers FOLDER --node NODE --work FOLDER [options]

One file, though a long one: every measure works on the same trials and options of the command line, and nothing else imports them.

Linux, Python 3 and a C compiler; pm2 and supervisord in the folder of the peers, runit and s6 on the PATH.

MEASURES (--measures a,b,...; all by default)
  start       launch of the supervisor -> first 200 on /health; then a plain stop of everything
  fleet       all supervisors up together: idle memory, CPU and wake-ups over a window, then
              KILL for the server, round-robin (after 2.5 s of life) -> next 200
  crashearly  KILL for the server 0.1 s after it became ready -> next 200
  stopcases   stop with: server ignoring signals; wrapper and grandchild; both;
              wrapper and grandchild that left session and group. Who is left behind?
  wrapperkill KILL for the wrapper alone while its grandchild keeps the port
  supkill     KILL for the supervisor: all its processes / only the server's parent / only
              the main one: a server 3 s later? else ms until it is gone and the port free
  crashloop   server exits 1 at once for 20 s: spawns, gaps, gave up?, CPU
  hang        server accepts and never answers from the start: spawns in the window
  hanglater   server becomes silent after being ready: restarted? when?
  conflict    port held by a stranger (404): spawns, and do the supervisor's own words say so
  adopt       port held by a healthy instance of the same service: spawns, words
  flood       server writes 50 MB to stdout: throughput, longest write, memory, /health p99

HOW IT SEES
  Every trial runs in its own cgroup2 group where one can be made (all descendants are found,
  whatever they do), else by an environment tag. The server (fakeproxy.c) appends stamps of the
  monotonic clock to a file at spawn and listen, so spawns are counted without asking the
  supervisor. "Server" = a process whose executable is fakeproxy; every other process of the
  trial counts as the supervisor's.

ADAPTERS are templates: {cmd} is the server's command line, quoted for a shell; {cmd0} its program;
  {args_json} the rest as JSON; {port}, {host}, {health_url}; {dir} the trial's folder; {pid} of the
  supervisor; {bench} this folder; {peers}; {node}; {ours}. "start" as a string is for `sh -c`; as a list
  it runs without a shell, "@CMD@" being the server's argv. A variant overrides any key; "vars", "env" and
  "files" are merged key by key. The server reads its port from CLAUDE_PROXY_PORT.
"""
import argparse, glob, json, os, random, re, shlex, shutil, signal, socket, statistics as st
import subprocess, sys, time

BENCH = os.path.dirname(os.path.abspath(__file__))
def options():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ours", required=True, help="the claude-proxy to measure")
    ap.add_argument("--peers", required=True); ap.add_argument("--node", required=True)
    ap.add_argument("--work", required=True, help="folder for trials, the compiled server and results.json")
    ap.add_argument("--adapters", help="name or name:variant, with commas; bare belongs to every list")
    ap.add_argument("--measures", help="with commas")
    ap.add_argument("--reps", type=int, default=15, help="repetitions of start and crash")
    ap.add_argument("--quick", action="store_true", help="3 repetitions, short windows, 5 kills of each kind")
    ap.add_argument("--realtime", action="store_true", help="harness, supervisors and servers with real-time priority")
    ap.add_argument("--add", action="store_true", help="add to the results that are there already")
    return ap.parse_args()
O = options()
PEERS, NODE, ROOT = (os.path.abspath(x) for x in (O.peers, O.node, O.work))
FAKE, RESULTS = os.path.join(ROOT, "fakeproxy"), os.path.join(ROOT, "results.json")
HOST = "127.0.0.1"
ALL = ["start", "fleet", "crashearly", "stopcases", "wrapperkill", "supkill", "crashloop",
       "hang", "hanglater", "conflict", "adopt", "flood"]
W = dict(idle=20.0, loop=20.0, hang=25.0, conflict=12.0, settle=3.0, stop_limit=35.0, uptime=2.5)
mono = time.monotonic

# ------------------------------------------------------------------ adapters
VENV = "{peers}/supervisord/bin/"
RUN = {"content": "#!/bin/sh\nexec 2>&1\nexec {cmd}\n", "mode": "755"}
RUNPG = {"content": "#!/bin/sh\nexec 2>&1\necho $$ > {dir}/pg\nexec {pre}{cmd}\n", "mode": "755"}
SUPD = """[supervisord]
nodaemon=true
user=root
logfile={dir}/supervisord.log
pidfile={dir}/supervisord.pid
childlogdir={dir}
[unix_http_server]
file={dir}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{dir}/s.sock
[program:proxy]
command={cmd}
{extra}
"""
ADAPTERS = [
    {"name": "bare", "note": "no supervisor: the server itself, the reference for start",
     "start": ["@CMD@"], "only": ["start"]},
    {"name": "pm2", "note": "PM2 7 (npm), Node", "requires": ["{peers}/pm2/node_modules/pm2/bin/pm2"],
     "env": {"PM2_HOME": "{dir}/h", "PM2_DISABLE_VERSION_CHECK": "true"},
     "files": {"eco.json": '{"apps":[{"name":"proxy","script":"{cmd0}","args":{args_json},"interpreter":"none","exec_mode":"fork"{extra}}]}'},
     "vars": {"pm2": "{node} {peers}/pm2/node_modules/pm2/bin/pm2", "extra": ""},
     "start": "exec {pm2} start {dir}/eco.json", "daemonizes": True, "main_pid": "cat {dir}/h/pm2.pid",
     "stop": "exec {pm2} kill", "status": "{pm2} jlist | grep -o '\"status\":\"[a-z ]*\"'; {pm2} ls",
     "logs": ["{dir}/h/pm2.log"],
     "variants": {"default": {}, "tuned": {
         "note": "pm2-runtime (no daemon), max_restarts 5, kill_timeout 1 s",
         "vars": {"extra": ',"max_restarts":5,"kill_timeout":1000'},
         "start": "exec {node} {peers}/pm2/node_modules/pm2/bin/pm2-runtime start {dir}/eco.json",
         "daemonizes": False, "main_pid": "echo {pid}", "stop": {"signal": "TERM"}}}},
    {"name": "supervisord", "note": "Supervisor 4 (PyPI), Python", "requires": [VENV + "supervisord"],
     "files": {"s.conf": SUPD}, "vars": {"extra": ""},
     "start": "exec " + VENV + "supervisord -c {dir}/s.conf", "stop": {"signal": "TERM"},
     "status": VENV + "supervisorctl -c {dir}/s.conf status", "logs": ["{dir}/supervisord.log"],
     "variants": {"default": {}, "tuned": {
         "note": "group stop/kill, stopwaitsecs 2, autorestart=true",
         "vars": {"extra": "autorestart=true\nstopasgroup=true\nkillasgroup=true\nstopwaitsecs=2\nredirect_stderr=true"}}}},
    {"name": "s6", "note": "s6 2.11 (apt), C", "requires": ["s6-svscan"], "vars": {"pre": ""},
     "files": {"scan/proxy/run": RUN}, "start": "exec s6-svscan {dir}/scan",
     "stop": "exec s6-svscanctl -t {dir}/scan", "status": "s6-svstat {dir}/scan/proxy",
     "variants": {"default": {}, "tuned": {
         "note": "s6-log logger, timeout-kill 2 s, permafail 5 in 20 s, finish script kills the group",
         "files": {"scan/proxy/run": RUNPG, "scan/proxy/timeout-kill": "2000\n",
                   "scan/proxy/finish": {"content": "#!/bin/sh\nkill -KILL -$(cat {dir}/pg) 2>/dev/null\nexec s6-permafailon 20 5 1-127 true\n", "mode": "755"},
                   "scan/proxy/log/run": {"content": "#!/bin/sh\nexec s6-log n10 s1000000 {dir}/log\n", "mode": "755"}}},
         "min": {"note": "one s6-supervise alone, no scanner, no logger", "only": ["start", "fleet", "supkill"],
                 "files": {"svc/run": RUN}, "start": "exec s6-supervise {dir}/svc", "stop": {"signal": "TERM"},
                 "status": "s6-svstat {dir}/svc"}}},
    {"name": "runit", "note": "runit 2.1 runsv (apt), C", "requires": ["runsv"],
     "files": {"svc/run": RUN}, "start": "exec runsv {dir}/svc", "stop": {"signal": "TERM"},
     "status": "sv status {dir}/svc",
     "variants": {"default": {}, "tuned": {
         "note": "svlogd logger, own process group, sv force-stop after 2 s then exit, finish kills the group",
         "files": {"svc/run": RUNPG, "svc/finish": {"content": "#!/bin/sh\nkill -KILL -$(cat {dir}/pg) 2>/dev/null\nexit 0\n", "mode": "755"},
                   "svc/log/run": {"content": "#!/bin/sh\nmkdir -p {dir}/log\nexec svlogd {dir}/log\n", "mode": "755"}},
         "vars": {"pre": "chpst -P "}, "stop": "sv -w 2 force-stop {dir}/svc; sv -w 2 exit {dir}/svc"}}},
    {"name": "naive-node", "note": "spawn, setTimeout respawn, kill the direct child", "requires": ["{node}"],
     "vars": {"opts": ""}, "start": "exec {node} {bench}/naive.mjs {opts} -- {cmd}", "stop": {"signal": "TERM"},
     "variants": {"default": {"note": "restart after 3000 ms"},
                  "tuned": {"note": "restart after 1000 ms", "vars": {"opts": "--restart-delay-ms 1000"}}}},
    {"name": "ours", "note": "claude-proxy run, its defaults", "requires": ["{ours}"],
     "start": ["{ours}", "run", "--port", "{port}", "--state-dir", "{dir}/s", "--", "@CMD@"], "stop": {"signal": "TERM"},
     "status": "{ours} status --port {port} --state-dir {dir}/s", "logs": ["{dir}/s/*.log"], "supkill_reps": 20, "crash_timeout": 60},
]

# ------------------------------------------------------------------ small tools
def sh(cmd, timeout=20, **kw):
    try:
        r = subprocess.run(cmd, shell=isinstance(cmd, str), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, timeout=timeout, text=True, errors="replace", **kw)
        return r.stdout
    except subprocess.TimeoutExpired as e:
        return "(timed out) " + str(e.stdout or "")

def readf(p, d=""):
    try:
        with open(p, "rb") as f: return f.read().decode("utf-8", "replace")
    except OSError: return d

def med(v): return st.median(v) if v else None
def pct(v, q):
    v = sorted(v); return v[min(len(v) - 1, int(q * len(v)))] if v else None
def dist(v):
    return dict(n=len(v), median=round(med(v), 3), min=round(min(v), 3), max=round(max(v), 3),
                p25=round(pct(v, .25), 3), p75=round(pct(v, .75), 3)) if v else dict(n=0)

def merge(a, b):
    o = dict(a)
    for k, v in b.items():
        o[k] = {**o.get(k, {}), **v} if k in ("vars", "env", "files") and isinstance(v, dict) else v
    return o

def build():
    os.makedirs(ROOT, exist_ok=True)
    subprocess.run(["cc", "-O2", "-static", "-pthread", "-o", FAKE, os.path.join(BENCH, "fakeproxy.c")], check=True)

_used = set()
def free_port():
    while True:
        p = random.randint(20000, 29999)
        if p in _used: continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try: s.bind((HOST, p))
            except OSError: continue
        _used.add(p); return p

REQ = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
def health(port, timeout=0.5):
    """-> (status, pid) or None when refused/hung."""
    s = socket.socket()
    try:
        s.settimeout(timeout); s.connect((HOST, port)); s.sendall(REQ)
        b = s.recv(2048)
        if not b: return None
        m = re.search(rb'"pid":(\d+)', b)
        return int(b[9:12]), int(m.group(1)) if m else None
    except (OSError, ValueError): return None
    finally: s.close()

def wait_health(port, timeout, not_pid=None):
    """-> (monotonic time, pid) of the first 200 from a pid other than not_pid, or None."""
    end = mono() + timeout
    while True:
        r = health(port); t = mono()
        if r and r[0] == 200 and r[1] != not_pid: return t, r[1]
        if t > end: return None
        time.sleep(0.0003 if t < end - timeout + 5 else 0.002)

def listening(port):
    s = socket.socket(); s.settimeout(0.5)
    try: s.connect((HOST, port)); return True
    except socket.timeout: return True
    except OSError: return False
    finally: s.close()

# ------------------------------------------------------------------ cgroup2, processes
def _cg_base():
    for l in readf("/proc/self/mountinfo").splitlines():
        a, b = l.split(" - ")
        if b.split()[0] == "cgroup2":
            mnt = a.split()[4]; own = "/"
            for x in readf("/proc/self/cgroup").splitlines():
                if x.startswith("0::"): own = x[3:]
            d = mnt + own.rstrip("/")
            try:
                t = f"{d}/supbench-probe-{os.getpid()}"; os.mkdir(t); os.rmdir(t); return d
            except OSError: return None
    return None
CG = None if os.environ.get("SUPBENCH_NO_CGROUP") else _cg_base()

def cg_dirs(d):
    for r, _, _ in os.walk(d): yield r

def exe(pid):
    try: return os.readlink(f"/proc/{pid}/exe")
    except OSError: return None

def cpu_ns(pid):
    t = 0
    for p in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        x = readf(p).split(); t += int(x[0]) if x else 0
    return t
def switches(pid):
    n = 0
    for p in glob.glob(f"/proc/{pid}/task/*/status"):
        n += sum(int(x) for x in re.findall(r"ctxt_switches:\s+(\d+)", readf(p)))
    return n
def mem(pid):
    s = readf(f"/proc/{pid}/smaps_rollup")
    g = lambda k: int((re.search(rf"^{k}:\s+(\d+)", s, re.M) or [0, 0])[1])
    u = readf(f"/proc/{pid}/status"); h = re.search(r"VmHWM:\s+(\d+)", u); th = re.search(r"Threads:\s+(\d+)", u)
    return dict(rss=g("Rss"), pss=g("Pss"), private=g("Private_Clean") + g("Private_Dirty"),
                hwm=int(h[1]) if h else 0, threads=int(th[1]) if th else 0)

class Trial:
    n = 0
    def __init__(self, ad, var, flags=(), port=None):
        Trial.n += 1
        a = merge(ad, ad.get("variants", {}).get(var, {})); self.a, self.name, self.var = a, ad["name"], var
        self.dir = f"{ROOT}/{os.getpid()}.{Trial.n}"; shutil.rmtree(self.dir, True); os.makedirs(self.dir)
        self.port = port or free_port(); self.tag = f"sb{os.getpid()}.{Trial.n}"
        self.events = self.dir + "/ev"; open(self.events, "w").close()
        cmd = [FAKE, "--events", self.events, "--tag", self.tag, *map(str, flags)]
        self.v = dict(cmd=shlex.join(cmd), cmd0=cmd[0], args_json=json.dumps(cmd[1:]), port=self.port, host=HOST, dir=self.dir, tag=self.tag,
                      health_url=f"http://{HOST}:{self.port}/health", bench=BENCH, peers=PEERS, node=NODE, ours=os.path.abspath(O.ours))
        self.v.update(a.get("vars", {})); self.cmd = cmd
        self.env = {**os.environ, "CLAUDE_PROXY_PORT": str(self.port), "CLAUDE_PROXY_HOST": HOST, "SUPBENCH_TAG": self.tag,
                    "PATH": os.path.dirname(NODE) + ":" + os.environ["PATH"] if "/" in NODE else os.environ["PATH"],
                    **{k: self.sub(x) for k, x in a.get("env", {}).items()}}
        for f, c in a.get("files", {}).items():
            if c is None: continue
            c = c if isinstance(c, dict) else {"content": c}; p = os.path.join(self.dir, f)
            os.makedirs(os.path.dirname(p), exist_ok=True)
            with open(p, "w") as o: o.write(self.sub(c["content"]))
            os.chmod(p, int(c.get("mode", "644"), 8))
        self.cg = None; self.pid = None; self.p = None
        if CG:
            self.cg = f"{CG}/supbench-{self.tag}"; os.makedirs(self.cg, exist_ok=True)

    def sub(self, s):
        for _ in range(5):
            o = re.sub(r"\{(\w+)\}", lambda m: str(self.v[m[1]]) if m[1] in self.v else m[0], s)
            if o == s: break
            s = o
        return s
    def enter(self):   # the harness itself steps into the trial's group before the clock starts
        if self.cg: open(self.cg + "/cgroup.procs", "w").write(str(os.getpid()))
    def leave(self):
        if self.cg: open(CG + "/cgroup.procs", "w").write(str(os.getpid()))
    def start(self, wait=20.0, quiet=False):
        """-> ms from launch to first 200, or None."""
        s = self.a["start"]
        argv = ["/bin/sh", "-c", self.sub(s)] if isinstance(s, str) else [y for x in s for y in (self.cmd if x == "@CMD@" else [self.sub(x)])]
        out = open(self.dir + "/sup.out", "ab")
        self.enter()
        try:
            self.t0 = mono()
            self.p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env,
                                      cwd=self.dir, start_new_session=True)
            r = wait_health(self.port, wait) if not quiet else None
        finally:
            if not quiet or not self.cg: self.leave()
            else: time.sleep(0.05); self.leave()
        out.close(); self.pid = self.p.pid
        if self.a.get("daemonizes"):
            try: self.p.wait(30)
            except subprocess.TimeoutExpired: pass
        self.find_main()
        self.srv = r[1] if r else None
        return (r[0] - self.t0) * 1e3 if r else None
    def find_main(self):
        m = self.a.get("main_pid")
        if m:
            self.v["pid"] = self.p.pid
            for _ in range(100):
                x = sh(self.sub(m), env=self.env).strip()
                if x.isdigit(): self.pid = int(x); break
                time.sleep(0.05)
        self.v["pid"] = self.pid
    def members(self):
        if self.p and self.p.poll() is None: pass          # reaps it when it is over
        me = os.getpid()
        if self.cg:
            o = []
            for d in cg_dirs(self.cg): o += [int(x) for x in readf(d + "/cgroup.procs").split()]
            return [p for p in o if p != me]
        t = ("SUPBENCH_TAG=" + self.tag + "\0").encode(); o = []
        for d in os.listdir("/proc"):
            if d.isdigit() and int(d) != me:
                try:
                    if t in open(f"/proc/{d}/environ", "rb").read() or (b"\0" + self.tag.encode() + b"\0") in open(f"/proc/{d}/cmdline", "rb").read():
                        if "State:\tZ" not in readf(f"/proc/{d}/status"): o.append(int(d))
                except OSError: pass
        return o
    def split(self):
        s, u = [], []
        for p in self.members():
            e = exe(p)
            if e is None: continue
            (s if e.startswith(FAKE) else u).append(p)
        return s, u
    def evs(self, kind=None):
        o = []
        for l in readf(self.events).splitlines():
            x = l.split(" ", 4)
            if len(x) >= 4 and (kind is None or x[1] == kind): o.append((int(x[0]) / 1e9, x[1], int(x[2]), int(x[3]), x[4] if len(x) > 4 else ""))
        return o
    def cg_cpu(self):
        if not self.cg: return None
        m = re.search(r"usage_usec (\d+)", readf(self.cg + "/cpu.stat")); return int(m[1]) / 1e3 if m else None
    def stop(self, limit=None):
        """-> dict of milliseconds; leftovers counted. Port, server and everything are timed apart."""
        limit = limit or W["stop_limit"]; s = self.a.get("stop", {"signal": "TERM"}); c = None
        t0 = mono()
        if isinstance(s, dict):
            try: os.kill(self.pid, getattr(signal, "SIG" + s["signal"]))
            except OSError: pass
        else: c = subprocess.Popen(["/bin/sh", "-c", self.sub(s)], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL,
                                   stdout=open(self.dir + "/stop.out", "ab"), stderr=subprocess.STDOUT)
        r = dict(port_free=None, server_gone=None, all_gone=None); quiet = None
        while True:
            if c: c.poll()
            sv, su = self.split(); t = mono(); ms = (t - t0) * 1e3
            if r["port_free"] is None and not listening(self.port): r["port_free"] = ms
            if not sv and r["server_gone"] is None: r["server_gone"] = ms
            if sv: r["server_gone"] = None
            if not sv and not su: r["all_gone"] = ms; break
            if sv and not su and (not c or c.poll() is not None):      # nobody left to do anything
                quiet = quiet or t
                if t - quiet > 3: break
            else: quiet = None
            if t - t0 > limit: break
            time.sleep(0.001 if t - t0 < 1 else 0.01)
        if c and c.poll() is None:
            try: c.wait(1)
            except subprocess.TimeoutExpired: c.kill(); c.wait()
        sv, su = self.split()
        r.update(left_servers=len(sv), left_supervisor=len(su), port_held=listening(self.port))
        return r
    def own_words(self):
        """What the supervisor itself says: status output + its logs, without the server's lines."""
        t = sh(self.sub(self.a["status"]), env=self.env, timeout=10) if self.a.get("status") else ""
        for g in ["{dir}/sup.out", *self.a.get("logs", [])]:
            for f in glob.glob(self.sub(g)): t += "\n" + readf(f)[-20000:]
        return "\n".join(l for l in t.splitlines() if "fakeproxy: " not in l)
    def cleanup(self):
        self.leave()
        for _ in range(40):
            ps = self.members()
            if not ps and (self.p is None or self.p.poll() is not None): break
            if self.cg:
                for d in [self.cg]:
                    try: open(d + "/cgroup.kill", "w").write("1")
                    except OSError: pass
            for p in ps:
                try: os.kill(p, 9)
                except OSError: pass
            time.sleep(0.025)
        if self.p: self.p.wait()
        if self.cg:
            for d in sorted(cg_dirs(self.cg), key=len, reverse=True):
                for _ in range(40):
                    try: os.rmdir(d); break
                    except OSError: time.sleep(0.025)
        if not os.environ.get("SUPBENCH_KEEP"): shutil.rmtree(self.dir, True)

# ------------------------------------------------------------------ measures
def say(*a): print(*a, file=sys.stderr, flush=True)

class Bench:
    def __init__(self, todo, reps): self.todo, self.reps, self.res = todo, reps, {}
    def rec(self, t, key): return self.res.setdefault(f"{t['name']}/{t['var']}", {}).setdefault(key, {})
    def want(self, m):
        for ad, var in self.todo:
            a = merge(ad, ad.get("variants", {}).get(var, {}))
            if m in a.get("skip", []) or ("only" in a and m not in a["only"]): continue
            yield ad, var, a
    def put(self, ad, var, key, val): self.res.setdefault(f"{ad['name']}/{var}", {})[key] = val

    def m_start(self):
        L = list(self.want("start")); ready, stp, lst = {}, {}, {}
        for i in range(self.reps):
            random.shuffle(L)
            for ad, var, a in L:
                t = Trial(ad, var); k = (ad["name"], var)
                try:
                    ms = t.start()
                    if ms is None: say("no ready", k); say(t.own_words()[-600:]); continue
                    ready.setdefault(k, []).append(ms)
                    e = t.evs("spawn"); 
                    if e: lst.setdefault(k, []).append((e[0][0] - t.t0) * 1e3)
                    time.sleep(1.2 if not a.get("daemonizes") else 0.6)
                    stp.setdefault(k, []).append(t.stop(limit=15))
                except Exception as x: say("ERR start", k, repr(x))
                finally: t.cleanup()
            say(f"start {i + 1}/{self.reps}")
        for ad, var, a in L:
            k = (ad["name"], var)
            if k in ready:
                self.put(ad, var, "start_ready_ms", dist(ready[k])); self.put(ad, var, "start_spawn_ms", dist(lst.get(k, [])))
                for f in ("port_free", "server_gone", "all_gone"):
                    self.put(ad, var, f"stop_{f}_ms", dist([s[f] for s in stp.get(k, []) if s[f] is not None]))
                self.put(ad, var, "stop_left", max([s["left_servers"] for s in stp.get(k, [])] or [0]))

    def m_fleet(self):
        T = []
        try:
            for ad, var, a in self.want("fleet"):
                t = Trial(ad, var)
                if t.start() is None: say("no ready", t.name, t.var, t.own_words()[-500:]); t.cleanup(); continue
                t.ad, t.crash = ad, []; T.append(t)
            say("fleet up:", len(T)); time.sleep(W["settle"])
            snap = []
            for t in T:
                sv, su = t.split(); snap.append((mono(), su, {p: cpu_ns(p) for p in su}, {p: switches(p) for p in su}, t.cg_cpu()))
            time.sleep(W["idle"])
            for t, (m0, su, c0, w0, g0) in zip(T, snap):
                sv, now = t.split(); dt = mono() - m0
                M = [mem(p) for p in now]
                self.put(t.ad, t.var, "idle", dict(
                    processes=len(now), threads=sum(m["threads"] for m in M), rss_kb=sum(m["rss"] for m in M),
                    pss_kb=sum(m["pss"] for m in M), private_kb=sum(m["private"] for m in M),
                    cpu_ms_per_20s=round(sum(cpu_ns(p) - c0[p] for p in su if p in now) / 1e6 * 20 / dt, 3),
                    group_cpu_ms_per_20s=round((t.cg_cpu() - g0) * 20 / dt, 3) if g0 is not None else None,
                    switches_per_s=round(sum(switches(p) - w0[p] for p in su if p in now) / dt, 2),
                    names=[readf(f"/proc/{p}/comm").strip() for p in now]))
            up = {id(t): mono() - 100 for t in T}
            for i in range(self.reps):
                random.shuffle(T)
                for t in T:
                    if i >= t.a.get("crash_reps", self.reps): continue
                    time.sleep(max(0, W["uptime"] - (mono() - up[id(t)])))
                    r = health(t.port)
                    if not r or r[0] != 200: t.crash.append(None); continue
                    old = r[1]; t0 = mono(); os.kill(old, 9)
                    w = wait_health(t.port, t.a.get("crash_timeout", 15), old)
                    up[id(t)] = mono(); t.crash.append((w[0] - t0) * 1e3 if w else None)
                say(f"crash {i + 1}/{self.reps}")
            for t in T:
                v = [x for x in t.crash if x is not None]
                self.put(t.ad, t.var, "crash_ready_ms", {**dist(v), "failed": len(t.crash) - len(v)})
        finally:
            for t in T: t.cleanup()
    def m_crashearly(self):
        for ad, var, a in self.want("crashearly"):
            v, fail = [], 0
            for i in range(min(a.get("early_reps", 5), self.reps)):
                t = Trial(ad, var)
                try:
                    if t.start() is None: fail += 1; continue
                    time.sleep(0.1); old = health(t.port)[1]; t0 = mono(); os.kill(old, 9)
                    w = wait_health(t.port, a.get("crash_timeout", 15), old)
                    if w: v.append((w[0] - t0) * 1e3)
                    else: fail += 1
                except Exception as x: say("ERR early", ad["name"], var, repr(x)); fail += 1
                finally: t.cleanup()
            self.put(ad, var, "crash_early_ms", {**dist(v), "failed": fail}); say("crashearly", ad["name"], var, dist(v).get("median"))

    def m_stopcases(self):
        cases = dict(ignore=["--ignore-sigterm"], grandchild=["--fork-grandchild"],
                     grandchild_ignore=["--fork-grandchild", "--ignore-sigterm"],
                     grandchild_setsid=["--fork-grandchild", "--setsid-grandchild"])
        for ad, var, a in self.want("stopcases"):
            o = {}
            for c, fl in cases.items():
                rs = []
                for i in range(2 if self.reps >= 5 else 1):
                    t = Trial(ad, var, fl)
                    try:
                        if t.start() is None: rs.append(dict(error="not ready")); continue
                        time.sleep(1.2); rs.append(t.stop())
                    except Exception as x: rs.append(dict(error=repr(x)))
                    finally: t.cleanup()
                    if rs[-1].get("all_gone") is None or rs[-1].get("all_gone", 0) > 8000: break
                o[c] = dict(all_gone_ms=med([r["all_gone"] for r in rs if r.get("all_gone")]),
                            port_free_ms=med([r["port_free"] for r in rs if r.get("port_free")]),
                            left_servers=max([r.get("left_servers", -1) for r in rs]), port_held=any(r.get("port_held") for r in rs),
                            left_supervisor=max([r.get("left_supervisor", 0) for r in rs]), n=len(rs), error=rs[0].get("error"))
            self.put(ad, var, "stop_cases", o); say("stopcases", ad["name"], var, {k: (round(x["all_gone_ms"]) if x["all_gone_ms"] else None, x["left_servers"]) for k, x in o.items()})

    def batch(self, m, size, flags, window, fn, prepare=None, wait_ready=False, kw=None):
        L = list(self.want(m))
        for i in range(0, len(L), size):
            T = []
            try:
                for ad, var, a in L[i:i + size]:
                    t = Trial(ad, var, flags); t.ad = ad; t.ctx = prepare(t) if prepare else None
                    t.c0 = t.cg_cpu(); r = t.start(quiet=not wait_ready); t.ms = r
                    if wait_ready and r is None: say("no ready", m, t.name, t.var); t.cleanup(); continue
                    T.append(t)
                if wait_ready: time.sleep(1.5)
                for t in T:
                    if kw: kw(t)
                while T and mono() < max(getattr(t, "tw", t.t0) for t in T) + window: time.sleep(0.05)
                for t in T:
                    try: o = fn(t)
                    except Exception as x: o = dict(error=repr(x))
                    self.put(t.ad, t.var, m, o); say(m, t.name, t.var, {k: v for k, v in o.items() if k != "words"})
            finally:
                for t in T: t.cleanup(); t.ctx and t.ctx.stop()

    def spawns(self, t, since, until):
        return [e[0] for e in t.evs("spawn") if since <= e[0] <= until]
    def m_crashloop(self):
        def fn(t):
            end = t.t0 + W["loop"]; cpu = t.cg_cpu(); s = self.spawns(t, t.t0, end); g = [b - a for a, b in zip(s, s[1:])]
            q = W["loop"] * .4; late = [x for x in s if x > end - q]
            return dict(spawns=len(s), first_gaps_s=[round(x, 3) for x in g[:8]], last_gap_s=round(g[-1], 3) if g else None,
                        max_gap_s=round(max(g), 3) if g else None, gave_up=bool(s) and not late,
                        last_spawn_s=round(s[-1] - t.t0, 2) if s else None,
                        group_cpu_ms=round(cpu - (t.c0 or 0), 1) if cpu is not None else None, words=t.own_words()[-700:])
        self.batch("crashloop", 2, ["--exit-code", "1"], W["loop"], fn)
    def m_hang(self):
        def fn(t):
            s = self.spawns(t, t.t0, t.t0 + W["hang"])
            return dict(spawns=len(s), detected=len(s) > 1, first_restart_s=round(s[1] - s[0], 2) if len(s) > 1 else None, words=t.own_words()[-500:])
        self.batch("hang", 5, ["--hang"], W["hang"], fn)
    def m_hanglater(self):
        def kw(t): t.tw = mono(); os.kill(t.srv, signal.SIGUSR1); time.sleep(0.2)
        def fn(t):
            s = self.spawns(t, t.tw, t.tw + W["hang"]); r = health(t.port)
            return dict(detected=bool(s), restart_after_s=round(s[0] - t.tw, 2) if s else None, spawns=len(s), healthy_at_end=bool(r and r[0] == 200))
        self.batch("hanglater", 5, [], W["hang"], fn, wait_ready=True, kw=kw)
    def _conflict(self, m, flags):
        class Holder:
            def __init__(s, t):
                s.p = subprocess.Popen([FAKE, *flags], env={**os.environ, "CLAUDE_PROXY_PORT": str(t.port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                while not listening(t.port): time.sleep(0.005)
            def stop(s): s.p.kill(); s.p.wait()
        def fn(t):
            end = t.t0 + W["conflict"]; s = self.spawns(t, t.t0, end); words = t.own_words()
            hit = sorted(set(x.lower() for x in re.findall(r"(?i)in use|EADDRINUSE|port conflict|already (?:running|listening|bound|healthy|serv\w+)|wrong service|occupied|taken by", words)))
            said = bool(hit); late = [x for x in s if x > end - W["conflict"] * .4]
            return dict(spawns=len(s), gave_up=not late, says_conflict=said, matched=hit, holder_alive=t.ctx.p.poll() is None,
                        group_cpu_ms=round(t.cg_cpu() - (t.c0 or 0), 1) if t.cg else None, words=words[-700:])
        self.batch(m, 3, [], W["conflict"], fn, prepare=Holder)
    def m_conflict(self): self._conflict("conflict", ["--wrong-service"])
    def m_adopt(self): self._conflict("adopt", [])

    def m_wrapperkill(self):
        def kw(t):
            g = [e for e in t.evs("grandchild")][-1]; t.old = g[2]; t.tw = mono()
            w = [e[2] for e in t.evs("spawn")][-1]; os.kill(w, 9)
        def fn(t):
            s = self.spawns(t, t.tw, t.tw + W["conflict"]); r = health(t.port); b = len([e for e in t.evs("bindfail") if e[0] > t.tw])
            who = None if not r or r[0] != 200 else "old orphan" if r[1] == t.old else "new"
            return dict(spawns=len(s), bind_failures=b, served_by=who, servers_alive=len(t.split()[0]))
        self.batch("wrapperkill", 3, ["--fork-grandchild"], W["conflict"], fn, wait_ready=True, kw=kw)

    def m_supkill(self):
        for ad, var, a in self.want("supkill"):
            o = {}
            for c, fl, how in (("all", [], "all"), ("direct", [], "direct"), ("main", [], "main"),
                               ("all_grandchild", ["--fork-grandchild"], "all"), ("main_grandchild", ["--fork-grandchild"], "main")):
                n = a.get("supkill_reps", 1); orph, ms = 0, []
                for i in range(n):
                    t = Trial(ad, var, fl)
                    try:
                        if t.start() is None: o[c] = dict(error="not ready"); break
                        time.sleep(1.2); sv, su = t.split()
                        if how == "direct":                            # e.g. s6-supervise, but not s6-svscan
                            pp = {int(readf(f"/proc/{p}/stat").rsplit(")", 1)[1].split()[1]) for p in sv}
                            ks = [p for p in pp if p in su] or [t.pid]
                            if set(ks) == set(su): o[c] = "same as all"; break
                        elif how == "main":
                            ks = [t.pid]
                            if set(ks) == set(su): o[c] = "same as all"; break
                        else: ks = su
                        old = health(t.port)[1]; t0 = mono(); killed = 0; gone = None
                        for _ in range(3 if how == "all" else 1):      # again, for those that come back
                            for p in ks:
                                try: os.kill(p, 9); killed += 1
                                except OSError: pass
                            if how == "all": ks = t.split()[1]
                        while mono() - t0 < 3:
                            if gone is None and not listening(t.port) and not t.split()[0]: gone = (mono() - t0) * 1e3; ms.append(gone)
                            if gone and mono() - t0 > 0.5 and n > 1 and not t.split()[0]: break
                            time.sleep(0.002)
                        r = health(t.port); sv, su = t.split(); same = bool(r and r[1] == old); orph += same
                        par = any(int((readf(f"/proc/{p}/stat").rsplit(")", 1) + ["0 0"])[1].split()[1]) in su for p in sv)
                        o[c] = dict(n=i + 1, orphans=orph, parent_alive=par, gone_ms=dist(ms), killed=killed, port_held=listening(t.port), same_server=orph > 0,
                                    servers_alive=len(sv), supervisor_alive=len(su), new_spawns=len(self.spawns(t, t0, mono())))
                    except Exception as x: o[c] = dict(error=repr(x)); break
                    finally: t.cleanup()
            self.put(ad, var, "supkill", o); say("supkill", ad["name"], var, o)

    def m_flood(self):
        for ad, var, a in self.want("flood"):
            rows = []
            for i in range(3 if self.reps >= 5 else 1):
                t = Trial(ad, var, ["--log-flood", "50", "--flood-delay-ms", "1500"])
                try:
                    if t.start() is None: rows.append(dict(error="not ready")); continue
                    time.sleep(0.8); su = t.split()[1]; b = {p: mem(p) for p in su}; c = t.cg_cpu(); end = mono() + 60; lat = []
                    while mono() < end and not t.evs("flood_done") and not t.evs("flood_error"):
                        x = mono(); r = health(t.port, 5)
                        if r and t.evs("flood_start"): lat.append((mono() - x) * 1e3)
                        time.sleep(0.004)
                    d = t.evs("flood_done"); time.sleep(1.0); af = {p: mem(p) for p in t.split()[1]}
                    kv = dict(x.split("=") for x in d[0][4].split()) if d else {}
                    disk = sum(os.lstat(os.path.join(r, f)).st_size for r, _, fs in os.walk(t.dir) for f in fs)
                    rows.append(dict(done=bool(d), ms=float(kv.get("ms", 0)) or None, max_write_ms=float(kv.get("max_write_ms", 0)),
                                     rss_before_kb=sum(m["rss"] for m in b.values()), hwm_kb=sum(m["hwm"] for m in af.values()),
                                     rss_after_kb=sum(m["rss"] for m in af.values()), health_p99_ms=pct(lat, .99), health_n=len(lat),
                                     group_cpu_ms=(t.cg_cpu() or 0) - (c or 0), disk_mb=disk / 1e6,
                                     err=[e[4] for e in t.evs("flood_error")], same_server=bool((health(t.port) or (0, 0))[1] == t.srv)))
                except Exception as x: rows.append(dict(error=repr(x)))
                finally: t.cleanup()
            ok = [r for r in rows if r.get("done")]; g = lambda k: round(med([r[k] for r in ok]), 2) if ok else None
            o = dict(n=len(rows), done=len(ok), ms=g("ms"), mb_per_s=round(50000 / g("ms"), 1) if ok and g("ms") else None, max_write_ms=g("max_write_ms"),
                     rss_growth_kb=round(med([r["hwm_kb"] - r["rss_before_kb"] for r in ok])) if ok else None,
                     rss_after_growth_kb=round(med([r["rss_after_kb"] - r["rss_before_kb"] for r in ok])) if ok else None,
                     health_p99_ms=g("health_p99_ms") if ok and ok[0]["health_n"] else None, group_cpu_ms=g("group_cpu_ms"), disk_mb=g("disk_mb"),
                     errors=[r.get("error") or r.get("err") for r in rows if not r.get("done")])
            self.put(ad, var, "flood", o); say("flood", ad["name"], var, o)

# ------------------------------------------------------------------ tables
def table(res):
    def g(r, *k):
        for x in k:
            if not isinstance(r, dict) or r.get(x) is None: return None
            r = r[x]
        return r
    def num(v, n=1): return "-" if v is None else f"{v:,.{n}f}" if abs(v) < 100 else f"{v:,.0f}"
    yn = lambda v: "-" if v is None else "yes" if v else "no"
    bare = g(res.get("bare/default", {}), "start_ready_ms", "median")
    def stopc(r, c):
        x = g(r, "stop_cases", c)
        if not x: return "-"
        if x.get("error"): return "err"
        return (num(x["all_gone_ms"], 0) if x["all_gone_ms"] else "never") + (f" LEFT {x['left_servers']}" if x["left_servers"] else "")
    def orphan(r, c):
        x = g(r, "supkill", c)
        if x == "same as all": return "="
        if not x: return "-"
        if x.get("error"): return "err"
        if x["same_server"] and c.startswith("main") and x.get("parent_alive"): return "kept, its own parent lives"
        return ("orphan" + (f" {x['orphans']}/{x['n']}" if x.get("n", 1) > 1 else "") if x["same_server"] else "gone" + (f" in {num(x['gone_ms'].get('median'))} ms" if x.get("gone_ms", {}).get("n") else "") if not x["port_held"] else "new") + (f" +{x['new_spawns']} spawns" if x["new_spawns"] else "")
    def loop(r):
        x = g(r, "crashloop")
        return "-" if not x else f"{x['spawns']} spawns" + (f", gave up at {x['last_spawn_s']} s" if x.get("gave_up") else f", last gap {x.get('last_gap_s')} s")
    def conf(r, m):
        x = g(r, m)
        return "-" if not x or "spawns" not in x else f"{x['spawns']} spawns, {'says so' if x['says_conflict'] else 'not named'}{', stopped' if x['gave_up'] else ''}"
    T = [("1-2. start, crash, stop (ms, medians)", ["start", "over bare", "crash>ready", "p75", "early crash", "stop all", "stop port"],
          lambda r: [num(g(r, "start_ready_ms", "median")), num(g(r, "start_ready_ms", "median") - bare) if bare and g(r, "start_ready_ms", "median") else "-",
                     num(g(r, "crash_ready_ms", "median")) + (f" ({g(r, 'crash_ready_ms', 'failed')} failed)" if g(r, "crash_ready_ms", "failed") else ""),
                     num(g(r, "crash_ready_ms", "p75")), num(g(r, "crash_early_ms", "median")) + (f" ({g(r, 'crash_early_ms', 'failed')} failed)" if g(r, "crash_early_ms", "failed") else ""),
                     num(g(r, "stop_all_gone_ms", "median")), num(g(r, "stop_port_free_ms", "median"))]),
         ("3. idle", ["RSS MB", "PSS MB", "private MB", "procs", "threads", "CPU ms/20s", "group CPU", "switches/s"],
          lambda r: [num((g(r, "idle", "rss_kb") or 0) / 1024, 2), num((g(r, "idle", "pss_kb") or 0) / 1024, 2), num((g(r, "idle", "private_kb") or 0) / 1024, 2), g(r, "idle", "processes"), g(r, "idle", "threads"),
                     num(g(r, "idle", "cpu_ms_per_20s"), 2), num(g(r, "idle", "group_cpu_ms_per_20s"), 2), num(g(r, "idle", "switches_per_s"), 2)] if g(r, "idle") else ["-"] * 8),
         ("4. hard stops (ms until all gone)", ["ignores TERM", "grandchild", "grandchild+ignore", "grandchild setsid"],
          lambda r: [stopc(r, c) for c in ("ignore", "grandchild", "grandchild_ignore", "grandchild_setsid")]),
         ("5. supervisor SIGKILLed: the server 3 s later", ["all killed", "direct parent only", "main only", "all, grandchild", "main, grandchild"],
          lambda r: [orphan(r, c) for c in ("all", "direct", "main", "all_grandchild", "main_grandchild")]),
         ("6. crash loop 20 s", ["spawns", "group CPU ms"], lambda r: [loop(r), num(g(r, "crashloop", "group_cpu_ms"), 0)]),
         ("7. hang", ["from start", "later", "after s"], lambda r: [yn(g(r, "hang", "detected")), yn(g(r, "hanglater", "detected")), num(g(r, "hanglater", "restart_after_s"))]),
         ("8. port taken", ["by a stranger", "by a healthy twin", "wrapper killed, grandchild stays"],
          lambda r: [conf(r, "conflict"), conf(r, "adopt"), "-" if not g(r, "wrapperkill") else f"{g(r, 'wrapperkill', 'served_by') or 'nobody'}, {g(r, 'wrapperkill', 'bind_failures')} bind failures"]),
         ("9. 50 MB of log", ["MB/s", "longest write ms", "peak RSS + MB", "kept RSS + MB", "health p99 ms", "CPU ms", "disk MB"],
          lambda r: [num(g(r, "flood", "mb_per_s")), num(g(r, "flood", "max_write_ms"), 2), num((g(r, "flood", "rss_growth_kb") or 0) / 1024), num((g(r, "flood", "rss_after_growth_kb") or 0) / 1024),
                     num(g(r, "flood", "health_p99_ms"), 2), num(g(r, "flood", "group_cpu_ms"), 0), num(g(r, "flood", "disk_mb"))] if g(r, "flood", "done") else ["-"] * 7)]
    for title, heads, fn in T:
        rows = []
        for k, r in sorted(res.items()):
            row = [str(x) for x in fn(r)]
            if any(x not in ("-", "None") for x in row): rows.append([k] + row)
        if not rows: continue
        heads = ["supervisor"] + heads
        print(f"\n**{title}**\n\n| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
        for r in rows: print("| " + " | ".join(r) + " |")

# ------------------------------------------------------------------ budgets
def budgets(res):
    """Ours beside its budgets (milliseconds unless said) and beside the best peer of the same run."""
    def dig(r, path):
        for k in path.split("/"):
            r = r.get(k) if isinstance(r, dict) else None
        return r
    ours, bare = res.get("ours/default", {}), dig(res.get("bare/default", {}), "start_ready_ms/median")
    peers = {k: r for k, r in res.items() if k.partition("/")[0] not in ("ours", "bare")}
    stop = lambda c: lambda r: None if dig(r, f"stop_cases/{c}/left_servers") != 0 else dig(r, f"stop_cases/{c}/all_gone_ms")
    grace = lambda r: None if stop("ignore")(r) is None else stop("ignore")(r) - 2000
    def gone(r):
        worst = []
        for c in ("all", "main", "direct", "main_grandchild"):
            x = dig(r, "supkill/" + c)
            if x == "same as all": continue
            if not isinstance(x, dict) or x.get("orphans") != 0 or dig(x, "gone_ms/n") != x.get("n"): return None
            if c != "all": worst.append(x["gone_ms"]["max"])
        return max(worst) if worst else None
    rows = [("launch to first 200, over the bare server", 5, lambda r: None if bare is None or dig(r, "start_ready_ms/median") is None else dig(r, "start_ready_ms/median") - bare),
            ("crash to ready, after 2.5 s", 9, lambda r: dig(r, "crash_ready_ms/median")),
            ("crash to ready, after 0.1 s", 9, lambda r: dig(r, "crash_early_ms/median")),
            ("resident, MB", 2.5, lambda r: dig(r, "idle/rss_kb") and dig(r, "idle/rss_kb") / 1024),
            ("idle CPU in 20 s", 3, lambda r: dig(r, "idle/cpu_ms_per_20s")),
            ("plain stop", 5, lambda r: dig(r, "stop_all_gone_ms/median")),
            ("stop, TERM ignored, above 2 s of grace", 10, grace),
            ("stop, grandchild", 20, stop("grandchild")),
            ("stop, grandchild that left session and group", 20, stop("grandchild_setsid")),
            ("supervisor killed: nothing left, worst", 50, gone),
            ("crash loop, spawns", 5, lambda r: dig(r, "crashloop/spawns")),
            ("stranger on the port, spawns", 0, lambda r: dig(r, "conflict/spawns")),
            ("50 MB of output, MB/s at least", -275, lambda r: dig(r, "flood/mb_per_s")),
            ("50 MB of output, longest write", 4, lambda r: dig(r, "flood/max_write_ms")),
            ("50 MB of output, MB on disk", 10, lambda r: dig(r, "flood/disk_mb"))]
    print("\n**Budgets**\n\n| what | ours | budget | met | best peer | ratio |\n| --- | --- | --- | --- | --- | --- |")
    for name, budget, get in rows:
        v = get(ours)
        if v is None and not any(get(r) is not None for r in peers.values()): continue
        met = v is not None and (v >= -budget if budget < 0 else v <= budget)
        them = sorted(((get(r), k) for k, r in peers.items() if get(r) is not None), reverse=budget < 0)
        best = f"{them[0][0]:,.1f} {them[0][1]}" if them else "none"
        ratio = f"{v / them[0][0]:.2f}" if v is not None and them and them[0][0] > 0 else "-"
        print(f"| {name} | {'left or never' if v is None else f'{v:,.1f}'} | {abs(budget)} | {'yes' if met else 'no'} | {best} | {ratio} |")

# ------------------------------------------------------------------ main
def missing(a):
    v = dict(bench=BENCH, peers=PEERS, node=NODE, ours=O.ours, **{k: x for k, x in a.get("vars", {}).items() if isinstance(x, str)})
    o = []
    for r in a.get("requires", []):
        for _ in range(3): r = re.sub(r"\{(\w+)\}", lambda m: str(v.get(m[1], m[0])), r)
        if not (os.path.exists(r) if "/" in r else shutil.which(r)): o.append(r)
    return o
def main():
    build()
    reps = O.reps
    if O.quick:
        reps = 3; W.update(idle=5.0, loop=8.0, hang=8.0, conflict=6.0)
        for a in ADAPTERS:
            if "supkill_reps" in a: a["supkill_reps"] = 5
    if O.realtime: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    todo, pick = [], [p.partition(":")[::2] for p in O.adapters.split(",")] if O.adapters else [(a["name"], "") for a in ADAPTERS]
    for n, v in pick:
        a = next((x for x in ADAPTERS if x["name"] == n), None)
        if not a: sys.exit(f"no supervisor {n}; there are: {', '.join(x['name'] for x in ADAPTERS)}")
        if missing(a): sys.exit(f"{n} cannot be measured, missing: {', '.join(missing(a))}")
        todo += [(a, x) for x in a.get("variants", {"default": {}}) if not v or v == x]
    b = Bench(todo, reps); names = O.measures.split(",") if O.measures else ALL
    for m in names:
        if m not in ALL: sys.exit(f"no measure {m}; there are: {', '.join(ALL)}")
    if O.add and os.path.exists(RESULTS): b.res = json.load(open(RESULTS))["results"]
    meta = dict(when=time.strftime("%F %T"), cores=os.cpu_count(), kernel=os.uname().release, reps=reps, cgroup=bool(CG), windows=W, load=os.getloadavg())
    for m in names:
        t = mono(); say(f"== {m}")
        getattr(b, "m_" + m)(); say(f"== {m} took {mono() - t:.0f} s")
        json.dump(dict(meta=meta, results=b.res), open(RESULTS, "w"), indent=1)
    print(f"{meta['cores']} cores, Linux {meta['kernel']}, load {meta['load'][0]:.1f}, {reps} repetitions")
    table(b.res); budgets(b.res)
if __name__ == "__main__": main()
