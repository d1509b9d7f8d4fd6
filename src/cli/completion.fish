# fish completion for fprobe, made from its commands by: npm run completions

# Options of a command that take a value.
function __fprobe_valued
    switch $argv[1]
        # @valued@
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

# @commands@
