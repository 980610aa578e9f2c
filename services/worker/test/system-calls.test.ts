/** The filter of system calls, as the kernel would run it, for both architectures. */
import { describe, expect, test } from '@jest/globals';
import { systemCallFilter } from '../src/picture/system-calls.ts';

type Call = { architecture: number; number: number; args?: number[] };
const architectures = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const [allow, eperm, enosys] = [0x7fff0000, 0x00050001, 0x00050026];

/** struct seccomp_data, of which a filter reads words. */
function dataOf({ architecture, number, args = [] }: Call): Buffer {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((arg, index) => void data.writeBigUInt64LE(BigInt(arg), 16 + 8 * index));
  return data;
}

/** The few instructions of a filter (linux/filter.h). Reading past the end throws, as the kernel would refuse it. */
function answerOf(filter: Buffer, call: Call): number {
  const data = dataOf(call);
  let word = 0;
  for (let at = 0; ; at += 8) {
    const [code, value] = [filter.readUInt16LE(at), filter.readUInt32LE(at + 4)];
    if (code === 0x06) return value;
    if (code === 0x20) word = data.readUInt32LE(value);
    else if (code === 0x15 || code === 0x45) {
      const isTrue = code === 0x15 ? word === value : (word & value) !== 0;
      at += 8 * filter.readUInt8(at + (isTrue ? 2 : 3));
    } else throw new Error(`an instruction that is none of ours: ${code}`);
  }
}

/** x64, arm64, arguments, what the kernel answers. */
const calls: [name: string, x64: number, arm64: number, args: number[], answer: number][] = [
  ['read', 0, 63, [], allow],
  ['futex', 202, 98, [], allow],
  ['statx', 332, 291, [], allow],
  ['openat, reading', 257, 56, [0, 0, 0o2000000], allow],
  ['openat, writing', 257, 56, [0, 0, 1], eperm],
  ['mmap, private', 9, 222, [0, 4096, 3, 0x22], allow],
  ['mmap, shared', 9, 222, [0, 4096, 3, 0x21], eperm],
  ['mmap, shared and validated', 9, 222, [0, 4096, 3, 0x23], eperm],
  ['mmap, a stack that grows', 9, 222, [0, 4096, 3, 0x122], eperm],
  ['clone, a thread of glibc', 56, 220, [0x3d0f00], allow],
  ['clone, a process', 56, 220, [17], eperm],
  ['clone, a thread in a namespace', 56, 220, [0x3d0f00 | 0x40000000], eperm],
  ['clone3', 435, 435, [], enosys],
  ['kill, oneself', 62, 129, [0x7fffffff], allow],
  ['kill, another', 62, 129, [1], eperm],
  ['kill, all', 62, 129, [0xffffffff], eperm],
  ['prlimit64, asking', 302, 261, [0, 7, 0], allow],
  ['prlimit64, asking another', 302, 261, [1, 7, 0], eperm],
  ['prlimit64, setting', 302, 261, [0, 7, 0x1000], eperm],
  ['prlimit64, setting from a high address', 302, 261, [0, 7, 2 ** 32], eperm],
  ['fcntl, F_GETFL', 72, 25, [1, 3], allow],
  ['fcntl, F_SETOWN', 72, 25, [1, 8], eperm],
  ['fcntl, F_SETOWN behind high bits', 72, 25, [1, 2 ** 32 + 8], eperm],
  ['ioctl, FIONBIO', 16, 29, [1, 0x5421], allow],
  ['ioctl, FIOSETOWN', 16, 29, [1, 0x8901], eperm],
  ['socket', 41, 198, [], enosys],
  ['a call that there is not yet', 999, 999, [], enosys],
  ['read, by its x32 name', 0x40000000, 0x40000000, [], enosys],
];

describe.each(['x64', 'arm64'] as const)('on %s', (name) => {
  const filter = systemCallFilter(name) ?? Buffer.alloc(0);
  const architecture = architectures[name];

  test.each(calls)('when it is %s, then it is allowed or denied as it should be', (_call, x64, arm64, args, answer) => {
    expect(answerOf(filter, { architecture, number: name === 'x64' ? x64 : arm64, args })).toBe(answer);
  });

  test('when a call comes by another architecture, then there is no such call: its numbers mean others', () => {
    expect(answerOf(filter, { architecture: 0x40000003, number: name === 'x64' ? 0 : 63 })).toBe(enosys);
  });
});

test('when the architecture is none of these, then there is no filter', () => {
  expect(systemCallFilter('riscv64')).toBeNull();
});
