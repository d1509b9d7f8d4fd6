import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderSources } from './folder-sources.ts';
import { importProfile } from './import-profile.ts';
import { DEFAULT_PROFILE, loadProfile } from './profile.ts';
import { isProfileError } from './profile-error.ts';
import { writeRawFiles } from './raw-files.ts';

test('the raw files of the built-in kernel, recordings aside, give the built-in profile back, byte for byte', async () => {
  const root = mkdtempSync(join(tmpdir(), 'round-trip-'));
  try {
    const builtin = loadProfile();
    if (isProfileError(builtin)) throw new Error(builtin.error);
    writeRawFiles(builtin, join(root, 'raw'));
    const sources = await folderSources(join(root, 'raw'));
    if (isProfileError(sources)) throw new Error(sources.error);
    const out = join(root, DEFAULT_PROFILE);
    const report = await importProfile(sources, out);
    if (isProfileError(report)) throw new Error(report.error);
    const theirs = JSON.parse(readFileSync(join(builtin.dir, 'profile.json'), 'utf8')) as {
      files: Record<string, number>;
    };
    const names = Object.keys(theirs.files).filter((name) => !name.startsWith('workloads/'));
    expect(Object.keys(report.manifest.files)).toEqual(names);
    const different = names.filter(
      (name) => !readFileSync(join(out, name)).equals(readFileSync(join(builtin.dir, name))),
    );
    expect(different).toEqual([]);
    expect({ ...report.manifest, recordings: builtin.recordingsDigest, files: {} }).toEqual({ ...theirs, files: {} });
  } finally {
    rmSync(root, { recursive: true });
  }
});
