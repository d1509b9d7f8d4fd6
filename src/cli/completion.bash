# bash completion for fprobe (bash 4.4 or newer), made from its commands by: npm run completions
# shellcheck shell=bash

# What comes behind a command: commands, options, and the kinds of values that options and arguments take.
_fprobe_command() {
  case $1 in
    # @commands@
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
