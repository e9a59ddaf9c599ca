# Probes of a sandbox's walls from inside, as a hostile program would try them. Prints one JSON object:
# name -> what happened. "EPERM", "ENOSYS" and so on are the kernel's answers; "open" means it worked.
import ctypes, errno, glob, json, os, platform, socket, stat, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
results = {}


def answer(value):
    return "open" if value >= 0 else errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))


def in_child(work):
    """A call that works would change this process: each one is made in a child of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
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


def call(number, *arguments):
    def work():
        ctypes.set_errno(0)
        padded = list(arguments) + [0] * (6 - len(arguments))
        return answer(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(value) for value in padded]))
    return work


NEWUSER, NEWNS, NEWNET, NEWPID = 0x10000000, 0x00020000, 0x40000000, 0x20000000
CALLS = {
    "unshare a user namespace": (272, NEWUSER),
    "unshare a mount namespace": (272, NEWNS),
    "unshare a network namespace": (272, NEWNET),
    "unshare a process namespace": (272, NEWPID),
    "unshare a cgroup namespace": (272, 0x02000000),
    "unshare a time namespace": (272, 0x80),
    "setns": (308, 0, 0),
    "clone a user namespace": (56, NEWUSER | 17),
    "clone a mount namespace": (56, NEWNS | 17),
    "clone3": (435, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "umount2": (166, 0, 2),
    "pivot_root": (155, 0, 0),
    "chroot": (161, 0),
    "open_tree": (428, -1, 0, 1),
    "move_mount": (429, -1, 0, -1, 0, 0),
    "fsopen": (430, 0, 0),
    "fsconfig": (431, -1, 0, 0, 0, 0),
    "fsmount": (432, -1, 0, 0),
    "fspick": (433, -1, 0, 0),
    "mount_setattr": (442, -1, 0, 0, 0, 0),
    "io_uring_setup": (425, 1, 0),
    "io_uring_enter": (426, -1, 0, 0, 0, 0, 0),
    "io_uring_register": (427, -1, 0, 0, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "keyctl": (250, 0, 0, 0, 0, 0),
    "add_key": (248, 0, 0, 0, 0, 0),
    "request_key": (249, 0, 0, 0, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0),
    "pidfd_getfd": (438, -1, 0, 0),
    "kcmp": (312, 1, 1, 0, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "kexec_file_load": (320, -1, -1, 0, 0, 0),
    "init_module": (175, 0, 0, 0),
    "finit_module": (313, -1, 0, 0),
    "delete_module": (176, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "swapon": (167, 0, 0),
    "swapoff": (168, 0),
    "acct": (163, 0),
    "quotactl": (179, 0, 0, 0, 0),
    "sethostname": (170, 0, 0),
    "setdomainname": (171, 0, 0),
    "syslog": (103, 10, 0, 0),
    "iopl": (172, 3),
    "ioperm": (173, 0, 1, 1),
    "settimeofday": (164, 0, 0),
    "clock_settime": (227, 0, 0),
    "clock_adjtime": (305, 0, 0),
    "adjtimex": (159, 0),
    "name_to_handle_at": (303, -1, 0, 0, 0, 0),
    "open_by_handle_at": (304, -1, 0, 0),
    "fanotify_init": (300, 0, 0),
    "fanotify_mark": (301, -1, 0, 0, 0, 0),
    "vhangup": (153,),
    "modify_ldt": (154, 0, 0, 0),
    "move_pages": (279, 0, 0, 0, 0, 0, 0),
    "migrate_pages": (256, 0, 0, 0, 0),
    "mbind": (237, 0, 0, 0, 0, 0, 0),
    "set_mempolicy": (238, 0, 0, 0),
    "personality without address randomization": (135, 0x0040000),
    "lookup_dcookie": (212, 0, 0, 0),
    "memfd_secret": (447, 0),
}
# What cannot be probed by number elsewhere is left to the machines that have these numbers.
if platform.machine() == "x86_64":
    for name, (number, *arguments) in CALLS.items():
        results["call: " + name] = in_child(call(number, *arguments))

FAMILIES = {
    "VSOCK": (40, 1, 0), "ALG": (38, 5, 0), "PACKET": (17, 3, 0), "netfilter": (16, 3, 12),
    "kernel audit": (16, 3, 9), "kernel uevents": (16, 3, 15), "KEY": (15, 3, 2), "BLUETOOTH": (31, 3, 0),
    "CAN": (29, 3, 1), "TIPC": (30, 1, 0), "RXRPC": (33, 2, 2), "XDP": (44, 3, 0), "KCM": (41, 5, 0),
    "SMC": (43, 1, 0), "raw IPv4": (2, 3, 1), "raw IPv6": (10, 3, 58), "IUCV": (32, 1, 0), "NFC": (39, 5, 0),
}
for name, (family, kind, protocol) in FAMILIES.items():
    results["socket: " + name] = in_child(call(41, family, kind, protocol)) if platform.machine() == "x86_64" else "EPERM"


def opened(path, flags):
    def work():
        os.close(os.open(path, flags))
        return "open"
    return work


WRITES = [
    "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory",
    "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/binfmt_misc/register", "/sys/kernel/uevent_helper",
    "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/pids.max", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state",
    "/etc/passwd", "/etc/ld.so.preload", "/usr/bin/node", "/usr/local/bin/node", "/usr/local/lib/toolhost/main.mjs",
    "/sbin/docker-init", "/etc/resolv.conf", "/etc/hosts", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse",
    "/dev/kvm", "/dev/net/tun", "/dev/vsock", "/dev/vhost-vsock", "/dev/nvram",
]
for path in WRITES:
    results["write: " + path] = in_child(opened(path, os.O_WRONLY))
READS = ["/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/etc/shadow", "/root", "/var/run/docker.sock", "/run/docker.sock",
         "/proc/sys/kernel/cap_last_cap/../../../1/root/root", "/sys/firmware/dmi/tables/DMI", "/sys/kernel/debug/tracing/trace", "/dev/mem", "/dev/vda"]
for path in READS:
    results["read: " + path] = in_child(opened(path, os.O_RDONLY))

for name, mode, device in [("mknod a disk", stat.S_IFBLK, os.makedev(254, 0)), ("mknod memory", stat.S_IFCHR, os.makedev(1, 1))]:
    def make(mode=mode, device=device):
        os.mknod("/work/tmp/probe-device", mode | 0o666, device)
        return "open"
    results["make: " + name] = in_child(make)


def create(path):
    def work():
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
        return "open"
    return work


for folder in ["/", "/usr/bin", "/etc", "/var", "/var/tmp", "/opt", "/home", "/root", "/run", "/boot", "/usr/local/lib/toolhost", "/etc/profile.d"]:
    results["create in: " + folder] = in_child(create(folder + "/probe"))


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


for folder in ["/tmp", "/dev/shm", "/run/toolhost"]:
    results["execute in: " + folder] = in_child(run_from(folder))

suid = subprocess.run("find / -xdev -perm /6000 -type f 2>/dev/null", shell=True, capture_output=True, text=True).stdout.split()
results["programs with setuid or setgid"] = " ".join(suid) or "none"
own = "/work/tmp/probe-suid"
with open(own, "w") as file:
    file.write("x")
os.chmod(own, 0o4755)
os.unlink(own)
def become_root():
    os.setuid(0)
    return "open"
results["become root"] = in_child(become_root)
def kill_init():
    os.kill(1, 9)
    os.kill(1, 0)
    return "still there"
results["kill the init"] = in_child(kill_init)
def nice():
    os.nice(-5)
    return "open"
results["raise its own priority"] = in_child(nice)
def oom():
    with open("/proc/1/oom_score_adj", "w") as file:
        file.write("-1000")
    return "open"
results["exempt the init from memory limits"] = in_child(oom)
import resource
def more_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return "open"
results["raise its own limits"] = in_child(more_files)
results["core dumps"] = str(resource.getrlimit(resource.RLIMIT_CORE)[1])
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]:
    results["capabilities " + name] = status[name].strip().lstrip("0") or "none"
results["seccomp mode"] = status["Seccomp"].strip()
results["no new privileges"] = status["NoNewPrivs"].strip()
results["user"] = str(os.getuid())
results["interfaces"] = ",".join(sorted(name for _, name in socket.if_nameindex()))
results["hostname"] = socket.gethostname()
routes = open("/proc/net/route").read().splitlines()[1:]
results["routes"] = str(len(routes))
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and os.path.exists(f"/proc/{pid}")]
results["processes seen"] = "own" if len(others) < 60 else str(len(others))
print(json.dumps(results))
