# bash completion for sluice
# It asks `sluice` itself what may follow, so it needs no change when a command is added. What comes back is data
# that the shell quotes. It asks the `sluice` of the PATH, not the one on the line: nobody wished to run that yet.
_sluice() {
  local kind="" value
  # Bash also breaks words at @ and =, which names and options hold: so from the line itself, and what it took for
  # the begun word ($2) is all that a candidate may replace.
  local line=${COMP_LINE:0:COMP_POINT}
  local current=${line##*[[:blank:]]}
  local -a words
  read -ra words <<< "${line%"$current"}"
  current=${current#[\"\']}
  local kept=${current%"$2"}
  COMPREPLY=()
  {
    read -r kind
    case $kind in
      files) compopt -o default ;;
      folders) compopt -o dirnames ;;
    esac
    while read -r value; do COMPREPLY+=("${value#"$kept"}"); done
  } < <(command sluice completion bash -- "${words[@]:1}" "$current" 2> /dev/null)
}
complete -F _sluice sluice
