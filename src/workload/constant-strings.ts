/**
 * Where the kernel keeps the strings that tracepoints are given by address, as its `printk_formats` tells them.
 *
 * @param files what files held after boot, each behind a line `== NAME`
 */
export function constantStrings(files: string | undefined): ReadonlyMap<string, bigint> {
  const places = new Map<string, bigint>();
  const [, list = ''] = /^== printk_formats\n((?:0x.*\n?)*)/m.exec(files ?? '') ?? [];
  for (const [, address, text] of list.matchAll(/^(0x[\da-f]+) : "([^"\\]*)"$/gm))
    if (!places.has(text!)) places.set(text!, BigInt(address!));
  return places;
}
