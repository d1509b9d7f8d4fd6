/** A mounted file system. */
interface Mount {
  readonly device: string;
  readonly dir: string;
  readonly type: string;
  options: string;
}

/** What is mounted where, as /proc/mounts tells it. */
export class Mounts {
  readonly list: Mount[] = [
    { device: 'none', dir: '/', type: 'rootfs', options: 'rw' },
    { device: 'proc', dir: '/proc', type: 'proc', options: 'rw,relatime' },
    { device: 'sys', dir: '/sys', type: 'sysfs', options: 'rw,relatime' },
    { device: 'dev', dir: '/dev', type: 'devtmpfs', options: 'rw,relatime' },
    { device: 'tmp', dir: '/tmp', type: 'tmpfs', options: 'rw,relatime' },
    { device: 'nodev', dir: '/sys/kernel/tracing', type: 'tracefs', options: 'rw,relatime' },
    { device: 'debugfs', dir: '/sys/kernel/debug', type: 'debugfs', options: 'rw,relatime' },
  ];

  /** The mount of a directory. */
  at(dir: string): Mount | undefined {
    return this.list.findLast((mount) => mount.dir === dir);
  }

  /** /proc/mounts. */
  text(): string {
    return this.list.map(({ device, dir, type, options }) => `${device} ${dir} ${type} ${options} 0 0\n`).join('');
  }
}
