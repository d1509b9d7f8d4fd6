import type { FprobeConfig } from '../machine/index.ts';

const README = `tracing in short:

# mount -t tracefs [-o [gid=<gid>]] nodev /sys/kernel/tracing
# echo 0 > tracing_on : stop recording
# cat trace : show what was recorded
# echo > trace : drop what was recorded

 trace			- the records, in order of time
 trace_pipe		- the same, taken out of the buffer while reading; waits for more
 tracing_on		- whether records are taken
 tracing_cpumask	- the cpus that record
 trace_marker		- what is written here becomes a record
 trace_marker_raw	- the same for binary data behind a 4-byte id
 trace_clock		- which clock stamps the records
 trace_options		- options, also as files under options/
 buffer_size_kb		- size of each cpu's buffer
 buffer_total_size_kb	- size of all of them
 buffer_subbuf_size_kb	- size of the pages they are made of
 per_cpu		- the same files for single cpus
 instances		- mkdir here makes another set of tracing files
 error_log		- the last eight refused commands, with the place of the error
 saved_cmdlines		- names of traced tasks by pid
 set_event		- events that are enabled; write names to enable more
			  Can enable module events via: :mod:<module>
 set_event_pid		- record events of these tasks only
 set_event_notrace_pid	- record events of all but these tasks
 snapshot		- a copy of the records; write 1 to take it
 available_events	- events that can be enabled
 events/		- a directory for each event:
      enable		- 1 records it
      filter		- an expression on its fields: records that do not match are dropped
      format		- its fields
      id		- the number in its records
      trigger		- what else happens when it hits: a command a line, !command removes it
	   Format: <trigger>[:<count>] [if <filter>]
	  trigger: traceon, traceoff, snapshot, stacktrace
		   enable_event:<system>:<event>, disable_event:<system>:<event>
		   enable_hist:<system>:<event>, disable_hist:<system>:<event>
		   hist:keys=<field>[,<field>[,<field>]]
			[:vals=<field>[,...]]
			[:<var1>=<field|var_ref|numeric_literal>[,<var2>=...]]
			[:sort=<field>[.descending][,...]]
			[:size=<entries>]
			[:pause] [:continue] [:clear] [:nohitcount]
			[:name=<name>]
			[:clock=<clock>]
			[:<handler>.<action>]
	    field: can be any field, or the special string 'common_stacktrace',
		   common_timestamp, common_cpu, common_pid, common_comm;
		   behind it .hex, .sym, .sym-offset, .syscall, .execname,
		   .log2, .buckets=<size>, .usecs or .stacktrace
	  handler: onmatch(<system>.<event>), onmax(var), onchange(var)
	   action: trace(<synthetic_event>,<param>[,...]), save(<field>[,...]),
		   snapshot()
      hist		- what its hist triggers counted

 dynamic_events		- events made at run time
  Create/append/remove/show the generic dynamic events
  Write into this file to define/undefine new trace events.
	  accepts: event-definitions (one definition per line)
	   Format: f[:[<group>/][<event>]] <func-name>[%return] [<args>]
		   t[:[<group>/][<event>]] <tracepoint> [<args>]
		   s:[synthetic/]<event> <field> [<field>]
		   -:[<group>/][<event>]
	     args: <argname>=fetcharg[:type]
	 fetcharg: @<address>, @<symbol>[+|-<offset>],
		   $stack<index>, $stack, $retval, $comm, $arg<N>,
		   <argname>[->field[->field|.field...]],
		   +|-[u]<offset>(<fetcharg>), \\imm-value, \\"imm-string"
	kernel return probes support: $retval, $arg<N>, $comm
	     type: s8/16/32/64, u8/16/32/64, x8/16/32/64, char, string, symbol,
		   b<bit-width>@<bit-offset>/<container-size>, ustring,
		   symstr, %pd/%pD, <type>\\[<array-size>\\]
	    field: <stype> <name>;
	    stype: u8/u16/u32/u64, s8/s16/s32/s64, pid_t, char, char[], long[]

 synthetic_events	- events that histograms trace
	example: echo 'latency u64 us; pid_t pid' >> synthetic_events
		 echo 'where u64 us; long[] stack' >> synthetic_events
`;

/** Forms of definitions that only a kernel with fprobe events takes. */
const FPROBE_FORM = /^\s+(?:Format: )?[ft]\[:/;

/** Content of `README`. Scripts look here for what a kernel can do, so each line of syntax is one that works. */
export function readmeText(config: FprobeConfig): string {
  if (config.FPROBE_EVENTS) return README;
  return README.split('\n')
    .filter((line) => !FPROBE_FORM.test(line))
    .join('\n');
}
