# fish completion for fprobe, made from its commands by: npm run completions

# Options of a command that take a value.
function __fprobe_valued
    switch $argv[1]
        case 'fprobe trace'
            string split ' ' -- '-e --event -E --enable -w --workload --cpus --seed --dat --arch --profile'
        case 'fprobe check'
            string split ' ' -- '-e --event --arch --profile'
        case 'fprobe explain'
            string split ' ' -- '--arch --profile'
        case 'fprobe top'
            string split ' ' -- '-e --event -w --workload --speed --cpus --seed --arch --profile'
        case 'fprobe workloads'
            string split ' ' -- '--profile'
        case 'fprobe stat'
            string split ' ' -- '-e --event -E --enable -w --workload --filter --cpus --seed --arch --profile'
        case 'fprobe stacks'
            string split ' ' -- '-e --event -w --workload --at --cpus --arch --profile'
        case 'fprobe module load'
            string split ' ' -- '-w --workload --cpus --seed --arch --profile'
        case 'fprobe demo maxactive'
            string split ' ' -- '--tasks --depth --maxactive --data --cpus --arch --profile'
        case 'fprobe sh'
            string split ' ' -- '-c --command -n --name --cpus --seed --arch --profile'
        case 'fprobe exec'
            string split ' ' -- '--cpus --seed -n --name -w --workload --profile'
        case 'fprobe mount'
            string split ' ' -- '-n --name --cpus --seed --profile'
        case 'fprobe boot'
            string split ' ' -- '-n --name --cpus --seed --idle --profile'
        case 'fprobe status'
            string split ' ' -- '-n --name'
        case 'fprobe run'
            string split ' ' -- '-n --name --seed'
        case 'fprobe cat'
            string split ' ' -- '-n --name'
        case 'fprobe write'
            string split ' ' -- '-n --name'
        case 'fprobe append'
            string split ' ' -- '-n --name'
        case 'fprobe ls'
            string split ' ' -- '-n --name'
        case 'fprobe shutdown'
            string split ' ' -- '-n --name'
        case 'fprobe record'
            string split ' ' -- '--tracefs --arch --profile'
        case 'fprobe replay'
            string split ' ' -- '--arch --profile'
        case 'fprobe selftest'
            string split ' ' -- '--parallel --cpus --arch --profile'
        case 'fprobe profile import'
            string split ' ' -- '--kallsyms --btf --functions --formats --events --version-file --recordings --vmlinux --trace-dat --arch -o --output --name'
    end
end

# Prints the command that the line is about, and behind it how many arguments stand before the cursor.
function __fprobe_place
    set -l tokens (commandline -opc)
    set -l path fprobe
    set -l position 0
    set -l skip 0
    set -l dashes 0
    for token in $tokens[2..-1]
        if test $skip = 1
            set skip 0
        else if test $dashes = 0; and string match -q -- '-*' $token
            test "$token" = --; and set dashes 1
            contains -- $token (__fprobe_valued "$path"); and set skip 1
        else if contains -- "$path $token" $__fprobe_commands
            set path "$path $token"
        else
            set position (math $position + 1)
        end
    end
    echo $path
    echo $position
end

# Whether the line is about command $argv[1]; with more, whether the argument at the cursor is that one, or one behind it with "...".
function __fprobe_at
    set -l place (__fprobe_place)
    test "$place[1]" = "$argv[1]"; or return 1
    switch (count $argv)
        case 1
            return 0
        case 2
            test $place[2] = $argv[2]
        case '*'
            test $place[2] -ge $argv[2]
    end
end

# Values that fprobe itself knows; $argv[1] is their kind.
function __fprobe_values
    set -l tokens (commandline -opc)
    set -l typed (commandline -ct)
    # Candidates may depend on these.
    set -l context
    for option in --profile --name -n
        if set -l at (contains -i -- $option $tokens)
            test $at -lt (count $tokens); and set -a context $option $tokens[(math $at + 1)]
        end
    end
    # Of --event='f:x the value, and of that what is behind the quote.
    set typed (string replace -r -- '^--[\w-]+=' '' "$typed")
    if string match -q -- '\'*' "$typed"
        set typed (string sub -s 2 -- "$typed")
    else if string match -q -- '"*' "$typed"
        set typed (string sub -s 2 -- "$typed" | string replace -a '\\$' '$')
    else
        set typed (string unescape -- "$typed")
    end
    set -l lines ($tokens[1] __complete $context -- $argv[1] "$typed" 2>/dev/null)
    for line in $lines[2..-1]
        # Without a note of its own it would get the option's.
        string match -qr -- '\t' $line; or set line $line\t
        echo $lines[1]$line
    end
end

set -g __fprobe_commands 'fprobe trace' 'fprobe check' 'fprobe explain' 'fprobe top' 'fprobe workloads' 'fprobe stat' 'fprobe stacks' 'fprobe module' 'fprobe module load' 'fprobe module list' 'fprobe demo' 'fprobe demo maxactive' 'fprobe arch' 'fprobe sh' 'fprobe exec' 'fprobe mount' 'fprobe boot' 'fprobe status' 'fprobe run' 'fprobe cat' 'fprobe write' 'fprobe append' 'fprobe ls' 'fprobe shutdown' 'fprobe record' 'fprobe replay' 'fprobe selftest' 'fprobe profile' 'fprobe profile import' 'fprobe profile list' 'fprobe profile show' 'fprobe profile use' 'fprobe completion' 'fprobe doctor'

complete -c fprobe -f

complete -c fprobe -n '__fprobe_at \'fprobe\'' -s V -l version -d 'print the version'
complete -c fprobe -n '__fprobe_at \'fprobe\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a trace -d 'define events, enable them, run a recorded workload and print the trace'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a check -d 'tell what the kernel would answer to definitions, with the place and a hint for each refusal'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a explain -d 'draw a definition apart, or tell what an error means'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a top -d 'watch probes live under a workload: hits, rates, values, records, shadow stacks'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a workloads -d 'list the recorded workloads'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a stat -d 'count what events hit while a workload runs, with perf events'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a stacks -d 'show the shadow stacks and the fprobe tables at one moment of a workload, word by word'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a module -d 'sample kernel modules: an fprobe as kernel code uses it, from loading to unloading'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a demo -d 'show what a design makes of a situation'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a arch -d 'tell what each arch gives fprobe: Kconfig, entry sites, registers, headers'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a sh -d 'a shell in a simulated machine, at its tracing files: a script, a command, or a terminal'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a exec -d 'run a command where the simulated tracefs lies over /sys/kernel/tracing (Linux, FUSE)'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a mount -d 'serve the files of a simulated kernel in a directory until stopped (Linux, root)'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a boot -d 'start a simulated kernel that stays up in the background'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a status -d 'tell which kernels are up, and how they are'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a run -d 'run a recorded workload in a kernel that is up'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a cat -d 'print tracing files of a kernel that is up'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a write -d 'write into a tracing file of a kernel that is up, as > does'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a append -d 'write into a tracing file of a kernel that is up, as >> does'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a ls -d 'list directories of the tracing files of a kernel that is up'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a shutdown -d 'end a kernel that is up'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a record -d 'run the steps of transcripts and print them with their results'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a replay -d 'run recorded transcripts and compare what comes out'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a selftest -d 'run tests as ftracetest does, each on a freshly booted kernel'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a profile -d 'kernel profiles: where symbols, types and workloads come from'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a completion -d 'print the script that lets a shell complete commands, definitions and names'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a doctor -d 'tell what this machine offers, and what to do about what is missing'

complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s E -l enable -x -a '(__fprobe_values event)' -d 'a static event, SYSTEM:EVENT with wildcards, a filter behind if; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l json -d 'one JSON object an event'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l dat -r -F -d 'write a trace.dat file for trace-cmd report and KernelShark instead; - is stdout'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe check\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l json -d 'one JSON object a definition'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe check\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe explain\'' -l json -d 'as one JSON object'
complete -c fprobe -n '__fprobe_at \'fprobe explain\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe explain\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe explain\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe explain\' 0 ...' -a '(__fprobe_values definition)'

complete -c fprobe -n '__fprobe_at \'fprobe top\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l loop -d 'run the workload again and again'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l speed -x  -d 'simulated seconds a second'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe top\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -l json -d 'one JSON object a workload'
complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s E -l enable -x -a '(__fprobe_values event)' -d 'a static event, SYSTEM:EVENT; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s a -l all-cpus -d 'count every task, not only the program and what it forks'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l filter -x  -d 'count only hits that pass'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l json -d 'one JSON object an event'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -l at -x -a '(__fprobe_values moment)' -d 'FUNCTION:entry, FUNCTION:body or FUNCTION:return, with :N for the N-th call'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -l json -d 'one JSON object'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe stacks\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe module\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe module\' 0' -a load -d 'load a module, run a workload, unload it, and print the kernel log'
complete -c fprobe -n '__fprobe_at \'fprobe module\' 0' -a list -d 'list the modules and their parameters'

complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -l json -d 'one JSON object a line of the log'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe module load\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe module load\' 0' -a '(__fprobe_values module)'

complete -c fprobe -n '__fprobe_at \'fprobe module list\'' -l json -d 'one JSON object a module'
complete -c fprobe -n '__fprobe_at \'fprobe module list\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe demo\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe demo\' 0' -a maxactive -d 'many calls at once in a probed function: a pool of nodes, as before Linux 6.14, and shadow stacks'

complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l tasks -x  -d 'tasks that are in the function at once'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l depth -x  -d 'calls that each task is in'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l maxactive -x  -d 'nodes of the pool; 0 for two on each cpu'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l data -x  -d 'handed from entry to exit'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l json -d 'one JSON object a row'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe demo maxactive\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe arch\'' -l json -d 'one JSON object an arch'
complete -c fprobe -n '__fprobe_at \'fprobe arch\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe arch\' 0' -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm'

complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -s c -l command -x  -d 'run this; the first argument then is $0'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -s n -l name -x  -d 'in a kernel that is up (see fprobe boot); in the default one when it is'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -l fresh -d 'boot a kernel of its own, whatever is up; so do the options below'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe sh\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe sh\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'show a kernel that is up (see fprobe boot) instead of a fresh one'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'have a workload run again and again meanwhile, ten times a second'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -s q -l quiet -d 'say nothing about what this machine cannot offer'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe exec\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe exec\' 0 ...' -a '(__fish_complete_subcommand --fcs-skip=2)'

complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'show a kernel that is up; the default one when it is'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -l fresh -d 'boot a kernel of its own, whatever is up'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -l clean -d 'unmount what a killed server left behind, and say what; there, when a directory is given'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe mount\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe mount\' 0' -a '(__fish_complete_directories)'

complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -l idle -x  -d 'end it when nobody has been connected for so long'
complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe boot\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe status\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe status\'' -l json -d 'one JSON object a kernel'
complete -c fprobe -n '__fprobe_at \'fprobe status\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe run\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe run\'' -l seed -x  -d 'the kernel\'s own when left out'
complete -c fprobe -n '__fprobe_at \'fprobe run\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe run\' 0' -a '(__fprobe_values workload)'

complete -c fprobe -n '__fprobe_at \'fprobe cat\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe cat\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe cat\' 0 ...' -a '(__fprobe_values tracing-file)'

complete -c fprobe -n '__fprobe_at \'fprobe write\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe write\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe write\' 0' -a '(__fprobe_values tracing-file)'
complete -c fprobe -n '__fprobe_at \'fprobe write\' 1 ...' -a '(__fprobe_values definition)'

complete -c fprobe -n '__fprobe_at \'fprobe append\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe append\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe append\' 0' -a '(__fprobe_values tracing-file)'
complete -c fprobe -n '__fprobe_at \'fprobe append\' 1 ...' -a '(__fprobe_values definition)'

complete -c fprobe -n '__fprobe_at \'fprobe ls\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe ls\'' -l json -d 'one JSON object a directory'
complete -c fprobe -n '__fprobe_at \'fprobe ls\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe ls\' 0 ...' -a '(__fprobe_values tracing-dir)'

complete -c fprobe -n '__fprobe_at \'fprobe shutdown\'' -s n -l name -x -a '(__fprobe_values kernel)' -d 'which kernel'
complete -c fprobe -n '__fprobe_at \'fprobe shutdown\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l tracefs -x -a '(__fish_complete_directories)' -d 'run them on a real tracefs instead of a simulated one'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe record\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l json -d 'one JSON object a difference'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe replay\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -s v -l verbose -d 'print what tests print, and the commands that they run'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l ktap -d 'print in KTAP format'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l json -d 'one JSON object a test'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l stop-fail -d 'stop at the first test that fails'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l parallel -x  -d 'run so many tests at a time'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a name that fprobe profile list has, or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe selftest\' 0 ...' -F

complete -c fprobe -n '__fprobe_at \'fprobe profile\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe profile\' 0' -a import -d 'build a profile from what a kernel tells of itself'
complete -c fprobe -n '__fprobe_at \'fprobe profile\' 0' -a list -d 'list the profiles that can be named'
complete -c fprobe -n '__fprobe_at \'fprobe profile\' 0' -a show -d 'tell what a profile holds'
complete -c fprobe -n '__fprobe_at \'fprobe profile\' 0' -a use -d 'choose the profile that is taken when none is named'

complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l live -d 'from the kernel that runs here'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l kallsyms -r -F -d 'from /proc/kallsyms or a System.map'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l btf -r -F -d 'types: /sys/kernel/btf/vmlinux, or the folder with those of modules'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l functions -r -F -d 'traceable functions: available_filter_functions_addrs, or without addresses'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l formats -r -F -d 'event formats, each behind a line "== events/SYSTEM/NAME/format", or a folder like events/'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l events -r -F -d 'available_events'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l version-file -r -F -d '/proc/version'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l recordings -x -a '(__fish_complete_directories)' -d 'recorded programs'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l fresh -d 'convert recordings anew, also those that another profile has converted'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l vmlinux -r -F -d 'from a kernel as an ELF file, or an x86 kernel image'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l trace-dat -r -F -d 'from a trace.dat of trace-cmd, version 6 or 7'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'the arch of that kernel (default: as its files tell)'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -s o -l output -x -a '(__fish_complete_directories)' -d 'where the profile goes (default: among your profiles, by its name)'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l name -x  -d 'what it is called (default: from its folder or version)'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\' 0' -a '(__fish_complete_directories)'

complete -c fprobe -n '__fprobe_at \'fprobe profile list\'' -l json -d 'one JSON object a profile'
complete -c fprobe -n '__fprobe_at \'fprobe profile list\'' -s h -l help -d 'show this help'

complete -c fprobe -n '__fprobe_at \'fprobe profile show\'' -l json -d 'as one JSON object'
complete -c fprobe -n '__fprobe_at \'fprobe profile show\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe profile show\' 0' -a '(__fprobe_values profile; __fish_complete_directories)'

complete -c fprobe -n '__fprobe_at \'fprobe profile use\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe profile use\' 0' -a '(__fprobe_values profile; __fish_complete_directories)'

complete -c fprobe -n '__fprobe_at \'fprobe completion\'' -s h -l help -d 'show this help'
complete -c fprobe -n '__fprobe_at \'fprobe completion\' 0' -a 'bash zsh fish'

complete -c fprobe -n '__fprobe_at \'fprobe doctor\'' -l json -d 'one JSON object a thing looked at'
complete -c fprobe -n '__fprobe_at \'fprobe doctor\'' -s h -l help -d 'show this help'
