#!/bin/sh
# Run as root on the kernel: prints, for each program, the trace of its events alone, then the function_graph trace with events and interrupts.
set -e
cd /sys/kernel/tracing
echo 100000 > buffer_size_kb
echo 1 > options/event-fork
echo 1 > options/function-fork
for option in abstime proc cpu duration tail args irqs overhead; do echo 1 > "options/funcgraph-$option"; done

run() {
  name=$1
  shift
  echo "=== $name.$mode"
  echo 0 > tracing_on
  echo > trace
  sh -c 'echo $$ > set_event_pid
    [ "$0" = fgraph ] && echo $$ > set_ftrace_pid
    echo 1 > tracing_on
    exec "$@" > /dev/null' "$mode" "$@"
  echo 0 > tracing_on
  cat trace
  echo > set_event_pid
  echo > set_ftrace_pid
}

programs() {
  run cat /usr/bin/cat /work/data
  run ls /usr/bin/ls /
  run sh-fork /usr/bin/dash -c '(echo forked); echo hi > /tmp/zz; true | true'
  run mkdir-rm /usr/bin/dash -c 'mkdir /tmp/dd1; rm -r /tmp/dd1'
  run sleep /usr/bin/sleep 0.01
}

echo 1 > events/enable
echo 0 > events/syscalls/enable
mode=events
programs
echo function_graph > current_tracer
mode=fgraph
programs
