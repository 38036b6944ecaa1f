#compdef sluice
# It asks `sluice` itself what may follow, so it needs no change when a command is added. What comes back is data
# that the shell quotes. It asks the `sluice` of the PATH, not the one on the line: nobody wished to run that yet.
_sluice() {
  local -a lines candidates
  local line value
  lines=("${(@f)$(command sluice completion zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case $lines[1] in
    words)
      for line in "${(@)lines[2,-1]}"; do
        value="${line%%$'\t'*}"
        candidates+=("${value//:/\\:}${${line#$value}/$'\t'/:}")
      done
      _describe sluice candidates
      ;;
    files | folders)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      if [[ $lines[1] == files ]]; then _files; else _files -/; fi
      ;;
  esac
}
if [[ $funcstack[1] == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi
