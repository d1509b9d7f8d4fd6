# fish completion for fprobe, made from its commands by: npm run completions

# Options of a command that take a value.
function __fprobe_valued
    switch $argv[1]
        case 'fprobe trace'
            string split ' ' -- '-e --event -E --enable -w --workload --cpus --seed --arch --profile'
        case 'fprobe workloads'
            string split ' ' -- '--profile'
        case 'fprobe check'
            string split ' ' -- '-e --event --arch --profile'
        case 'fprobe record'
            string split ' ' -- '--tracefs --arch --profile'
        case 'fprobe replay'
            string split ' ' -- '--arch --profile'
        case 'fprobe stat'
            string split ' ' -- '-e --event -E --enable -w --workload --filter --cpus --seed --arch --profile'
        case 'fprobe profile import'
            string split ' ' -- '-o --output --name'
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
    set -l profile
    if set -l at (contains -i -- --profile $tokens)
        test $at -lt (count $tokens); and set profile --profile $tokens[(math $at + 1)]
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
    set -l lines ($tokens[1] __complete $profile -- $argv[1] "$typed" 2>/dev/null)
    for line in $lines[2..-1]
        # Without a note of its own it would get the option's.
        string match -qr -- '\t' $line; or set line $line\t
        echo $lines[1]$line
    end
end

set -g __fprobe_commands 'fprobe trace' 'fprobe workloads' 'fprobe check' 'fprobe record' 'fprobe replay' 'fprobe arch' 'fprobe stat' 'fprobe profile' 'fprobe profile import' 'fprobe completion'

complete -c fprobe -f

complete -c fprobe -n '__fprobe_at \'fprobe\'' -s V -l version -d 'output the version number'
complete -c fprobe -n '__fprobe_at \'fprobe\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a trace -d 'define events, enable them, run a recorded workload and print the trace'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a workloads -d 'list the recorded workloads'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a check -d 'tell what the kernel would answer to definitions, with the place and a hint for each refusal'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a record -d 'run the steps of transcripts and print them with their results'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a replay -d 'run recorded transcripts and compare what comes out'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a arch -d 'tell what each arch gives fprobe: Kconfig, entry sites, registers, headers'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a stat -d 'count what events hit while a workload runs, with perf events'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a profile -d 'kernel profiles: where symbols, types and workloads come from'
complete -c fprobe -n '__fprobe_at \'fprobe\' 0' -a completion -d 'print the script that lets a shell complete commands, definitions and names'

complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s E -l enable -x -a '(__fprobe_values event)' -d 'a static event, SYSTEM:EVENT with wildcards, a filter behind if; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s w -l workload -x -a '(__fprobe_values workload)' -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l json -d 'one JSON object an event'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe trace\'' -s h -l help -d 'display help for command'

complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -l json -d 'as JSON'
complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe workloads\'' -s h -l help -d 'display help for command'

complete -c fprobe -n '__fprobe_at \'fprobe check\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l json -d 'one JSON object a definition'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe check\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe check\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l tracefs -x -a '(__fish_complete_directories)' -d 'run them on a real tracefs instead of a simulated one'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe record\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe record\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l json -d 'one JSON object a difference'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe replay\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe replay\' 0' -F

complete -c fprobe -n '__fprobe_at \'fprobe arch\'' -l json -d 'one JSON object an arch'
complete -c fprobe -n '__fprobe_at \'fprobe arch\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe arch\' 0' -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm'

complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s e -l event -x -a '(__fprobe_values definition)' -d 'a definition, as written to dynamic_events; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s E -l enable -x -a '(__fprobe_values event)' -d 'a static event, SYSTEM:EVENT; may be repeated'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s w -l workload -x  -d 'what runs; fprobe workloads lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s a -l all-cpus -d 'count every task, not only the program and what it forks'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l filter -x  -d 'count only hits that pass'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l cpus -x  -d 'number of simulated cpus'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l seed -x  -d 'where everything random comes from'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l json -d 'one JSON object an event'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l arch -x -a 'x86_64 i386 arm64 riscv64 loongarch s390 powerpc64 arm' -d 'boot the simulated machine as this arch; fprobe arch lists them'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -l profile -x -a '(__fprobe_values profile; __fish_complete_directories)' -d 'kernel profile: a built-in name or a folder'
complete -c fprobe -n '__fprobe_at \'fprobe stat\'' -s h -l help -d 'display help for command'

complete -c fprobe -n '__fprobe_at \'fprobe profile\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe profile\' 0' -a import -d 'build a profile from a folder with kallsyms, vmlinux.btf, the traceable functions, event formats and recordings'

complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -s o -l output -x -a '(__fish_complete_directories)' -d 'where the profile goes'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -l name -x  -d 'the profile\'s name; from its version when left out'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe profile import\' 0' -a '(__fish_complete_directories)'

complete -c fprobe -n '__fprobe_at \'fprobe completion\'' -s h -l help -d 'display help for command'
complete -c fprobe -n '__fprobe_at \'fprobe completion\' 0' -a 'bash zsh fish'
