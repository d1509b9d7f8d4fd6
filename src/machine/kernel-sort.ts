/**
 * Sorts `count` elements in place as the kernel's heap sort does, so that elements that compare equal come out in its order: the heap is filtered bottom-up, and the two
 * largest elements are taken at a time. `lib/sort.c:sort_r()`
 * @param compare negative, 0 or positive for the elements at two indices
 * @param swap exchanges the elements at two indices
 */
export function kernelSort(
  count: number,
  compare: (a: number, b: number) => number,
  swap: (a: number, b: number) => void,
): void {
  let size = count;
  for (let root = (count >> 1) - 1; root >= 0; root--) siftDown(root, size, compare, swap);
  while (size > 3) {
    swap(0, --size);
    const child = compare(1, 2) <= 0 ? 2 : 1;
    swap(child, --size);
    siftDown(child, size, compare, swap);
    siftDown(0, size, compare, swap);
  }
  if (size < 2) return;
  swap(0, --size);
  if (size === 2 && compare(0, 1) > 0) swap(0, 1);
}

/** Lets the element at `root` sink to its place in a heap of `size` elements: down along the larger children (the right one of equals) to a leaf, then back up to where it belongs. */
function siftDown(
  root: number,
  size: number,
  compare: (a: number, b: number) => number,
  swap: (a: number, b: number) => void,
): void {
  let place = root;
  for (let left = 2 * place + 1; left < size; left = 2 * place + 1) {
    const right = left + 1;
    place = right < size && compare(left, right) <= 0 ? right : left;
  }
  while (place !== root && compare(root, place) >= 0) place = (place - 1) >> 1;
  for (let hole = place; hole !== root; ) {
    hole = (hole - 1) >> 1;
    swap(hole, place);
  }
}

/** Index of an element of a sorted list of `count`, −1 when there is none: of equal ones the same as in the kernel. `lib/bsearch.c` */
export function kernelSearch(count: number, compareKeyTo: (index: number) => number): number {
  let base = 0;
  for (let left = count; left > 0; left >>= 1) {
    const middle = base + (left >> 1);
    const order = compareKeyTo(middle);
    if (order === 0) return middle;
    if (order > 0) {
      base = middle + 1;
      left--;
    }
  }
  return -1;
}
