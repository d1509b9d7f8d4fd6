import { Errno } from '../abi/errno.ts';
import { TraceArray } from '../trace/trace-array.ts';
import { arrayFiles } from './array-files.ts';
import { directory, type FileOps, Mode, type TraceDir, type TraceFile, type TraceNode } from './node.ts';
import type { TracefsParts } from './parts.ts';

/** `instances/`: mkdir makes a trace array, rmdir takes it away again (`kernel/trace/trace.c:instance_mkdir()`, `instance_rmdir()`). */
export function instancesDirectory(parts: TracefsParts): TraceDir {
  const { tracing } = parts;
  return {
    kind: 'dir',
    mode: Mode.DIR,
    names: () => tracing.arrays.filter((array) => !array.isTop).map((array) => array.name),
    get: (name) => {
      const array = tracing.instance(name);
      return array && { ...holdingDir(array, directory(arrayFiles(parts, array))), passing: true, identity: array };
    },
    mkdir: (name) => {
      new TraceArray(tracing, name);
      return 0;
    },
    rmdir: (name) => {
      const array = tracing.instance(name);
      if (!array) return -Errno.ENOENT;
      return array.holds > 0 || array.pipeCpus.size > 0 ? -Errno.EBUSY : array.destroy();
    },
  };
}

/** A directory whose open files keep the instance from going. */
function holdingDir(array: TraceArray, dir: TraceDir): TraceDir {
  const hold = (node: TraceNode) => {
    if (node.kind === 'dir') return holdingDir(array, node);
    return node.holds === false ? node : holdingFile(array, node);
  };
  return {
    ...dir,
    get: (name) => {
      const node = dir.get(name);
      return node && hold(node);
    },
  };
}

function holdingFile(array: TraceArray, file: TraceFile): TraceFile {
  return {
    ...file,
    open: (how) => {
      const ops: FileOps | number = file.open?.(how) ?? file;
      if (typeof ops === 'number') return ops;
      array.holds++;
      const close = () => {
        array.holds--;
        ops.close?.();
      };
      return { ...ops, close };
    },
  };
}
