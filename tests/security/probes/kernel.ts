// System calls that a sandbox must not reach. Each row is a probe: its name, the number, and the arguments.
// The numbers are those of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl), which is what CI has.

export type Call = readonly [name: string, number: number, ...args: readonly number[]];

const NEW = { ns: 0x20000, cgroup: 0x2000000, uts: 0x4000000, ipc: 0x8000000, user: 0x10000000 };
const NEW_PID = 0x20000000;
const NEW_NET = 0x40000000;
const NEW_TIME = 0x80;
const SIGCHLD = 17;

export const NAMESPACES: readonly Call[] = [
  ['unshare a user namespace', 272, NEW.user],
  ['unshare a mount namespace', 272, NEW.ns],
  ['unshare a network namespace', 272, NEW_NET],
  ['unshare a process namespace', 272, NEW_PID],
  ['unshare a host name namespace', 272, NEW.uts],
  ['unshare an IPC namespace', 272, NEW.ipc],
  ['unshare a cgroup namespace', 272, NEW.cgroup],
  ['unshare a time namespace', 272, NEW_TIME],
  ['unshare a user and a mount namespace at once', 272, NEW.user | NEW.ns],
  ['setns', 308, 0, 0],
  ['clone a user namespace', 56, NEW.user | SIGCHLD],
  ['clone a mount namespace', 56, NEW.ns | SIGCHLD],
  ['clone a network namespace', 56, NEW_NET | SIGCHLD],
  ['clone a process namespace', 56, NEW_PID | SIGCHLD],
  ['clone3', 435, 0, 0],
];

export const MOUNTS: readonly Call[] = [
  ['mount', 165, 0, 0, 0, 0, 0],
  ['umount2', 166, 0, 2],
  ['pivot_root', 155, 0, 0],
  ['chroot', 161, 0],
  ['open_tree', 428, -1, 0, 1],
  ['open_tree_attr', 467, -1, 0, 0, 0, 0],
  ['move_mount', 429, -1, 0, -1, 0, 0],
  ['fsopen', 430, 0, 0],
  ['fsconfig', 431, -1, 0, 0, 0, 0],
  ['fsmount', 432, -1, 0, 0],
  ['fspick', 433, -1, 0, 0],
  ['mount_setattr', 442, -1, 0, 0, 0, 0],
  ['statmount', 457, 0, 0, 0, 0],
  ['listmount', 458, 0, 0, 0, 0],
  ['sysfs', 139, 3],
];

export const POWERS: readonly Call[] = [
  ['io_uring_setup', 425, 1, 0],
  ['io_uring_enter', 426, -1, 0, 0, 0, 0, 0],
  ['io_uring_register', 427, -1, 0, 0, 0],
  ['bpf', 321, 0, 0, 0],
  ['perf_event_open', 298, 0, 0, -1, -1, 0],
  ['userfaultfd', 323, 0],
  ['keyctl', 250, 0, 0, 0, 0, 0],
  ['add_key', 248, 0, 0, 0, 0, 0],
  ['request_key', 249, 0, 0, 0, 0],
  ['kexec_load', 246, 0, 0, 0, 0],
  ['kexec_file_load', 320, -1, -1, 0, 0, 0],
  ['init_module', 175, 0, 0, 0],
  ['finit_module', 313, -1, 0, 0],
  ['delete_module', 176, 0, 0],
  ['create_module', 174, 0, 0],
  ['query_module', 178, 0, 0, 0, 0, 0],
  ['get_kernel_syms', 177, 0],
  ['reboot', 169, 0, 0, 0, 0],
  ['swapon', 167, 0, 0],
  ['swapoff', 168, 0],
  ['acct', 163, 0],
  ['quotactl', 179, 0, 0, 0, 0],
  ['quotactl_fd', 443, -1, 0, 0, 0],
  ['sethostname', 170, 0, 0],
  ['setdomainname', 171, 0, 0],
  ['the kernel log', 103, 10, 0, 0],
  ['iopl', 172, 3],
  ['ioperm', 173, 0, 1, 1],
  ['settimeofday', 164, 0, 0],
  ['clock_settime', 227, 0, 0],
  ['clock_adjtime', 305, 0, 0],
  ['adjtimex', 159, 0],
  ['name_to_handle_at', 303, -1, 0, 0, 0, 0],
  ['open_by_handle_at', 304, -1, 0, 0],
  ['fanotify_init', 300, 0, 0],
  ['fanotify_mark', 301, -1, 0, 0, 0, 0],
  ['vhangup', 153],
  ['modify_ldt', 154, 0, 0, 0],
  ['move_pages', 279, 0, 0, 0, 0, 0, 0],
  ['migrate_pages', 256, 0, 0, 0, 0],
  ['mbind', 237, 0, 0, 0, 0, 0, 0],
  ['set_mempolicy', 238, 0, 0, 0],
  ['set_mempolicy_home_node', 450, 0, 0, 0, 0],
  ['personality without address randomization', 135, 0x40000],
  ['personality that maps the zero page', 135, 0x100000],
  ['lookup_dcookie', 212, 0, 0, 0],
  ['memfd_secret', 447, 0],
  ['uselib', 134, 0],
  ['ustat', 136, 0, 0],
  ['_sysctl', 156, 0],
  ['nfsservctl', 180, 0, 0, 0],
];

export const OTHER_PROCESSES: readonly Call[] = [
  ['ptrace: trace me', 101, 0, 0, 0, 0],
  ['ptrace: attach to the init', 101, 16, 1, 0, 0],
  ['ptrace: seize the init', 101, 0x4206, 1, 0, 0],
  ['process_vm_readv of the init', 310, 1, 0, 0, 0, 0, 0],
  ['process_vm_writev of the init', 311, 1, 0, 0, 0, 0, 0],
  ['pidfd_getfd', 438, -1, 0, 0],
  ['process_madvise', 440, -1, 0, 0, 0, 0],
  ['kcmp', 312, 1, 1, 0, 0, 0],
];

/** The entry for 32-bit programs (int 0x80) and the numbers of its table (syscall_32.tbl). */
export const CALLS_32: readonly Call[] = [
  ['getpid', 20],
  ['mount', 21, 0, 0, 0],
  ['ptrace', 26, 0, 0, 0],
  ['socketcall', 102, 1, 0],
  ['unshare', 310, NEW.user],
  ['keyctl', 288, 0, 0, 0],
  ['vm86', 166, 0, 0],
  ['bpf', 357, 0, 0, 0],
  ['io_uring_setup', 425, 1, 0],
];

/** The x32 numbers: those of x86-64 with a bit set. */
const X32 = 0x40000000;
export const CALLS_X32: readonly Call[] = [
  ['getpid', X32 + 39],
  ['mount', X32 + 165, 0, 0, 0, 0, 0],
  ['ptrace', X32 + 521, 0, 0, 0, 0],
  ['unshare', X32 + 272, NEW.user],
  ['bpf', X32 + 321, 0, 0, 0],
];

export const FAMILIES: readonly (readonly [string, family: number, type: number, protocol: number])[] = [
  ['VSOCK', 40, 1, 0],
  ['VSOCK datagrams', 40, 2, 0],
  ['ALG', 38, 5, 0],
  ['PACKET', 17, 3, 0],
  ['PACKET datagrams', 17, 2, 0x300],
  ['netlink: netfilter', 16, 3, 12],
  ['netlink: audit', 16, 3, 9],
  ['netlink: uevents', 16, 3, 15],
  ['netlink: generic', 16, 3, 16],
  ['netlink: connector', 16, 3, 11],
  ['netlink: crypto', 16, 3, 21],
  ['netlink: socket diagnosis', 16, 3, 4],
  ['netlink: XFRM', 16, 3, 6],
  ['KEY', 15, 3, 2],
  ['BLUETOOTH', 31, 3, 0],
  ['CAN', 29, 3, 1],
  ['TIPC', 30, 1, 0],
  ['RXRPC', 33, 2, 2],
  ['RDS', 21, 5, 0],
  ['PPPOX', 24, 2, 0],
  ['XDP', 44, 3, 0],
  ['KCM', 41, 5, 0],
  ['SMC', 43, 1, 0],
  ['QIPCRTR', 42, 2, 0],
  ['MCTP', 45, 2, 0],
  ['AX25', 3, 5, 0],
  ['X25', 9, 5, 0],
  ['IEEE 802.15.4', 36, 3, 0],
  ['IUCV', 32, 1, 0],
  ['NFC', 39, 5, 0],
  ['raw IPv4', 2, 3, 1],
  ['raw IPv4, any protocol', 2, 3, 255],
  ['raw IPv6', 10, 3, 58],
];
