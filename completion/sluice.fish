# fish completion for sluice
# It asks `sluice` itself what may follow, so it needs no change when a command is added. What comes back is data
# that the shell quotes. It asks the `sluice` of the PATH, not the one on the line: nobody wished to run that yet.
function __sluice_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l current (commandline -ct)
  set -l answer (command sluice completion fish -- $words "$current" 2>/dev/null)
  set -l option (string match -r -- '^--[^=]*=' "$current")
  set -l path (string replace -r -- '^--[^=]*=' '' "$current")
  switch "$answer[1]"
    case words
      printf '%s\n' $answer[2..-1]
    case files
      printf '%s\n' "$option"(__fish_complete_path "$path")
    case folders
      printf '%s\n' "$option"(__fish_complete_directories "$path" '')
  end
end
complete -c sluice -f -a '(__sluice_complete)'
