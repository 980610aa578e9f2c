/** The system calls that a child has need of, as a filter for seccomp (seccomp(2), linux/filter.h). */

type Architecture = 'x64' | 'arm64';
/** Numbers of one call by architecture (asm/unistd.h); null where there is none of this name. */
type CallNumbers = readonly [x64: number | null, arm64: number | null];
type Calls = Record<string, CallNumbers>;

/**
 * Allowed whatever their arguments. It is what children were seen to call (docs/decisions/0025-confined-children.md),
 * and what other versions of the kernel and of glibc call in its place. None reaches anything but this process, and
 * files for reading: a filter sees no names (Landlock does).
 */
const allowed = {
  'what it holds': {
    ...{ read: [0, 63], pread64: [17, 67], readv: [19, 65], preadv: [295, 69] },
    ...{ write: [1, 64], writev: [20, 66], lseek: [8, 62], close: [3, 57], close_range: [436, 436] },
    ...{ dup: [32, 23], dup2: [33, null], dup3: [292, 24], pipe2: [293, 59], eventfd2: [290, 19] },
    ...{ epoll_create1: [291, 20], epoll_ctl: [233, 21], epoll_wait: [232, null], epoll_pwait: [281, 22] },
    ...{ epoll_pwait2: [441, 441], poll: [7, null], ppoll: [271, 73], select: [23, null], pselect6: [270, 72] },
    ...{ getsockopt: [55, 209], getsockname: [51, 204], getpeername: [52, 205] },
  },
  files: {
    ...{ stat: [4, null], fstat: [5, 80], lstat: [6, null], newfstatat: [262, 79], statx: [332, 291] },
    ...{ access: [21, null], faccessat: [269, 48], faccessat2: [439, 439], getdents64: [217, 61] },
    ...{ readlink: [89, null], readlinkat: [267, 78], getcwd: [79, 17], statfs: [137, 43], fstatfs: [138, 44] },
  },
  memory: {
    ...{ munmap: [11, 215], mprotect: [10, 226], mremap: [25, 216], madvise: [28, 233], brk: [12, 214] },
    ...{ mincore: [27, 232], pkey_mprotect: [329, 288], pkey_alloc: [330, 289], pkey_free: [331, 290] },
  },
  threads: {
    ...{ futex: [202, 98], set_robust_list: [273, 99], rseq: [334, 293], set_tid_address: [218, 96] },
    ...{ arch_prctl: [158, null], sched_yield: [24, 124], sched_getaffinity: [204, 123], getcpu: [309, 168] },
    ...{ sched_getscheduler: [145, 120], sched_getparam: [143, 121] },
    ...{ rt_sigaction: [13, 134], rt_sigprocmask: [14, 135], rt_sigreturn: [15, 139], sigaltstack: [131, 132] },
    ...{ restart_syscall: [219, 128], exit: [60, 93], exit_group: [231, 94], execve: [59, 221] },
  },
  'time and chance': {
    ...{ clock_gettime: [228, 113], clock_getres: [229, 114], clock_nanosleep: [230, 115], nanosleep: [35, 101] },
    ...{ gettimeofday: [96, 169], time: [201, null], getrandom: [318, 278] },
  },
  'what it is': {
    ...{ getpid: [39, 172], getppid: [110, 173], gettid: [186, 178], capget: [125, 90], uname: [63, 160] },
    ...{ getuid: [102, 174], geteuid: [107, 175], getgid: [104, 176], getegid: [108, 177] },
    ...{ sysinfo: [99, 179], getrusage: [98, 165], getrlimit: [97, 163] },
  },
} as const satisfies Record<string, Calls>;

/** Allowed with some arguments only. */
const examined = {
  ...{ open: [2, null], openat: [257, 56], mmap: [9, 222], clone: [56, 220], kill: [62, 129], tgkill: [234, 131] },
  ...{ prlimit64: [302, 261], fcntl: [72, 25], ioctl: [16, 29], prctl: [157, 167] },
} as const satisfies Calls;

const errors = { EPERM: 1, ENOSYS: 38 };
/** Stands for the child's own id, which is not known before it lives. */
export const ownProcessId = 0x7fffffff;
const threadFlag = 0x10000; // CLONE_THREAD
/** CLONE_PTRACE, CLONE_UNTRACED, CLONE_IO and all that make a namespace. */
const foreignThreadFlags = 0x2000 | 0x800000 | 0x80000000 | 0x7e020000;
const writingFlags = 0o3 | 0o100 | 0o1000; // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
/** MAP_SHARED, MAP_GROWSDOWN: the kernel does not count them as data, and so no limit holds. */
const uncountedFlags = 0x1 | 0x100;
/** F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: none names somebody else. */
const descriptorCommands = [0, 1, 2, 3, 4, 1030];
/** TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: what Node asks of its pipes. */
const deviceCommands = [0x5401, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451];
/** PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and of memory. */
const processCommands = [15, 16, 0x53564d41];

/** What seccomp hands a filter (struct seccomp_data): a number, an architecture, an address, six arguments. */
const offsets = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };
const codes = { load: 0x20, equal: 0x15, anyBit: 0x45, answer: 0x06 };
const answers = { allow: 0x7fff0000, fail: (error: number) => 0x00050000 | error };
const architectures = { x64: 0xc000003e, arm64: 0xc00000b7 };

type Instruction = { code: number; value: number; ifTrue?: number; ifFalse?: number };
type Test = Pick<Instruction, 'code' | 'value'>;

const load = (value: number): Instruction => ({ code: codes.load, value });
const answer = (value: number): Instruction => ({ code: codes.answer, value });
const equal = (value: number): Test => ({ code: codes.equal, value });
const anyBit = (value: number): Test => ({ code: codes.anyBit, value });
const allow = answer(answers.allow);
const deny = answer(answers.fail(errors.EPERM));
/** As if the kernel were older: the libraries then call something else, or do without. */
const unknown = answer(answers.fail(errors.ENOSYS));

/** The instructions that follow are passed over unless the call has this number. */
const whenCall = (number: number, then: Instruction[]): Instruction[] => [
  { ...equal(number), ifFalse: then.length },
  ...then,
];
/** The lower half of an argument: all but addresses are 32 bits wide, and the kernel looks at no more. */
const argument = (index: number) => load(offsets.argument(index));
const upperHalf = (index: number) => load(offsets.argument(index) + 4);
/** Answers when one of the tests holds; goes on when none does. */
const when = (tests: Test[], then: Instruction): Instruction[] =>
  tests.flatMap((test) => [{ ...test, ifFalse: 1 }, then]);
const unless = (test: Test, then: Instruction): Instruction[] => [{ ...test, ifTrue: 1 }, then];
const anyOf = (values: number[], index: number) => [argument(index), ...when(values.map(equal), allow), deny];

/** Each ends in an answer. */
const rules: Record<keyof typeof examined, Instruction[]> = {
  open: [argument(1), ...when([anyBit(writingFlags)], deny), allow],
  openat: [argument(2), ...when([anyBit(writingFlags)], deny), allow],
  mmap: [argument(3), ...when([anyBit(uncountedFlags)], deny), allow],
  clone: [argument(0), ...when([anyBit(foreignThreadFlags)], deny), ...when([anyBit(threadFlag)], allow), deny],
  kill: anyOf([ownProcessId], 0),
  tgkill: anyOf([ownProcessId], 0),
  // New limits, even its own, would let its stack grow: their address must be null.
  prlimit64: [
    argument(2),
    ...unless(equal(0), deny),
    upperHalf(2),
    ...unless(equal(0), deny),
    ...anyOf([0, ownProcessId], 0),
  ],
  fcntl: anyOf(descriptorCommands, 1),
  ioctl: anyOf(deviceCommands, 1),
  prctl: anyOf(processCommands, 0),
};

/** The filter as the kernel wants it, with `ownProcessId` where the child's id belongs; null where it is not known. */
export function systemCallFilter(architecture: string): Buffer | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const each = (calls: Calls, thenOf: (name: string) => Instruction[]) =>
    Object.entries(calls).flatMap(([name, [x64, arm64]]) => {
      const number = architecture === 'x64' ? x64 : arm64;
      return number === null ? [] : whenCall(number, thenOf(name));
    });
  return assemble([
    ...start(architecture),
    ...Object.values<Calls>(allowed).flatMap((calls) => each(calls, () => [allow])),
    ...each(examined, (name) => (isExamined(name) ? rules[name] : [deny])),
    unknown,
  ]);
}

function isExamined(name: string): name is keyof typeof examined {
  return Object.hasOwn(examined, name);
}

/** Another architecture has other numbers, the x32 ABI (which is on no list) too. */
function start(architecture: Architecture): Instruction[] {
  return [load(offsets.architecture), ...unless(equal(architectures[architecture]), unknown), load(offsets.number)];
}

/** struct sock_filter: a code, two jumps, a value. */
function assemble(program: Instruction[]): Buffer {
  const bytes = Buffer.alloc(8 * program.length);
  program.forEach(({ code, value, ifTrue = 0, ifFalse = 0 }, index) => {
    const at = 8 * index;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(value >>> 0, at + 4);
  });
  return bytes;
}
