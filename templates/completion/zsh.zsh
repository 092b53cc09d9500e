#compdef provision
# zsh completion for provision: source <(provision completion zsh), after compinit; or save it as _provision in $fpath.
# Candidates come from `provision __complete`, which knows profiles, guests and groups.
_provision() {
  local line candidate description files=
  local -a values shown
  for line in ${(f)"$(${words[1]} __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)"}; do
    candidate=${line%%$'\t'*}
    description=${line#*$'\t'}
    if [[ $candidate == :files ]]; then
      files=yes
    else
      values+=("$candidate")
      shown+=("$candidate${description:+  -- $description}")
    fi
  done
  (( $#values )) && compadd -l -d shown -a -- values
  [[ -n $files ]] && _files
  (( $#values )) || [[ -n $files ]]
}
if [[ $funcstack[1] == _provision ]]; then _provision "$@"; else compdef _provision provision; fi
