# Completion of imagefs(1) for bash. The program itself knows what may come next; see src/ImageFs/Completion/Completer.cs.
# shellcheck shell=bash

_imagefs() {
  local kind path line text taken words said
  COMPREPLY=()

  # Not COMP_WORDS: they end at "=" and ":" too. Backslashes are taken away.
  # shellcheck disable=SC2162
  read -a words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] || ${COMP_LINE:0:COMP_POINT} == *\\[[:space:]] ]] || words+=('')

  mapfile -t said < <("${1/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
  [[ ${#said[@]} -gt 0 ]] || return 0
  IFS=$'\t' read -r kind path <<<"${said[0]}"

  # What readline has behind the last "=" or ":" is what it replaces.
  taken=${words[-1]%"${words[-1]##*[=:]}"}
  case $kind in
    files | directories)
      [[ ${words[-1]} == "$path" ]] || taken=${path%"${path##*[=:]}"}
      compopt -o filenames 2>/dev/null
      if [[ $kind = files ]]; then
        mapfile -t said < <(compgen -f -- "$path")
      else
        mapfile -t said < <(compgen -d -- "$path")
      fi
      for text in "${said[@]}"; do
        COMPREPLY+=("${text#"$taken"}")
      done
      ;;
    words)
      for line in "${said[@]:1}"; do
        text=${line%%$'\t'*}
        text=${text#"$taken"}
        [[ $text != *[[:space:]\'\"\\\$\`\&\;\|\(\)\<\>\*\?\[\]\{\}\!\#\~]* ]] || printf -v text %q "$text"
        COMPREPLY+=("$text")
      done
      [[ ${COMPREPLY[*]} != *[=/] ]] || compopt -o nospace 2>/dev/null
      ;;
  esac
}

complete -F _imagefs imagefs
