# bash completion for fprobe (bash 4.4 or newer), made from its commands by: npm run completions
# shellcheck shell=bash

# What comes behind a command: commands, options, and the kinds of values that options and arguments take.
_fprobe_command() {
  case $1 in
    'fprobe')
      commands='trace check explain top workloads stat stacks module demo arch sh exec mount boot status run cat write append ls shutdown record replay selftest profile completion doctor'
      options='-V --version -h --help'
      values=''
      arguments=''
      ;;
    'fprobe trace')
      commands=''
      options='-e --event -E --enable -w --workload --cpus --seed --json --dat --arch --profile -h --help'
      values='-e:definition --event:definition -E:event --enable:event -w:workload --workload:workload --cpus:none --seed:none --dat:file --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments=''
      ;;
    'fprobe check')
      commands=''
      options='-e --event --json --arch --profile -h --help'
      values='-e:definition --event:definition --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='file'
      ;;
    'fprobe explain')
      commands=''
      options='--json --arch --profile -h --help'
      values='--arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='definition...'
      ;;
    'fprobe top')
      commands=''
      options='-e --event -w --workload --loop --speed --cpus --seed --arch --profile -h --help'
      values='-e:definition --event:definition -w:workload --workload:workload --speed:none --cpus:none --seed:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments=''
      ;;
    'fprobe workloads')
      commands=''
      options='--json --profile -h --help'
      values='--profile:profile'
      arguments=''
      ;;
    'fprobe stat')
      commands=''
      options='-e --event -E --enable -w --workload -a --all-cpus --filter --cpus --seed --json --arch --profile -h --help'
      values='-e:definition --event:definition -E:event --enable:event -w:workload --workload:workload --filter:none --cpus:none --seed:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments=''
      ;;
    'fprobe stacks')
      commands=''
      options='-e --event -w --workload --at --cpus --json --arch --profile -h --help'
      values='-e:definition --event:definition -w:workload --workload:workload --at:moment --cpus:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments=''
      ;;
    'fprobe module')
      commands='load list'
      options='-h --help'
      values=''
      arguments=''
      ;;
    'fprobe module load')
      commands=''
      options='-w --workload --cpus --seed --json --arch --profile -h --help'
      values='-w:workload --workload:workload --cpus:none --seed:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='module none...'
      ;;
    'fprobe module list')
      commands=''
      options='--json -h --help'
      values=''
      arguments=''
      ;;
    'fprobe demo')
      commands='maxactive'
      options='-h --help'
      values=''
      arguments=''
      ;;
    'fprobe demo maxactive')
      commands=''
      options='--tasks --depth --maxactive --data --cpus --json --arch --profile -h --help'
      values='--tasks:none --depth:none --maxactive:none --data:none --cpus:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments=''
      ;;
    'fprobe arch')
      commands=''
      options='--json -h --help'
      values=''
      arguments='=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm'
      ;;
    'fprobe sh')
      commands=''
      options='-c --command -n --name --fresh --cpus --seed --arch --profile -h --help'
      values='-c:none --command:none -n:none --name:none --cpus:none --seed:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='file none...'
      ;;
    'fprobe exec')
      commands=''
      options='--cpus --seed -n --name -w --workload -q --quiet --profile -h --help'
      values='--cpus:none --seed:none -n:kernel --name:kernel -w:workload --workload:workload --profile:profile'
      arguments='command...'
      ;;
    'fprobe mount')
      commands=''
      options='-n --name --fresh --clean --cpus --seed --profile -h --help'
      values='-n:kernel --name:kernel --cpus:none --seed:none --profile:profile'
      arguments='dir'
      ;;
    'fprobe boot')
      commands=''
      options='-n --name --cpus --seed --idle --profile -h --help'
      values='-n:kernel --name:kernel --cpus:none --seed:none --idle:none --profile:profile'
      arguments=''
      ;;
    'fprobe status')
      commands=''
      options='-n --name --json -h --help'
      values='-n:kernel --name:kernel'
      arguments=''
      ;;
    'fprobe run')
      commands=''
      options='-n --name --seed -h --help'
      values='-n:kernel --name:kernel --seed:none'
      arguments='workload'
      ;;
    'fprobe cat')
      commands=''
      options='-n --name -h --help'
      values='-n:kernel --name:kernel'
      arguments='tracing-file...'
      ;;
    'fprobe write')
      commands=''
      options='-n --name -h --help'
      values='-n:kernel --name:kernel'
      arguments='tracing-file definition...'
      ;;
    'fprobe append')
      commands=''
      options='-n --name -h --help'
      values='-n:kernel --name:kernel'
      arguments='tracing-file definition...'
      ;;
    'fprobe ls')
      commands=''
      options='-n --name --json -h --help'
      values='-n:kernel --name:kernel'
      arguments='tracing-dir...'
      ;;
    'fprobe shutdown')
      commands=''
      options='-n --name -h --help'
      values='-n:kernel --name:kernel'
      arguments=''
      ;;
    'fprobe record')
      commands=''
      options='--tracefs --arch --profile -h --help'
      values='--tracefs:dir --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='file'
      ;;
    'fprobe replay')
      commands=''
      options='--json --arch --profile -h --help'
      values='--arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='file'
      ;;
    'fprobe selftest')
      commands=''
      options='-v --verbose --ktap --json --stop-fail --parallel --cpus --arch --profile -h --help'
      values='--parallel:none --cpus:none --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm --profile:profile'
      arguments='file...'
      ;;
    'fprobe profile')
      commands='import list show use'
      options='-h --help'
      values=''
      arguments=''
      ;;
    'fprobe profile import')
      commands=''
      options='--live --kallsyms --btf --functions --formats --events --version-file --recordings --fresh --vmlinux --trace-dat --arch -o --output --name -h --help'
      values='--kallsyms:file --btf:file --functions:file --formats:file --events:file --version-file:file --recordings:dir --vmlinux:file --trace-dat:file --arch:=x86_64,i386,arm64,riscv64,loongarch,s390,powerpc64,arm -o:dir --output:dir --name:none'
      arguments='dir'
      ;;
    'fprobe profile list')
      commands=''
      options='--json -h --help'
      values=''
      arguments=''
      ;;
    'fprobe profile show')
      commands=''
      options='--json -h --help'
      values=''
      arguments='profile'
      ;;
    'fprobe profile use')
      commands=''
      options='-h --help'
      values=''
      arguments='profile'
      ;;
    'fprobe completion')
      commands=''
      options='-h --help'
      values=''
      arguments='=bash,zsh,fish'
      ;;
    'fprobe doctor')
      commands=''
      options='--json -h --help'
      values=''
      arguments=''
      ;;
  esac
}

# The words up to the cursor, put together again where COMP_WORDBREAKS took them apart. The last piece is what readline completes.
_fprobe_words() {
  local line=${COMP_LINE:0:COMP_POINT} i blank
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blank=${line%%[![:blank:]]*}
    line=${line#"$blank"}
    piece=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=$line
    if ((i == 0)) || [[ $blank ]]; then words+=("$piece"); else words[${#words[@]} - 1]+=$piece; fi
    line=${line#"$piece"}
  done
  [[ $piece == [:=] ]] && piece=''
}

# Finds the kind of the value of option $1; fails for a switch.
_fprobe_option() {
  local entry
  for entry in $values; do
    if [[ ${entry%%:*} == "$1" ]]; then
      kind=${entry#*:}
      return 0
    fi
  done
  return 1
}

# Adds a candidate as it has to stand in the line: quoted as what is there, without what readline leaves alone.
_fprobe_reply() {
  local text=$1
  case $quote in
    "'") ;;
    '"') text=${text//\$/\\\$} ;;
    *)
      printf -v text %q "$text"
      text=${text#"$before"}
      ;;
  esac
  COMPREPLY+=("$text")
}

# Completes $cur, a value of kind $1.
_fprobe_values() {
  local typed quote='' before=${cur%"$piece"} kept line note
  case $cur in
    \'*) quote="'" typed=${cur:1} ;;
    \"*) quote='"' typed=${cur:1} typed=${typed//\\\$/\$} ;;
    *) typed=${cur//\\/} ;;
  esac
  case $1 in
    none) return ;;
    file) compopt -o default && return ;;
    dir) compopt -o dirnames && return ;;
    command)
      compopt -o default
      ((position > 0)) || mapfile -t COMPREPLY < <(compgen -c -- "$typed")
      return
      ;;
    =*)
      for line in ${1//[=,]/ }; do
        [[ $line != "$typed"* ]] || _fprobe_reply "$line"
      done
      return
      ;;
    profile) compopt -o dirnames ;;
    definition) compopt -o nospace ;;
  esac
  {
    IFS= read -r kept
    while IFS=$'\t' read -r line note; do
      # When they are only listed, what is new and what it means is enough.
      if ((COMP_TYPE == 63)); then COMPREPLY+=("$line${note:+  ($note)}"); else _fprobe_reply "$kept$line"; fi
      [[ $line != *[:_.,/] ]] || compopt -o nospace
    done
  } < <("${words[0]}" __complete "${context[@]}" -- "$1" "$typed" 2> /dev/null)
  # Of one candidate readline would close the quotes, of two alike it does not: a definition goes on.
  if [[ $1 == definition && $quote && ${#COMPREPLY[@]} == 1 && $COMP_TYPE != 63 ]]; then COMPREPLY+=("${COMPREPLY[0]} "); fi
}

_fprobe() {
  local cur piece words path=fprobe commands options values arguments
  local kind='' valued='' position=0 dashes='' context=() word i last
  COMPREPLY=()
  _fprobe_words
  last=$((${#words[@]} - 1))
  cur=${words[last]}
  _fprobe_command "$path"
  for ((i = 1; i < last; i++)); do
    word=${words[i]}
    if [[ $dashes || $word != -* ]]; then
      if [[ " $commands " == *" $word "* ]]; then
        path+=" $word"
        _fprobe_command "$path"
      else
        position=$((position + 1))
      fi
    elif [[ $word == -- ]]; then
      dashes=1
    elif _fprobe_option "$word"; then
      i=$((i + 1))
      valued=$((i == last))
      # Candidates may depend on these.
      case $word in --profile | --name | -n) ((i < last)) && context+=("$word" "${words[i]}") ;; esac
    elif [[ $word == --profile=* || $word == --name=* ]]; then
      context+=("$word")
    fi
  done
  if ((valued)); then
    _fprobe_values "$kind"
  elif [[ ! $dashes && $cur == --*=* ]] && _fprobe_option "${cur%%=*}"; then
    cur=${cur#*=}
    _fprobe_values "$kind"
  elif [[ ! $dashes && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ $commands ]]; then
    ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  else
    # shellcheck disable=SC2086
    set -- $arguments
    for ((i = position; i > 0 && $# > 1; i--)); do shift; done
    if [[ ${1-} && ($i == 0 || $1 == *...) ]]; then _fprobe_values "${1%...}"; fi
  fi
  return 0
}

complete -F _fprobe fprobe
