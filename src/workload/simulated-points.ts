/** Tracepoints that a recording shows by their events only and whose arguments follow from what is around them. Others stay silent. */
const SIMULATED = new Set(
  `cap_capable count_memcg_events exit_mmap hrtimer_cancel hrtimer_expire_entry hrtimer_expire_exit hrtimer_setup hrtimer_start
   kfree kmalloc kmem_cache_alloc kmem_cache_free local_timer_entry local_timer_exit mm_filemap_map_pages mm_page_alloc mm_page_free
   mm_page_free_batched page_fault_user rcu_utilization rseq_update rss_stat sched_migrate_task sched_prepare_exec sched_process_exec
   sched_process_exit sched_process_fork sched_process_free sched_process_hang sched_process_wait sched_stat_runtime sched_switch
   sched_wakeup sched_wakeup_new sched_waking signal_deliver signal_generate softirq_entry softirq_exit softirq_raise sys_enter sys_exit
   task_newtask task_rename timer_cancel timer_expire_entry timer_expire_exit timer_init timer_start tlb_flush workqueue_activate_work
   workqueue_execute_end workqueue_execute_start workqueue_queue_work writeback_dirty_inode writeback_dirty_inode_start
   writeback_mark_inode_dirty`.split(/\s+/),
);

/** Whether the events of a tracepoint are raised. */
export function isSimulatedPoint(name: string): boolean {
  return SIMULATED.has(name);
}
