import type { Assignments } from './event-program.ts';

/** Bits of gfp_t and of a cache's flags by which its objects are charged to a memory group. */
const GFP_ACCOUNT = '0x400000';
const SLAB_ACCOUNT = '0x4000000';

/** Fields of the memory allocators' events (`include/trace/events/kmem.h`). */
export const KMEM: Readonly<Record<string, Assignments>> = {
  kmem_cache_alloc: {
    bytes_req: 's->object_size',
    bytes_alloc: 's->size',
    accounted: `(gfp_flags & ${GFP_ACCOUNT}) != 0 || (s->flags & ${SLAB_ACCOUNT}) != 0`,
  },
  kmem_cache_free: { name: 's->name' },
  mm_page_alloc: { pfn: 'page_to_pfn(page)' },
  mm_page_alloc_zone_locked: { pfn: 'page_to_pfn(page)' },
  mm_page_free: { pfn: 'page_to_pfn(page)' },
  mm_page_free_batched: { pfn: 'page_to_pfn(page)' },
  mm_page_pcpu_drain: { pfn: 'page_to_pfn(page)' },
  rss_stat: {
    mm_id: 'mm_ptr_to_hash(mm)',
    curr: 'current->mm == mm && !(current->flags & 0x200000)',
    size: 'mm->rss_stat[member].count << 12',
  },
};
