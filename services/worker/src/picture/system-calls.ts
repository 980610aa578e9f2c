/** The system calls that a child has no need of, as a filter for seccomp (seccomp(2), linux/filter.h). */

type Architecture = 'x64' | 'arm64';
/** Numbers of one call by architecture (asm/unistd.h); null where there is none of this name. */
type CallNumbers = readonly [x64: number | null, arm64: number | null];

/** Answered with EPERM whatever their arguments. Reading files is not here: a filter sees no names (Landlock does). */
const denied = {
  network: { socket: [41, 198], socketpair: [53, 199] },
  processes: { fork: [57, null], vfork: [58, null], tkill: [200, 130], pidfd_send_signal: [424, 424] },
  'what others hold': {
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    pidfd_open: [434, 434],
    pidfd_getfd: [438, 438],
    kcmp: [312, 272],
    setpriority: [141, 140],
    sched_setaffinity: [203, 122],
    sched_setattr: [314, 274],
    migrate_pages: [256, 238],
    move_pages: [279, 239],
  },
  'changes of files': {
    creat: [85, null],
    truncate: [76, 45],
    rename: [82, null],
    renameat: [264, 38],
    renameat2: [316, 276],
    mkdir: [83, null],
    mkdirat: [258, 34],
    rmdir: [84, null],
    link: [86, null],
    linkat: [265, 37],
    symlink: [88, null],
    symlinkat: [266, 36],
    unlink: [87, null],
    unlinkat: [263, 35],
    mknod: [133, null],
    mknodat: [259, 33],
    chmod: [90, null],
    fchmod: [91, 52],
    fchmodat: [268, 53],
    fchmodat2: [452, 452],
    chown: [92, null],
    lchown: [94, null],
    fchown: [93, 55],
    fchownat: [260, 54],
    setxattr: [188, 5],
    lsetxattr: [189, 6],
    fsetxattr: [190, 7],
    setxattrat: [463, 463],
    removexattr: [197, 14],
    lremovexattr: [198, 15],
    fremovexattr: [199, 16],
    removexattrat: [466, 466],
    utime: [132, null],
    utimes: [235, null],
    futimesat: [261, null],
    utimensat: [280, 88],
  },
  'the machine': {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    open_tree: [428, 428],
    move_mount: [429, 429],
    fsopen: [430, 430],
    mount_setattr: [442, 442],
    unshare: [272, 97],
    setns: [308, 268],
    open_by_handle_at: [304, 265],
    add_key: [248, 217],
    request_key: [249, 218],
    keyctl: [250, 219],
    bpf: [321, 280],
    perf_event_open: [298, 241],
    userfaultfd: [323, 282],
    finit_module: [313, 273],
  },
} as const satisfies Record<string, Record<string, CallNumbers>>;

/** As if the kernel were older: the libraries then use calls whose arguments a filter can see, or none. */
const unknown: readonly CallNumbers[] = [
  [435, 435], // clone3
  [437, 437], // openat2
  [425, 425], // io_uring_setup
];

const errors = { EPERM: 1, ENOSYS: 38 };
/** Stands for the child's own id, which is not known before it lives. */
export const ownProcessId = 0x7fffffff;
const threadFlag = 0x10000; // CLONE_THREAD
const writingFlags = 0o3 | 0o100 | 0o1000; // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC

/** What seccomp hands a filter (struct seccomp_data): a number, an architecture, an address, six arguments. */
const offsets = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };
const codes = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, answer: 0x06 };
const answers = { allow: 0x7fff0000, fail: (error: number) => 0x00050000 | error, kill: 0x80000000 };
const architectures = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Numbers from here on are the x32 ABI's: other names for the same calls. */
const firstOfX32 = 0x40000000;

type Instruction = { code: number; value: number; ifTrue?: number; ifFalse?: number };

const load = (value: number): Instruction => ({ code: codes.load, value });
const answer = (value: number): Instruction => ({ code: codes.answer, value });
/** The instructions that follow are passed over unless the call has this number. */
const whenCall = (number: number, then: Instruction[]): Instruction[] => [
  { code: codes.equal, value: number, ifFalse: then.length },
  ...then,
];
const fail = answer(answers.fail(errors.EPERM));
const allow = answer(answers.allow);

/** The filter as the kernel wants it, with `ownProcessId` where the child's id belongs; null where it is not known. */
export function systemCallFilter(architecture: string): Buffer | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const numberOf = ([x64, arm64]: CallNumbers) => (architecture === 'x64' ? x64 : arm64);
  const each = (calls: readonly CallNumbers[], then: Instruction[]) =>
    calls.flatMap((call) => {
      const number = numberOf(call);
      return number === null ? [] : whenCall(number, then);
    });
  return assemble([
    ...start(architecture),
    ...each(unknown, [answer(answers.fail(errors.ENOSYS))]),
    ...each(
      Object.values(denied).flatMap((calls) => Object.values<CallNumbers>(calls)),
      [fail],
    ),
    ...each(ofOneself, [...unlessArgument(0, [{ code: codes.equal, value: ownProcessId }])]),
    ...each(
      [limitsOf],
      unlessArgument(0, [
        { code: codes.equal, value: ownProcessId },
        { code: codes.equal, value: 0 },
      ]),
    ),
    ...each([clone], unlessArgument(0, [{ code: codes.anyBit, value: threadFlag }])),
    ...each([open], ifWriting(1)),
    ...each([openAt], ifWriting(2)),
    allow,
  ]);
}

/** kill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo. */
const ofOneself: readonly CallNumbers[] = [
  [62, 129],
  [234, 131],
  [129, 138],
  [297, 240],
];
/** prlimit64, by which one process sets another's limits. */
const limitsOf: CallNumbers = [302, 261];
const clone: CallNumbers = [56, 220];
const open: CallNumbers = [2, null];
const openAt: CallNumbers = [257, 56];

function start(architecture: Architecture): Instruction[] {
  return [
    load(offsets.architecture),
    { code: codes.equal, value: architectures[architecture], ifTrue: 1 },
    answer(answers.kill),
    load(offsets.number),
    ...(architecture === 'x64' ? [{ code: codes.atLeast, value: firstOfX32, ifFalse: 1 }, fail] : []),
  ];
}

/** Denied unless one of the tests holds for the argument (its lower half: all of these are 32 bits wide). */
function unlessArgument(index: number, tests: Instruction[]): Instruction[] {
  return [load(offsets.argument(index)), ...tests.flatMap((test) => [{ ...test, ifFalse: 1 }, allow]), fail];
}

function ifWriting(index: number): Instruction[] {
  return [load(offsets.argument(index)), { code: codes.anyBit, value: writingFlags, ifFalse: 1 }, fail, allow];
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
