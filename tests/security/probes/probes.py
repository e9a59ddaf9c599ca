# Tries a sandbox's isolation from inside, as a hostile program would. The tables come as JSON; prints one JSON
# object: name -> what happened. "EPERM" and so on are the kernel's answers, "killed" is a signal's, "open"
# means that it worked.
import ctypes, errno, json, mmap, os, resource, signal, socket, stat, subprocess, sys

TABLES = json.loads(sys.stdin.read())
libc = ctypes.CDLL(None, use_errno=True)
results = {}


def in_child(work):
    """A call that works would change this process: each one is made in a child of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        try:
            said = work()
        except OSError as error:
            said = errno.errorcode.get(error.errno, str(error))
        except Exception as error:
            said = type(error).__name__
        os.write(writing, said.encode()[:200])
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 300).decode() or "killed"
    os.close(reading)
    os.waitpid(child, 0)
    return said


def answer(value):
    return "open" if value >= 0 else errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))


def call(number, *arguments):
    def work():
        ctypes.set_errno(0)
        padded = list(arguments) + [0] * (6 - len(arguments))
        return answer(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(value) for value in padded]))
    return work


def call_32(number, *arguments):
    """The same through int 0x80, the entry of 32-bit programs, which a 64-bit one may use as well."""
    def work():
        ebx, ecx, edx = (list(arguments) + [0] * 3)[:3]
        move = lambda opcode, value: bytes([opcode]) + (value & 0xFFFFFFFF).to_bytes(4, "little")
        code = b"\x53" + move(0xB8, number) + move(0xBB, ebx) + move(0xB9, ecx) + move(0xBA, edx) + b"\xcd\x80\x5b\xc3"
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        entry = ctypes.addressof(ctypes.c_char.from_buffer(page))
        value = ctypes.CFUNCTYPE(ctypes.c_int)(entry)()
        return "open" if value >= 0 else errno.errorcode.get(-value, str(value))
    return work


def opened(path, flags):
    def work():
        os.close(os.open(path, flags))
        return "open"
    return work


def read(path):
    def work():
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        if stat.S_ISDIR(os.fstat(file).st_mode):
            os.listdir(file)
            return "open"
        return "open" if os.read(file, 64) else "empty"
    return work


def created(folder):
    def work():
        path = folder + "/probe"
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
        return "open"
    return work


def run_from(folder):
    def work():
        path = folder + "/probe-program"
        with open(path, "w") as file:
            file.write("#!/bin/sh\necho ran\n")
        os.chmod(path, 0o755)
        try:
            return "open" if subprocess.run([path], capture_output=True).stdout == b"ran\n" else "ran badly"
        finally:
            os.unlink(path)
    return work


for name, *numbers in TABLES["calls"]:
    results["call: " + name] = in_child(call(*numbers))
for name, *numbers in TABLES["calls32"]:
    results["32-bit call: " + name] = in_child(call_32(*numbers))
for name, *numbers in TABLES["callsX32"]:
    results["x32 call: " + name] = in_child(call(*numbers))
for name, *numbers in TABLES["families"]:
    results["socket: " + name] = in_child(call(41, *numbers))
    results["socket pair: " + name] = in_child(call(53, *numbers, ctypes.addressof((ctypes.c_int * 2)())))
for path in TABLES["writes"]:
    results["write: " + path] = in_child(opened(path, os.O_WRONLY))
for path in TABLES["reads"]:
    results["read: " + path] = in_child(read(path))
for folder in TABLES["closedFolders"]:
    results["create in: " + folder] = in_child(created(folder))
for folder in TABLES["dataFolders"]:
    results["execute in: " + folder] = in_child(run_from(folder))


def probe(name):
    def keep(work):
        results[name] = in_child(work)
        return work
    return keep


def join(kind):
    @probe("join the namespace of the init: " + kind)
    def work():
        return call(308, os.open("/proc/1/ns/" + kind, os.O_RDONLY), 0)()


for kind in ["mnt", "net", "pid", "user", "cgroup", "uts", "ipc"]:
    join(kind)
for name, mode, device in [("a disk", stat.S_IFBLK, os.makedev(254, 0)), ("the memory", stat.S_IFCHR, os.makedev(1, 1)), ("the terminal", stat.S_IFCHR, os.makedev(5, 0))]:
    @probe("make a device node for " + name)
    def work(mode=mode, device=device):
        os.mknod("/work/tmp/probe-device", mode | 0o666, device)
        return "open"


def raised(*ids):
    """A copy of a program with the setuid bits: whom does it run as?"""
    path = "/work/tmp/probe-setuid"
    subprocess.run(["cp", "/usr/bin/id", path], check=True)
    os.chown(path, *ids)
    os.chmod(path, 0o6755)
    try:
        return subprocess.run([path, "-u"], capture_output=True, text=True).stdout.strip()
    finally:
        os.unlink(path)


@probe("a setuid program of its own runs as")
def work():
    return raised(-1, -1)


@probe("a setuid program of root")
def work():
    return raised(0, 0)


@probe("a program with capabilities of its own")
def work():
    with open("/work/tmp/probe-caps", "w"):
        pass
    os.setxattr("/work/tmp/probe-caps", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    return "open"


@probe("become root")
def work():
    os.setuid(0)
    return "open"


@probe("map itself to root")
def work():
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 1000 1")
    return "open"


@probe("become another group")
def work():
    os.setgroups([0])
    return "open"


@probe("raise an ambient capability")
def work():
    return answer(libc.prctl(47, 2, 21, 0, 0))


@probe("take the limit on new privileges back")
def work():
    return answer(libc.prctl(38, 0, 0, 0, 0))


@probe("kill the init")
def work():
    os.kill(1, 9)
    os.kill(1, 0)
    return "still there"


@probe("raise its own priority")
def work():
    os.nice(-5)
    return "open"


@probe("run in real time")
def work():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return "open"


@probe("raise its own limits")
def work():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return "open"


@probe("exempt itself from the end of memory")
def work():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    return "open"


suid = subprocess.run("find / -xdev -perm /6000 -type f 2>/dev/null", shell=True, capture_output=True, text=True).stdout.split()
results["programs with setuid or setgid"] = " ".join(suid) or "none"
caps = subprocess.run("command -v getcap >/dev/null && getcap -r / 2>/dev/null", shell=True, capture_output=True, text=True).stdout.split()
results["programs with capabilities"] = " ".join(caps) or "none"
# `core` is a link that engines make where there is a kcore, which is masked.
results["devices"] = " ".join(sorted(set(os.listdir("/dev")) - {"core"}))
results["core dumps"] = str(resource.getrlimit(resource.RLIMIT_CORE)[1])
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]:
    results["capabilities " + name] = status[name].strip().lstrip("0") or "none"
results["seccomp mode"] = status["Seccomp"].strip()
results["no new privileges"] = status["NoNewPrivs"].strip()
results["user"] = str(os.getuid())
results["groups"] = " ".join(map(str, sorted({os.getgid(), *os.getgroups()})))
results["interfaces"] = ",".join(sorted(name for _, name in socket.if_nameindex()))
results["hostname"] = socket.gethostname()
results["routes"] = str(len(open("/proc/net/route").read().splitlines()[1:]))
print(json.dumps(results))
