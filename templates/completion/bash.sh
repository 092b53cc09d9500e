# bash completion for provision: source <(provision completion bash)
# Candidates come from `provision __complete`, which knows profiles, guests and groups.
_provision() {
  local line=${COMP_LINE:0:COMP_POINT} here=${COMP_WORDS[COMP_CWORD]} words=() candidate
  read -ra words <<<"$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  local last=${words[${#words[@]} - 1]}
  # bash cuts words at = and : as well, and puts candidates in the place of the last piece.
  case $here in = | :) here= ;; esac
  local before=${last%"$here"}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    case $candidate in
      :files)
        while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$here")
        compopt -o filenames 2>/dev/null
        ;;
      *) COMPREPLY+=("${candidate#"$before"}") ;;
    esac
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
  # What ends in a separator goes on.
  case ${COMPREPLY[0]-} in *[=,:]) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _provision provision
