#compdef fprobe
# zsh completion for fprobe, made from its commands by: npm run completions

# Values that fprobe itself knows; the last argument is their kind, those before it are for compadd.
_fprobe_values() {
  local -a lines candidates shown context how
  local kind=${@[-1]} kept line typed=$PREFIX option place
  # Candidates may depend on these.
  for option in --profile --name -n; do
    place=${words[(i)$option]}
    ((place < CURRENT - 1)) && context+=($option ${(Q)words[place + 1]})
  done
  case $compstate[quote] in
    '') typed=${(Q)typed} ;;
    \") typed=${typed//\\\$/\$} ;;
  esac
  lines=("${(@f)$(_call_program values ${service} __complete ${(q)context} -- $kind ${(qq)typed})}")
  kept=${lines[1]}
  for line in ${lines[2,-1]}; do
    candidates+=("$kept${line%%$'\t'*}")
    shown+=("${line/$'\t'/  -- }")
  done
  # A definition goes on, and so does what ends in a separator.
  [[ $kind == definition || ${candidates[1]} == *[:_/] ]] && how=(-S '')
  ((${#candidates} > 20)) || how+=(-l)
  compadd "${@[1,-2]}" "${how[@]}" -d shown -a candidates
}

_fprobe_profiles() {
  _fprobe_values "$@" profile
  _files "$@" -/
}

# @commands@

_fprobe "$@"
