/** Pairs of positions that belong together, both ascending. */
export type Pairs = [number, number][];

/** Product of lengths up to which the exact weighted alignment is made. */
const EXACT_LIMIT = 4_000_000;

/**
 * Aligns two sequences: pairs positions in order so that the sum of weights is greatest. A weight of 0 forbids a pair.
 * @param same whether two positions are so alike that equal ends can be paired at once
 */
export function alignWeighted(
  n: number,
  m: number,
  weight: (i: number, j: number) => number,
  same: (i: number, j: number) => boolean,
): Pairs {
  let head = 0;
  while (head < n && head < m && same(head, head)) head++;
  let tail = 0;
  while (tail < n - head && tail < m - head && same(n - 1 - tail, m - 1 - tail)) tail++;
  const pairs: Pairs = [];
  for (let i = 0; i < head; i++) pairs.push([i, i]);
  const rows = n - head - tail;
  const columns = m - head - tail;
  if (rows > 0 && columns > 0) {
    const shifted = (i: number, j: number) => weight(i + head, j + head);
    const middle =
      rows * columns <= EXACT_LIMIT
        ? exact(rows, columns, shifted)
        : alignEqual(rows, columns, (i, j) => shifted(i, j) > 0);
    for (const [i, j] of middle) pairs.push([i + head, j + head]);
  }
  for (let k = tail; k > 0; k--) pairs.push([n - k, m - k]);
  return pairs;
}

function exact(n: number, m: number, weight: (i: number, j: number) => number): Pairs {
  const width = m + 1;
  const best = new Float32Array((n + 1) * width);
  const take = new Uint8Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      const at = i * width + j;
      const down = best[at + width];
      const right = best[at + 1];
      const w = weight(i, j);
      const both = w > 0 ? w + best[at + width + 1] : -1;
      if (both >= down && both >= right) {
        best[at] = both;
        take[at] = 2;
      } else if (down >= right) {
        best[at] = down;
        take[at] = 0;
      } else {
        best[at] = right;
        take[at] = 1;
      }
    }
  }
  const pairs: Pairs = [];
  for (let i = 0, j = 0; i < n && j < m; ) {
    const choice = take[i * width + j];
    if (choice === 2) pairs.push([i++, j++]);
    else if (choice === 0) i++;
    else j++;
  }
  return pairs;
}

/** Longest common subsequence by the greedy method of Myers; memory grows with the square of the difference. */
export function alignEqual(n: number, m: number, equal: (i: number, j: number) => boolean): Pairs {
  const limit = n + m;
  const reach = new Int32Array(2 * limit + 2);
  const rounds: Int32Array[] = [];
  for (let d = 0; d <= limit; d++) {
    rounds.push(reach.slice(Math.max(limit - d - 1, 0), limit + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x =
        k === -d || (k !== d && reach[limit + k - 1] < reach[limit + k + 1])
          ? reach[limit + k + 1]
          : reach[limit + k - 1] + 1;
      while (x < n && x - k < m && equal(x, x - k)) x++;
      reach[limit + k] = x;
      if (x >= n && x - k >= m) return traceBack(n, m, rounds, limit);
    }
  }
  return [];
}

function traceBack(n: number, m: number, rounds: Int32Array[], limit: number): Pairs {
  const pairs: Pairs = [];
  let x = n;
  let y = m;
  for (let d = rounds.length - 1; d >= 0; d--) {
    const base = Math.max(limit - d - 1, 0);
    const at = (k: number) => rounds[d][limit + k - base];
    const k = x - y;
    const before = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : at(before);
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      x--;
      y--;
      pairs.push([x, y]);
    }
    x = fromX;
    y = fromY;
  }
  return pairs.reverse();
}
