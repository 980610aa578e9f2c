/** What the kernel denies a child from its first instruction on, whoever has taken it over: Landlock and seccomp. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCallFilter } from './system-calls.ts';

const run = promisify(execFile);

/** What this kernel can be told to deny. */
export type Confinement = {
  /** Reading, by Landlock: all files but the named ones. Every change of a file is denied by either. */
  files: boolean;
  /** By seccomp: all calls but those of a decode. So no network, processes, signals to others, changes of files. */
  calls: boolean;
};

export const unconfined: Confinement = { files: false, calls: false };

/** A part of every Debian. It can make system calls, which neither a shell nor Node can, and costs milliseconds. */
const perl = '/usr/bin/perl';

/** What Node and its libraries read of the system; nothing in it is anybody's secret. */
const systemFiles = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/local/lib',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/ssl/openssl.cnf',
  '/proc/self',
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/sys/vm',
  '/sys/devices/system/cpu',
  '/sys/fs/cgroup',
  '/dev/null',
  '/dev/urandom',
];
/** The kernel starts a program by way of the loader. */
const loaders = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];

/**
 * Its arguments: what to deny (`files`, `calls`), the numbers of prctl(2) and close(2), the filter in hexadecimal,
 * programs and files as lists, the command. Structures and constants are those of linux/landlock.h and linux/prctl.h. It
 * dies rather than start something with less around it than was asked for. Descriptors of whoever started the worker
 * end here: Node keeps only the low ones back.
 */
const launcher = String.raw`
use strict;
my ($files, $calls, $prctl, $close, $filter, $programs, $readable, @command) = @ARGV;
sub must { my ($what, $answer) = @_; die "$what: $!\n" if $answer < 0; return $answer }
$_ += 0 for $prctl, $close;
if (syscall(436, 3, 0xffffffff, 0) < 0) { # close_range, which Linux before 5.9 has not
  opendir my $held, '/proc/self/fd' or die "descriptors: $!\n";
  syscall $close, $_ + 0 for grep { /^\d+$/ && $_ > 2 } readdir $held;
}
my ($no_new_privileges, $set_seccomp, $drop_capability) = (38, 22, 24);
my ($execute, $read_file, $read_folder) = (1, 4, 8);
# Which only root has; it keeps those that let it read files of others: Landlock has the last word there.
syscall $prctl, $drop_capability, $_, 0, 0, 0 for grep { $_ != 1 && $_ != 2 } 0 .. 63;
must 'prctl', syscall $prctl, $no_new_privileges, 1, 0, 0, 0;
if ($files) {
  my $version = must 'landlock', syscall 444, 0, 0, 1;
  my $handled = $version >= 5 ? 0xffff : $version >= 3 ? 0x7fff : $version == 2 ? 0x3fff : 0x1fff;
  my @denied = ($handled);
  push @denied, 3 if $version >= 4; # binding and connecting TCP
  push @denied, 3 if $version >= 6; # abstract sockets, signals to whoever is not in here
  my $rules = must 'landlock_create_ruleset', syscall 444, pack('Q*', @denied), 8 * @denied, 0;
  my $grant = sub {
    my ($path, $rights) = @_;
    sysopen my $at, $path, 010000000 or return; # O_PATH; what is not there need not be read
    $rights |= $read_folder if -d $at;
    must 'landlock_add_rule', syscall 445, $rules, 1, pack('Ql', $rights, fileno $at), 0;
  };
  $grant->($_, $read_file | $execute) for split /\0/, pack 'H*', $programs;
  $grant->($_, $read_file) for split /\0/, pack 'H*', $readable;
  must 'landlock_restrict_self', syscall 446, $rules, 0;
}
if ($calls) {
  my $program = pack 'H*', $filter;
  my $own = pack 'L', $$;
  $program =~ s/\xff\xff\xff\x7f/$own/g;
  must 'seccomp', syscall $prctl, $set_seccomp, 2, pack('Sx6P', length($program) / 8, $program), 0, 0;
}
exec { $command[0] } @command or die "exec: $!\n";`;

/** The command that starts `command` confined; `command` itself where nothing can be denied. */
export function confine(
  confinement: Confinement,
  command: readonly [string, ...string[]],
  readable: string[],
): string[] {
  const { files, calls } = confinement;
  const filter = systemCallFilter(process.arch);
  if ((!files && !calls) || !filter) return [...command];
  return [
    perl,
    '-e',
    launcher,
    files ? '1' : '',
    calls ? '1' : '',
    ...(process.arch === 'x64' ? ['157', '3'] : ['167', '57']),
    filter.toString('hex'),
    listed([command[0], ...loaders]),
    listed([...systemFiles, ...readable]),
    ...command,
  ];
}

/** Arguments hold no zero bytes, names of files may hold anything else. */
function listed(paths: readonly string[]): string {
  return Buffer.from(paths.join('\0')).toString('hex');
}

/** Tries what this kernel lets a process deny itself. */
export async function probeConfinement(): Promise<Confinement> {
  if (process.platform !== 'linux' || systemCallFilter(process.arch) === null) return unconfined;
  const holds = async (confinement: Confinement) => {
    const [program = '', ...args] = confine(confinement, [process.execPath, '--version'], []);
    return run(program, args, { env: {}, cwd: '/' }).then(
      () => true,
      () => false,
    );
  };
  const [files, calls] = await Promise.all([
    holds({ files: true, calls: false }),
    holds({ files: false, calls: true }),
  ]);
  return { files, calls };
}

/** What a child could still do here, in words for an operator; null where everything is denied. */
export function gapsOf({ files, calls }: Confinement): string | null {
  if (files && calls) return null;
  const gaps = [...(files ? [] : ['read files']), ...(calls ? [] : ['use the network, signal and start processes'])];
  return `code smuggled into a decoding child could ${gaps.join(', ')}: the kernel does not deny it here`;
}
